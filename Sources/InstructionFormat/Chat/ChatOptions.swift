/// What becomes of a conversation whose earlier turns a template renders otherwise than when the model
/// produced them (reasoning dropped, another terminator).
public enum HistoryPolicy: String, CaseIterable, Sendable {
  /// One sample; each turn is learned as the whole conversation shows it.
  case asRendered = "as-rendered"
  /// One sample; only the last assistant turn is learned.
  case lastTurn = "last-turn"
  /// One sample for each assistant turn: the conversation up to it, and only that turn is learned.
  case unroll
  /// A conversation whose history is rewritten is a reject.
  case error
}

/// A value for a variable of the template.
public indirect enum TemplateArgument: Sendable, Hashable {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string([UInt8])
  case list([TemplateArgument])
  case dictionary([(key: [UInt8], value: TemplateArgument)])

  public static func == (left: TemplateArgument, right: TemplateArgument) -> Bool {
    switch (left, right) {
    case (.none, .none): true
    case (.bool(let a), .bool(let b)): a == b
    case (.int(let a), .int(let b)): a == b
    case (.float(let a), .float(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.list(let a), .list(let b)): a == b
    case (.dictionary(let a), .dictionary(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value == $1.value }
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .none: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    case .int(let value): hasher.combine(value)
    case .float(let value): hasher.combine(value)
    case .string(let value): hasher.combine(value)
    case .list(let value): hasher.combine(value)
    case .dictionary(let value): for member in value { hasher.combine(member.key) }
    }
  }
}

/// How conversations are rendered and what of them is learned. The same for a whole run.
public struct ChatOptions: Sendable {
  public var loss = LossPolicy.assistant
  public var history: HistoryPolicy = .asRendered
  /// Ends the text with what prompts the model for its next turn.
  public var addGenerationPrompt = false
  /// Put before a conversation that does not start with a system turn.
  public var system: [UInt8]?
  /// What `strftime_now` shows, unless the record has a `date` of its own.
  public var date: TemplateDate?
  /// The tokenizer's BOS and EOS texts: `bos_token` and `eos_token` of the template.
  public var beginningOfText: [UInt8]?
  public var endOfText: [UInt8]?
  /// Other texts that end a turn when the model samples them (`eos_token_id` of
  /// `generation_config.json`). A template that leaves the terminator to the next turn's header
  /// (`<|user|>`) needs them.
  public var stopTexts: [[UInt8]] = []
  /// Variables of the template, by name, such as `enable_thinking`. They go before `bos_token` and others.
  public var arguments: [(name: String, value: TemplateArgument)] = []
  /// The fields of records: where messages are, or the task, context and response that become a user
  /// and an assistant turn.
  public var fields = RecordFields()
  /// What the user says of words for roles, before what data sets mean by them.
  public var roles: [String: MessageRole] = [:]
  /// Whether a record is accepted although a turn left nothing in the text.
  public var allowsDropped = false
  /// Whether an empty assistant turn, an unknown role or a missing content is a reject. `prep render`
  /// shows what the template does with them instead.
  public var isStrict = true

  public init() {}

  /// Whether fewer turns may be chosen later: all of the assistant's are selected, in samples that do not depend on it.
  var isExchangeable: Bool {
    loss.isEveryTurn && (history == .asRendered || history == .error)
  }
}
