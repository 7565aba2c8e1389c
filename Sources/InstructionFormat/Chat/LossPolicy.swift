/// What of a record the model learns to produce: whose turns, and what is taken away from them.
///
/// Written as `assistant`, `last-reasoning`, `assistant+user`, `all-terminator`.
public struct LossPolicy: Hashable, Sendable {
  public enum Target: String, Hashable, Sendable, CaseIterable {
    /// Every turn of the assistant: its content, reasoning and tool calls, and the terminator.
    case assistant
    /// The assistant's turns after the last turn of the user, a chain of tool calls included.
    case last
    /// Every byte.
    case all
    /// The assistant's tool calls, and the terminators of the turns that make them.
    case tools
    case system, user, tool
    /// What the template marks with `{% generation %}`.
    case generation
  }

  /// What may be taken away.
  public enum Part: String, Hashable, Sendable, CaseIterable {
    case reasoning
    case toolCalls = "tool-calls"
    case terminator
  }

  public let targets: Set<Target>
  public let without: Set<Part>

  /// nil where nothing is named, or what excludes other targets stands beside one.
  public init?(_ targets: Set<Target>, without: Set<Part> = []) {
    let alone: Set<Target> = [.all, .generation]
    guard !targets.isEmpty, targets.count == 1 || targets.isDisjoint(with: alone),
      targets.intersection([.assistant, .last, .tools]).count < 2
    else { return nil }
    self.targets = targets
    self.without = without
  }

  private init(only target: Target) {
    targets = [target]
    without = []
  }

  public static let assistant = LossPolicy(only: .assistant)
  public static let last = LossPolicy(only: .last)
  public static let all = LossPolicy(only: .all)
  public static let generation = LossPolicy(only: .generation)

  /// Whether every byte is learned, but for what is taken away.
  var isEverything: Bool { targets.contains(.all) }
  var isGeneration: Bool { targets.contains(.generation) }
  var isLast: Bool { targets.contains(.last) }
  var isCallsOnly: Bool { targets.contains(.tools) }

  /// Whether it learns turns of a role.
  func selects(_ role: Conversation.Role) -> Bool {
    if isEverything { return true }
    switch role {
    case .assistant: return !targets.isDisjoint(with: [.assistant, .last, .tools, .generation])
    case .user: return targets.contains(.user)
    case .system: return targets.contains(.system)
    case .tool: return targets.contains(.tool)
    }
  }

  /// Whether it learns bytes that are supervised for this reason.
  func takes(_ reason: Reason) -> Bool {
    switch reason {
    case .assistantReasoning: !without.contains(.reasoning) && !isCallsOnly
    case .assistantToolCall: !without.contains(.toolCalls)
    case .assistantContent: !isCallsOnly
    case .terminator, .endOfText: !without.contains(.terminator)
    default: true
    }
  }
}

extension LossPolicy: RawRepresentable, CaseIterable {
  /// The targets alone, as messages list them.
  public static let allCases = Target.allCases.map { LossPolicy(only: $0) }

  public init?(rawValue: String) {
    var rest = rawValue[...]
    var without: Set<Part> = []
    while let part = Part.allCases.first(where: { rest.hasSuffix("-" + $0.rawValue) }) {
      without.insert(part)
      rest = rest.dropLast(part.rawValue.count + 1)
    }
    var targets: Set<Target> = []
    for word in rest.split(separator: "+", omittingEmptySubsequences: false) {
      guard let target = Target(rawValue: String(word)) else { return nil }
      targets.insert(target)
    }
    self.init(targets, without: without)
  }

  public var rawValue: String {
    Target.allCases.filter(targets.contains).map(\.rawValue).joined(separator: "+")
      + Part.allCases.filter(without.contains).map { "-" + $0.rawValue }.joined()
  }
}
