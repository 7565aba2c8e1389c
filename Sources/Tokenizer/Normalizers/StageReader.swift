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

  func refusal(_ reason: String) -> PipelineError { PipelineError(place: place, reason: reason) }

  /// The stage's `type`.
  func type() throws(PipelineError) -> String {
    guard node.isObject, let type = node["type"]?.string else {
      throw refusal("a stage must be an object with a \"type\"")
    }
    return type
  }

  private func missing(_ key: StaticString, _ what: String) -> PipelineError {
    PipelineError(place: "\(place).\(key)", reason: "must be \(what)")
  }

  func bool(_ key: StaticString, default value: Bool? = nil) throws(PipelineError) -> Bool {
    if let value = node[key]?.bool { return value }
    guard let value, node[key] == nil else { throw missing(key, "true or false") }
    return value
  }

  func text(_ key: StaticString, default value: [UInt8]? = nil) throws(PipelineError) -> [UInt8] {
    if let value = node[key]?.bytes { return value }
    guard let value, node[key] == nil else { throw missing(key, "a string") }
    return value
  }

  func count(_ key: StaticString, default value: Int? = nil) throws(PipelineError) -> Int {
    if let value = node[key]?.int, value >= 0 { return value }
    guard let value, node[key] == nil else { throw missing(key, "a count") }
    return value
  }

  /// A string of one character.
  func scalar(_ key: StaticString) throws(PipelineError) -> UInt32 {
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
  ) throws(PipelineError) -> Value {
    if let value, node[key] == nil { return value }
    guard let name = node[key]?.string else { throw missing(key, "a string") }
    guard let value = Value(rawValue: name) else {
      throw PipelineError(place: "\(place).\(key)", reason: "\"\(name)\" is not known")
    }
    return value
  }

  /// `{"String": …}` or `{"Regex": …}`.
  func pattern(_ key: StaticString) throws(PipelineError) -> TextPattern {
    do throws(PatternError) {
      if let text = node[key]?["String"]?.bytes { return try .string(text) }
      if let text = node[key]?["Regex"]?.string { return try .regex(text) }
    } catch {
      throw PipelineError(place: "\(place).\(key)", reason: "\(error)")
    }
    throw missing(key, "{\"String\": …} or {\"Regex\": …}")
  }

  /// The stages of a `Sequence`.
  func stages(_ key: StaticString) throws(PipelineError) -> [StageReader] {
    guard let list = node[key], list.isArray else { throw missing(key, "a list") }
    return list.elements.enumerated().map { StageReader($1, place: "\(place).\(key)[\($0)]") }
  }
}
