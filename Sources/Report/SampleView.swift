import InstructionFormat
import Masking
import Tokenizer

/// One sample as a reader sees it: its record, the text that was made of it, and its tokens.
public struct SampleView: Sendable {
  /// A stretch of the text with one author.
  public struct Segment: Hashable, Sendable {
    /// UTF-8.
    public var text: ArraySlice<UInt8>
    /// Such as `template` or `messages[1].content`.
    public var author: String
    /// Why it is or is not learned.
    public var reason: String
    public var isLearned: Bool
  }

  /// A token and what it stands for.
  public struct Token: Hashable, Sendable {
    public var id: UInt32
    /// Its own bytes; not UTF-8 by themselves where a character has several tokens.
    public var text: [UInt8]
    /// Index of `segments`.
    public var segment: Int
    /// Bytes of the text; empty for a token that the text does not show.
    public var range: Range<Int>
  }

  /// JSON as it stands in the file.
  public var record: [UInt8]
  /// Tile the text.
  public var segments: [Segment]
  public var tokens: [Token]
  /// What was cut off to make it fit.
  public var cut: Truncation.Cut

  /// `sample` was encoded with traces.
  public init(
    _ sample: borrowing MaskedSample, _ rendered: borrowing RenderedRecord, cut: Truncation.Cut,
    record: [UInt8], tokenizer: BPETokenizer
  ) {
    self.record = record
    self.cut = cut
    let (text, segments) = (rendered.text, rendered.segments)
    self.segments = []
    for segment in segments {
      self.segments.append(
        Segment(
          text: text[segment.range], author: rendered.name(of: segment.source),
          reason: segment.reason.description, isLearned: segment.isSupervised))
    }
    let ids = sample.tokens
    tokens = sample.traces.enumerated().map { index, trace in
      Token(
        id: ids[index], text: tokenizer.bytes(of: ids[index]) ?? [], segment: trace.segment,
        range: trace.range)
    }
  }
}

/// Tokens by who wrote them and why they are or are not learned; each token is counted once.
public struct AuthorCounts: Sendable {
  public struct Count: Hashable, Sendable {
    public var name: String
    public var tokens = 0
    public var learned = 0
  }

  private var counts: [String: Count] = [:]

  public init() {}

  /// The largest first.
  public var sorted: [Count] {
    counts.values.sorted { ($1.tokens, $0.name) < ($0.tokens, $1.name) }
  }

  /// `sample` was encoded with traces. O(tokens).
  public mutating func add(
    _ sample: borrowing MaskedSample, _ rendered: borrowing RenderedRecord
  ) {
    let learned = Set(sample.runs.flatMap { $0 })
    let names = rendered.segments.map(\.reason.author)
    for (index, trace) in sample.traces.enumerated() {
      let name = names[trace.segment]
      counts[name, default: Count(name: name)].tokens += 1
      if learned.contains(index) { counts[name, default: Count(name: name)].learned += 1 }
    }
  }
}

extension Reason {
  /// The reason without the number of its turn.
  fileprivate var author: String {
    switch self {
    case .templateBeforeTurn, .templateAfterTurn, .scaffold: "template"
    case .turnNotSelected: "assistant turn, not selected"
    case .weightZero: "weight 0"
    default: description
    }
  }
}
