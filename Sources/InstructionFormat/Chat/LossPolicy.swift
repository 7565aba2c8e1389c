/// What of a record the model learns to produce: whose turns, and what is taken away from them.
///
/// Written as `assistant`, `last-reasoning`, `assistant+user`, `all-terminator`; or with commas, `assistant,-reasoning`.
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

    fileprivate var bit: UInt8 {
      switch self {
      case .assistant: 1
      case .last: 2
      case .all: 4
      case .tools: 8
      case .system: 16
      case .user: 32
      case .tool: 64
      case .generation: 128
      }
    }
  }

  /// Targets that are turns of others than the assistant.
  public static let targetsOfOthers: [Target] = [.system, .user, .tool]

  /// What may be taken away.
  public enum Part: String, Hashable, Sendable, CaseIterable {
    case reasoning
    case toolCalls = "tool-calls"
    case terminator

    fileprivate var bit: UInt8 {
      switch self {
      case .reasoning: 1
      case .toolCalls: 2
      case .terminator: 4
      }
    }
  }

  // Asked for every stretch of every record: bits cost nothing to look up.
  private let targetBits: UInt8
  private let partBits: UInt8

  /// nil where nothing is named, or what excludes other targets stands beside one.
  public init?(_ targets: Set<Target>, without: Set<Part> = []) {
    let alone: Set<Target> = [.all, .generation]
    guard !targets.isEmpty, targets.count == 1 || targets.isDisjoint(with: alone),
      targets.intersection([.assistant, .last, .tools]).count < 2
    else { return nil }
    targetBits = targets.reduce(0) { $0 | $1.bit }
    partBits = without.reduce(0) { $0 | $1.bit }
  }

  private init(only target: Target) {
    targetBits = target.bit
    partBits = 0
  }

  public var targets: Set<Target> { Set(Target.allCases.filter(learns)) }
  public var without: Set<Part> { Set(Part.allCases.filter(leavesOut)) }

  private func learns(_ target: Target) -> Bool { targetBits & target.bit != 0 }
  private func leavesOut(_ part: Part) -> Bool { partBits & part.bit != 0 }

  public static let assistant = LossPolicy(only: .assistant)
  public static let last = LossPolicy(only: .last)
  public static let all = LossPolicy(only: .all)
  public static let generation = LossPolicy(only: .generation)

  /// Whether every byte is learned, but for what is taken away.
  var isEverything: Bool { learns(.all) }
  var isGeneration: Bool { learns(.generation) }
  var isLast: Bool { learns(.last) }
  /// Whether it learns every turn of the assistant.
  var isEveryTurn: Bool { learns(.assistant) }
  var isCallsOnly: Bool { learns(.tools) }
  /// Whether anything is taken away.
  var leavesOutParts: Bool { partBits != 0 }

  /// Whether it learns turns of a role.
  func selects(_ role: Conversation.Role) -> Bool {
    if isEverything { return true }
    switch role {
    case .assistant:
      return learns(.assistant) || learns(.last) || learns(.tools) || learns(.generation)
    case .user: return learns(.user)
    case .system: return learns(.system)
    case .tool: return learns(.tool)
    }
  }

  /// Whether it learns bytes that are supervised for this reason.
  func takes(_ reason: Reason) -> Bool { takes(reason.tokenKind) }

  /// Whether it learns bytes of a kind, in turns that it selects.
  func takes(_ kind: TokenClass.Kind) -> Bool {
    switch kind {
    case .reasoning: !leavesOut(.reasoning) && !isCallsOnly
    case .toolCall: !leavesOut(.toolCalls)
    case .content: !isCallsOnly
    case .terminator, .endOfText: !leavesOut(.terminator)
    default: true
    }
  }
}

extension LossPolicy: RawRepresentable, CaseIterable {
  /// The targets alone, as messages list them.
  public static let allCases = Target.allCases.map { LossPolicy(only: $0) }

  public init?(rawValue: String) {
    // A list with commas says the same.
    var rest = rawValue.split(separator: ",", omittingEmptySubsequences: false).reduce("") {
      text, word in
      text.isEmpty ? String(word) : word.hasPrefix("-") ? text + word : text + "+" + word
    }[...]
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
    Target.allCases.filter(learns).map(\.rawValue).joined(separator: "+")
      + Part.allCases.filter(leavesOut).map { "-" + $0.rawValue }.joined()
  }
}
