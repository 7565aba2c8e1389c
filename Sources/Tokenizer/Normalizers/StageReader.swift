import JSONText
import Patterns
import Problems

/// Reads the members of one stage of `tokenizer.json` (a normalizer, a pre-tokenizer, a decoder), and says where it fails.
struct StageReader {
  let node: JSONNode
  let place: String

  init(_ node: JSONNode, place: String) {
    self.node = node
    self.place = place
  }

  /// A stage of a kind, or with a setting, that is not supported.
  func unsupported(_ reason: String) -> Problem {
    Problem(stage: place, .tokenizerUnsupported, reason)
  }

  /// A stage that is malformed.
  func refusal(_ reason: String) -> Problem { Problem(stage: place, .tokenizer, reason) }

  /// The stage's `type`.
  func type() throws(Problem) -> String {
    guard node.isObject, let type = node["type"]?.string else {
      throw refusal("a stage must be an object with a \"type\"")
    }
    return type
  }

  private func missing(_ key: StaticString, _ what: String) -> Problem {
    Problem(stage: "\(place).\(key)", .tokenizer, "must be \(what)")
  }

  func bool(_ key: StaticString, default value: Bool? = nil) throws(Problem) -> Bool {
    if let value = node[key]?.bool { return value }
    guard let value, node[key] == nil else { throw missing(key, "true or false") }
    return value
  }

  func text(_ key: StaticString, default value: [UInt8]? = nil) throws(Problem) -> [UInt8] {
    if let value = node[key]?.bytes { return value }
    guard let value, node[key] == nil else { throw missing(key, "a string") }
    return value
  }

  func count(_ key: StaticString, default value: Int? = nil) throws(Problem) -> Int {
    if let value = node[key]?.int, value >= 0 { return value }
    guard let value, node[key] == nil else { throw missing(key, "a count") }
    return value
  }

  /// A string of one character.
  func scalar(_ key: StaticString) throws(Problem) -> UInt32 {
    let bytes = try text(key)
    guard let first = bytes.first.map({ _ in bytes.scalar(at: 0) }), first.length == bytes.count
    else {
      throw missing(key, "one character")
    }
    return first.value
  }

  /// A string that names one of a few values.
  func named<Value: RawRepresentable<String>>(
    _ key: StaticString, _: Value.Type, default value: Value? = nil
  ) throws(Problem) -> Value {
    if let value, node[key] == nil { return value }
    guard let name = node[key]?.string else { throw missing(key, "a string") }
    guard let value = Value(rawValue: name) else {
      throw Problem(stage: "\(place).\(key)", .tokenizerUnsupported, "\"\(name)\" is not known")
    }
    return value
  }

  /// `{"String": …}` or `{"Regex": …}`.
  func pattern(_ key: StaticString) throws(Problem) -> TextPattern {
    do throws(Problem) {
      if let text = node[key]?["String"]?.bytes { return try .string(text) }
      if let text = node[key]?["Regex"]?.string { return try .regex(text) }
    } catch {
      throw Problem(stage: "\(place).\(key)", error.kind, error.reason)
    }
    throw missing(key, "{\"String\": …} or {\"Regex\": …}")
  }

  /// The stages of a `Sequence`.
  func stages(_ key: StaticString) throws(Problem) -> [StageReader] {
    guard let list = node[key], list.isArray else { throw missing(key, "a list") }
    return list.elements.enumerated().map { StageReader($1, place: "\(place).\(key)[\($0)]") }
  }
}
