/// Who wrote a stretch of tokens, which part of a turn it is, and which losses select that turn: a byte, from which
/// what is learned can be chosen again without rendering or tokenizing. Shards keep it; docs/FORMAT.md has the numbers.
public struct TokenClass: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public init(_ kind: Kind, _ selection: Selection = .never) {
    rawValue = selection.rawValue << 5 | kind.rawValue
  }

  /// What the bytes are.
  public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
    /// The template's own text: headers, separators, what stands behind a turn.
    case scaffold = 0
    case beginningOfText = 1
    case task = 2
    case context = 3
    case system = 4
    case user = 5
    case tool = 6
    case toolDefinitions = 7
    /// What prompts the model for its turn, text that the template pre-fills included.
    case prefill = 8
    /// A turn of the assistant that the run did not select.
    case unselected = 9
    /// Bytes to which a flag of the record gives weight 0.
    case weightless = 10
    case content = 11
    case reasoning = 12
    case toolCall = 13
    case terminator = 14
    /// A turn of another role that is learned.
    case turn = 15
    case response = 16
    case text = 17
    case endOfText = 18
    case generationBlock = 19
    case everything = 20
  }

  /// Which targets of a loss learn the turn that the bytes are of.
  public enum Selection: UInt8, Hashable, Sendable {
    case never = 0
    /// `assistant` alone; with `last`; with `tools`; with both.
    case assistant = 1
    case assistantOrLast = 2
    case assistantOrTools = 3
    case assistantLastOrTools = 4
    /// Every loss that this one may be exchanged for.
    case always = 5
  }

  /// nil for a number that a later version wrote.
  public var kind: Kind? { Kind(rawValue: rawValue & 31) }
  public var selection: Selection? { Selection(rawValue: rawValue >> 5) }

  /// Whether some loss learns such tokens.
  public var isLearnable: Bool { rawValue >> 5 != 0 }
}

extension Reason {
  /// What bytes are that are supervised, or not, for this reason.
  public var tokenKind: TokenClass.Kind {
    switch self {
    case .response: .response
    case .text: .text
    case .endOfText: .endOfText
    case .assistantContent: .content
    case .assistantReasoning: .reasoning
    case .assistantToolCall: .toolCall
    case .terminator: .terminator
    case .turnContent: .turn
    case .generationBlock: .generationBlock
    case .everything: .everything
    case .task: .task
    case .context: .context
    case .separator, .scaffold, .templateBeforeTurn, .templateAfterTurn: .scaffold
    case .beginningOfText: .beginningOfText
    case .systemTurn: .system
    case .userTurn: .user
    case .toolTurn: .tool
    case .toolDefinitions: .toolDefinitions
    case .generationPrompt: .prefill
    case .turnNotSelected, .takenAway: .unselected
    case .weightZero: .weightless
    }
  }
}

extension LossPolicy {
  /// Whether it learns tokens of a class, in a data set whose loss it may be exchanged for.
  public func learns(_ tokens: TokenClass) -> Bool {
    guard let kind = tokens.kind, let selection = tokens.selection, takes(kind) else {
      return false
    }
    return switch selection {
    case .never: false
    case .always: true
    case .assistant: targets.contains(.assistant)
    case .assistantOrLast: !targets.isDisjoint(with: [.assistant, .last])
    case .assistantOrTools: !targets.isDisjoint(with: [.assistant, .tools])
    case .assistantLastOrTools: !targets.isDisjoint(with: [.assistant, .last, .tools])
    }
  }
}
