import Problems

/// Settings that go together, by a name: what they set, any other option may set otherwise.
public struct RunPreset: Sendable {
  public let name: String
  /// One line for help.
  public let help: String
  public let settings: [(name: OptionName, value: String)]

  public static let all: [RunPreset] = [
    RunPreset(
      name: "instruction-1024",
      help:
        "rows of 1024: at most 256 tokens of task and context, 256 of the response, then padding",
      settings: [(.contextLength, "1024"), (.promptLength, "256"), (.responseLength, "256")])
  ]

  public static func named(_ name: String) -> RunPreset? { all.first { $0.name == name } }
}
