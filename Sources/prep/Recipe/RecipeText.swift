import JSONText
import Pipeline
import Problems

/// A run file as it is written: the settings of a run, those that are not the default alone, one a line.
struct RecipeText {
  private(set) var lines: [String] = []

  init(inputs: [String], output: String, settings: [RunSpec.Setting]) {
    var members = [("inputs", Self.list(inputs)), ("output", Self.quoted(output))]
    for (name, value) in settings {
      let key = name.rawValue
      switch (RunOption.named(key)?.type, value) {
      case (_, nil): members.append((key, "true"))
      case (.number, let value?) where Int(value) != nil: members.append((key, value))
      case (.assignments, _):
        // A list says a pair as the flag does, whatever the name has in it.
        guard !members.contains(where: { $0.0 == key }) else { continue }
        members.append(
          (key, Self.list(settings.filter { $0.name == name }.compactMap(\.value))))
      case (_, let value?): members.append((key, Self.quoted(value)))
      }
    }
    lines =
      ["{"]
      + members.enumerated().map { index, member in
        "  \(Self.quoted(member.0)): \(member.1)" + (index + 1 < members.count ? "," : "")
      } + ["}"]
  }

  private static func list(_ texts: [String]) -> String {
    "[" + texts.map(quoted).joined(separator: ", ") + "]"
  }

  private static func quoted(_ text: String) -> String {
    var writer = JSONWriter()
    writer.string(text)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
