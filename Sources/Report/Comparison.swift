import Input
import Masking
import Pipeline
import Problems
import Tokenizer

/// The same records encoded another way: with another template, or another tokenizer.
public struct Comparison: Sendable {
  /// What the two ways are called.
  public var names: (own: String, other: String)
  private let spec: RunSpec
  let tokenizer: BPETokenizer
  /// Of the listed samples.
  public private(set) var own = Sums()
  public private(set) var other = Sums()
  /// Samples of which not the same content is learned, and such that the other way does not give.
  public private(set) var differing = 0
  public private(set) var missing = 0

  public struct Sums: Hashable, Sendable {
    public var samples = 0
    public var tokens = 0
    public var learned = 0
    public var truncated = 0
  }

  public init(names: (own: String, other: String), spec: RunSpec, tokenizer: BPETokenizer) {
    self.names = names
    self.tokenizer = tokenizer
    self.spec = spec
  }

  func makeEncoder() -> RecordEncoder {
    RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder())
  }

  /// One sample encoded the other way.
  struct Sample {
    var view: SampleView
    var sums: Sums
  }

  /// The samples of a record the other way; a reason where it has none.
  func encode(_ record: [UInt8], with encoder: RecordEncoder) -> Result<[Sample], ProblemText> {
    var samples: [Sample] = []
    do {
      try encoder.encode(record) { sample, rendered, cut, _ in
        let view = SampleView(sample, rendered, cut: cut, record: record, tokenizer: tokenizer)
        samples.append(
          Sample(
            view: view,
            sums: Sums(
              samples: 1, tokens: sample.tokens.count, learned: sample.supervisedCount,
              truncated: cut.isCut ? 1 : 0)))
      }
      return .success(samples)
    } catch {
      return .failure(ProblemText(error.text(for: .command)))
    }
  }

  struct ProblemText: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }

  /// Counts a sample of both; whether not the same is learned of it.
  mutating func count(_ view: SampleView, cut: Truncation.Cut, other sample: Sample?) -> Bool {
    own.samples += 1
    own.tokens += view.tokens.count
    own.learned += view.learnedCount
    own.truncated += cut.isCut ? 1 : 0
    guard let sample else {
      missing += 1
      differing += 1
      return true
    }
    other.samples += 1
    other.tokens += sample.sums.tokens
    other.learned += sample.sums.learned
    other.truncated += sample.sums.truncated
    guard view.isLearnedOtherwise(sample.view) else { return false }
    differing += 1
    return true
  }
}

extension SampleView {
  /// Whether not the same content is learned, or an end in one way alone. Ends are written in another way by each template.
  func isLearnedOtherwise(_ other: SampleView) -> Bool {
    learnedContent != other.learnedContent || learnsEnd != other.learnsEnd
  }

  /// Bytes of content that is learned, as far as tokens cover it. A token may hold the end of one segment and the
  /// beginning of the next, so that tokens do not tell.
  private var learnedContent: [UInt8] {
    let shown = tokens.map(\.range).filter { !$0.isEmpty }
    let covered =
      (shown.map(\.lowerBound).min() ?? 0)..<(shown.map(\.upperBound).max() ?? 0)
    var content: [UInt8] = []
    var start = 0
    for segment in segments {
      let range = (start..<start + segment.text.count).clamped(to: covered)
      if segment.isLearned, !segment.isOfTemplate, !range.isEmpty {
        let first = segment.text.startIndex + range.lowerBound - start
        content += segment.text[first..<first + range.count]
      }
      start += segment.text.count
    }
    return content
  }

  private var learnsEnd: Bool {
    tokens.contains { isLearned($0) && segments[$0.segment].isOfTemplate }
  }

  var learnedCount: Int { tokens.count(where: isLearned) }

  private func isLearned(_ token: Token) -> Bool {
    segments.indices.contains(token.segment) && segments[token.segment].isLearned
  }
}

extension SampleView.Segment {
  fileprivate var isOfTemplate: Bool { author == "template" || author.hasSuffix("token") }
}
