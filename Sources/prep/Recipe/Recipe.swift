import Files
import JSONText
import Pipeline
import Problems

/// A run file: what `prep run` is told, as a JSON object. Keys are the long flags without their hyphens, and `inputs`.
struct Recipe {
  /// What the command line would say in its place.
  private(set) var arguments: [String] = []
  private let path: String

  /// Reads a file. Throws where it is no JSON object, has a key that is no option, or a value of another type than an option
  /// takes.
  init(_ path: String) throws(Problem) {
    self.path = path
    let bytes = try ReadableFile(path).readAll()
    let parser = JSONParser()
    // Nodes live as long as their parser.
    defer { withExtendedLifetime(parser) {} }
    let root: JSONNode
    do throws(Problem) { root = try parser.parse(bytes) } catch {
      let line = bytes.prefix(error.byteOffset ?? 0).count { $0 == UInt8(ascii: "\n") } + 1
      throw Problem(
        .option, Place(file: path, line: line), reason: "the run file is not JSON: \(error.reason)",
        remedy: "write an object such as {\"inputs\": [\"chats.jsonl\"], \"context-length\": 4096}")
    }
    guard root.isObject else {
      throw Problem(
        .option, Place(file: path), reason: "the run file is not a JSON object",
        remedy: "prep show --recipe writes one")
    }
    for (key, value) in root.members {
      try append((key.string ?? "").replacing("_", with: "-"), value)
    }
  }

  private func problem(_ key: String, _ reason: String, _ remedy: String = "") -> Problem {
    Problem(.option, Place(file: path), reason: "\(key) \(reason)", remedy: remedy)
  }

  private mutating func append(_ key: String, _ value: JSONNode) throws(Problem) {
    if key == "inputs" {
      arguments += try texts(key, value)
    } else if let type = RunOption.named(key)?.type ?? Self.ofRuns[key] {
      try append(key, value, type)
    } else {
      let known = RunOption.all.map(\.name.rawValue) + Self.ofRuns.keys + ["inputs"]
      throw problem(
        "\"\(key)\"", "is no option of a run",
        NearName.of(key, among: known).map { "did you mean \($0)?" } ?? "see prep run --help")
    }
  }

  /// What a run takes beyond what decides rows.
  private static let ofRuns: [String: RunOption.Kind] = [
    "output": .text, "preset": .text, "format": .text, "partition": .text, "max-rejects": .text,
    "overwrite": .flag, "verify": .flag, "dry-run": .flag, "quiet": .flag, "json": .flag,
    "skip-other-files": .flag,
    "threads": .number(1...1024), "limit": .number(1...Int.max),
  ]

  private mutating func append(_ key: String, _ value: JSONNode, _ type: RunOption.Kind)
    throws(Problem)
  {
    let flag = "--" + key
    switch type {
    case .flag:
      guard let isSet = value.bool else { throw problem(key, "must be true or false") }
      if isSet { arguments.append(flag) }
    case .text, .choice, .number:
      if let isSet = value.bool, key == OptionName.pack.rawValue {
        if isSet { arguments.append(flag) }
        return
      }
      // `--flag=value`, so that a value may begin with a hyphen.
      arguments.append(flag + "=" + (try single(key, value, type)))
    case .assignments:
      if value.isObject {
        let isJSON = key == OptionName.templateArg.rawValue
        for (name, member) in value.members {
          arguments += [
            flag, (name.string ?? "") + "=" + (try text(of: member, key, isJSON: isJSON)),
          ]
        }
      } else {
        for text in try texts(key, value) { arguments += [flag, text] }
      }
    }
  }

  /// Options whose number may have a unit: `"16MiB"`.
  private static let sizes: Set<String> = [
    OptionName.blockSize.rawValue, OptionName.maxRecordSize.rawValue,
  ]

  private func single(_ key: String, _ value: JSONNode, _ type: RunOption.Kind) throws(Problem)
    -> String
  {
    switch type {
    case .choice(let choices):
      guard let text = value.string, choices.contains(text) else {
        throw problem(key, "must be one of " + choices.joined(separator: ", "))
      }
      return text
    case .number(let range):
      if Self.sizes.contains(key), let text = value.string { return text }
      guard let number = value.int else { throw problem(key, "must be a number") }
      guard range.contains(number) else {
        throw problem(
          key, "must be from \(range.lowerBound) to \(range.upperBound)", "it is \(number)")
      }
      return "\(number)"
    default:
      if let text = value.string { return text }
      // A limit of rejects is a share or a number.
      if let number = value.int, key == OptionName.maxRejects.rawValue { return "\(number)" }
      throw problem(key, "must be a text")
    }
  }

  private func texts(_ key: String, _ value: JSONNode) throws(Problem) -> [String] {
    if let text = value.string { return [text] }
    guard value.isArray else { throw problem(key, "must be a text or a list of texts") }
    var found: [String] = []
    for element in value.elements {
      guard let text = element.string else {
        throw problem(key, "must be a text or a list of texts")
      }
      found.append(text)
    }
    return found
  }

  /// The value of one of a table's members. `isJSON`: it is read as JSON where it is, so a text goes in quotes.
  private func text(of value: JSONNode, _ key: String, isJSON: Bool) throws(Problem) -> String {
    if isJSON {
      var writer = JSONWriter()
      writer.node(value)
      return String(decoding: writer.bytes, as: UTF8.self)
    }
    if let text = value.string { return text }
    if let number = value.int { return "\(number)" }
    if let flag = value.bool { return "\(flag)" }
    throw problem(key, "must have texts, numbers, true or false")
  }
}

extension Recipe {
  /// A command line with run files and presets in the place of what they say: the command's own flags come after theirs, and win.
  static func expanded(_ arguments: [String]) throws(Problem) -> [String] {
    guard arguments.first == "run" else { return arguments }
    var own: [String] = []
    var given: [String] = []
    var rest = arguments.dropFirst()
    while let argument = rest.popFirst() {
      if argument.hasPrefix("--recipe=") {
        given += try Recipe(String(argument.dropFirst("--recipe=".count))).arguments
      } else if argument == "--recipe", let path = rest.popFirst() {
        given += try Recipe(path).arguments
      } else {
        own.append(argument)
      }
    }
    given += own
    return ["run"] + presets(in: given) + given
  }

  /// What the presets that are named set. A name that is none is the command's to refuse.
  private static func presets(in arguments: [String]) -> [String] {
    var settings: [String] = []
    for (index, argument) in arguments.enumerated() {
      let name =
        argument.hasPrefix("--preset=")
        ? String(argument.dropFirst("--preset=".count))
        : argument == "--preset" && index + 1 < arguments.count ? arguments[index + 1] : ""
      for setting in RunPreset.named(name)?.settings ?? [] {
        settings.append("--\(setting.name.rawValue)=\(setting.value)")
      }
    }
    return settings
  }
}
