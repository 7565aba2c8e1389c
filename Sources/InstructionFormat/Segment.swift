/// A stretch of rendered text with one author: the provenance from which labels are made.
public struct Segment: Hashable, Sendable {
  /// Byte offsets in the rendered text. Segments tile the text, in order.
  public var range: Range<Int>
  /// Who wrote these bytes.
  public var source: Source
  /// Why the model does or does not learn from them.
  public var reason: Reason
  /// Factor of the loss over these bytes; 1 unless the record says otherwise.
  public var weight: Float
  /// Whether the model samples these bytes at inference, whatever flags of the record say of learning them. Text is
  /// tokenized apart where this changes, so that ids never depend on flags.
  public var isSampled: Bool
  /// What shards keep of who wrote these bytes, and of which losses learn them.
  public var tokenClass: TokenClass
  /// The weight that they have wherever a loss learns them.
  public var classWeight: Float

  public init(
    range: Range<Int>, source: Source, reason: Reason, weight: Float = 1, isSampled: Bool? = nil,
    tokenClass: TokenClass? = nil
  ) {
    self.range = range
    self.source = source
    self.reason = reason
    self.weight = weight
    self.isSampled = isSampled ?? reason.isSupervised
    self.tokenClass =
      tokenClass ?? TokenClass(reason.tokenKind, reason.isSupervised ? .always : .never)
    classWeight = weight
  }

  /// Whether the model is to learn to produce these bytes.
  public var isSupervised: Bool { reason.isSupervised }
}

/// Who wrote a stretch of rendered text.
public enum Source: Hashable, Sendable {
  /// Literal text of the template, or the tokenizer's BOS or EOS text that a template prints: the only
  /// text that may become control tokens by itself.
  case template
  /// Copied from the role of a message: one of a closed list of words, so it may be a part of a control
  /// token that the template spells around it (`'<|' + role + '|>'`). The index of its path.
  case role(Int)
  /// Copied from the record; the index of its path in `RenderedRecord.paths`.
  case field(Int)
  /// Computed by the template from the record (an upper-cased name, JSON of a tool): no single
  /// author, so never a control token. The index of the path it came from, where there is one.
  case derived(Int?)
  /// The beginning-of-text token, written by the render; encoded as its id.
  case beginningToken
  /// The end-of-text token, written by the render; encoded as its id.
  case endToken
}

/// Why a stretch of rendered text is, or is not, learned from.
public enum Reason: Hashable, Sendable {
  // Supervised: what the model must produce.
  case response
  case text
  case endOfText
  case assistantContent(turn: Int)
  case assistantReasoning(turn: Int)
  case assistantToolCall(turn: Int)
  case terminator(turn: Int)
  /// A turn of another role that the run, or a flag of the record, asks to learn.
  case turnContent(turn: Int)
  case generationBlock
  case everything

  // Not supervised.
  case task
  case context
  case separator
  case scaffold
  case beginningOfText
  case systemTurn(turn: Int)
  case userTurn(turn: Int)
  case toolTurn(turn: Int)
  case toolDefinitions
  case generationPrompt(turn: Int)
  case templateBeforeTurn(Int)
  case templateAfterTurn(Int)
  case turnNotSelected(Int)
  /// A part of the turn that the run takes away from what is learned.
  case takenAway(turn: Int)
  case weightZero(turn: Int)

  public var isSupervised: Bool {
    switch self {
    case .response, .text, .endOfText, .assistantContent, .assistantReasoning, .assistantToolCall,
      .terminator, .turnContent, .generationBlock, .everything:
      true
    default: false
    }
  }
}

extension Reason: CustomStringConvertible {
  /// The words that `inspect` and `render` show. Turns are numbered as the messages are, from 0.
  public var description: String {
    switch self {
    case .response: "response"
    case .text: "text"
    case .endOfText: "end of text"
    case .assistantContent: "assistant content"
    case .assistantReasoning: "assistant reasoning"
    case .assistantToolCall: "assistant tool call"
    case .terminator: "terminator"
    case .turnContent(let turn): "turn \(turn), learned"
    case .generationBlock: "generation block"
    case .everything: "everything is supervised"
    case .task: "task"
    case .context: "context"
    case .separator: "separator"
    case .scaffold: "template"
    case .beginningOfText: "beginning of text"
    case .systemTurn: "system content"
    case .userTurn: "user content"
    case .toolTurn: "tool content"
    case .toolDefinitions: "tool definitions"
    case .generationPrompt: "generation prompt"
    case .templateBeforeTurn(let turn): "template, before turn \(turn)"
    case .templateAfterTurn(let turn): "template, after turn \(turn)"
    case .turnNotSelected(let turn): "assistant turn \(turn), not selected"
    case .takenAway(let turn): "turn \(turn), taken away"
    case .weightZero(let turn): "turn \(turn), weight 0"
    }
  }
}

/// A record rendered once: its text, and who wrote each byte of it.
///
/// One a worker, filled again for every record.
public struct RenderedRecord: Sendable {
  /// UTF-8.
  public var text: [UInt8]
  /// Tile `text`, in order; none is empty.
  public var segments: [Segment]
  /// Paths in the record that segments name by index, such as `messages[3].content`.
  public var paths: [String]
  /// Turns that say something and left nothing in the text; only where the run accepts that.
  public var droppedTurns = 0

  public init() {
    text = []
    segments = []
    paths = []
  }

  /// Forgets the text, keeps the storage.
  public mutating func removeAll() {
    text.removeAll(keepingCapacity: true)
    segments.removeAll(keepingCapacity: true)
    paths.removeAll(keepingCapacity: true)
    droppedTurns = 0
  }

  /// Appends bytes of one author. An empty stretch leaves no segment; one that continues the last
  /// (same author, reason, weight and class) lengthens it. `tokenClass`: what shards keep, where the reason does
  /// not say it.
  public mutating func append(
    _ bytes: some Collection<UInt8>, source: Source, reason: Reason, weight: Float = 1,
    tokenClass: TokenClass? = nil
  ) {
    let start = text.count
    text.append(contentsOf: bytes)
    guard text.count > start else { return }
    let new = Segment(
      range: start..<text.count, source: source, reason: reason, weight: weight,
      tokenClass: tokenClass)
    if let last = segments.indices.last, segments[last].source == source,
      segments[last].reason == reason, segments[last].weight == weight,
      segments[last].tokenClass == new.tokenClass
    {
      segments[last].range = segments[last].range.lowerBound..<text.count
    } else {
      segments.append(new)
    }
  }

  /// What `inspect` and `render` call the author of a segment.
  public func name(of source: Source) -> String {
    switch source {
    case .template: "template"
    case .field(let path), .role(let path): paths[path]
    case .derived(let path): path.map { "derived from \(paths[$0])" } ?? "derived"
    case .beginningToken: "BOS token"
    case .endToken: "EOS token"
    }
  }
}
