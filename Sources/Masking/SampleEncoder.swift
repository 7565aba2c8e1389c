import InstructionFormat
import Problems

/// What turns text into ids: a tokenizer's encoder. One a worker.
public protocol TextEncoder: AnyObject {
  /// Appends the ids of `text`. In the byte ranges `literal`, text that looks like a special token is
  /// plain text; `continues` says that other text of the sample stands before.
  func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32]) throws(Problem)

  /// The same, and the byte range in `text` of each id.
  func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32], ranges: inout [Range<UInt32>]) throws(Problem)

  /// Where some ids of a text end that begin at `start` of it; nil where their own texts do not spell what stands there. O(ids).
  func end(
    of ids: ArraySlice<UInt32>, in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int?
}

extension TextEncoder {
  public func end(
    of ids: ArraySlice<UInt32>, in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int? { nil }
}

/// Whether text is tokenized across the places where supervision begins or ends.
public enum Seam: String, Hashable, Sendable, CaseIterable {
  /// Each side on its own, as at inference, where the prompt is tokenized alone.
  case split
  /// In one go, as `apply_chat_template(tokenize=True)` does; a token may span the boundary.
  case joint
}

/// What becomes of a token that spans a supervised boundary.
public enum Straddle: String, Hashable, Sendable, CaseIterable {
  case mask, supervise, error
}

/// Encodes rendered records: text and provenance become ids and supervised runs.
///
/// Beginning and end tokens written by the render become their ids as they are. Other text is
/// encoded in stretches; only bytes of the template may become special tokens, unless
/// `parseSpecial`. One a worker; a warm encoder allocates nothing for a record.
public final class SampleEncoder {
  public struct Options: Hashable, Sendable {
    public var seam = Seam.split
    public var straddle = Straddle.mask
    /// Special-token text in the record's own fields becomes special tokens.
    public var parseSpecial = false
    /// Ids of the beginning token (with all that the post-processor puts before a text).
    public var beginningIDs: [UInt32] = []
    public var endID: UInt32

    public init(endID: UInt32) { self.endID = endID }
  }

  public let options: Options
  let encoder: any TextEncoder
  private var literal: [Range<Int>] = []
  private var ranges: [Range<UInt32>] = []
  /// Of the last sample.
  private(set) var stretches: [Stretch] = []

  /// Bytes that were encoded at once, and where their tokens end; no text: a beginning or end token.
  struct Stretch {
    var bytes: Range<Int>
    var end: Int
    var isText: Bool
  }

  public init(encoder: any TextEncoder, options: Options) {
    self.encoder = encoder
    self.options = options
  }

  /// Encodes one record in place of what `sample` held. `traced` keeps who wrote each token.
  /// O(bytes) beside the tokenizer's own cost.
  public func encode(
    _ rendered: borrowing RenderedRecord, traced: Bool = false, into sample: inout MaskedSample
  ) throws(Problem) {
    sample.removeAll()
    stretches.removeAll(keepingCapacity: true)
    let segments = rendered.segments
    var index = 0
    var hasText = false
    while index < segments.count {
      let first = segments[index]
      switch first.source {
      case .beginningToken:
        append(options.beginningIDs, segment: index, first, traced: traced, to: &sample)
        if sample.tokens.count == options.beginningIDs.count {
          sample.beginningCount = sample.tokens.count
        }
        index += 1
      case .endToken:
        append([options.endID], segment: index, first, traced: traced, to: &sample)
        index += 1
      default:
        let end = endOfStretch(from: index, in: segments)
        try encodeStretch(
          index..<end, of: rendered, continues: hasText, traced: traced, into: &sample)
        hasText = true
        index = end
      }
    }
    // Templates may write more behind it, as ChatML does a line feed.
    let lastLearned = segments.lastIndex { $0.isSupervised }
    sample.endsInTerminator = lastLearned.map { segments[$0].reason.endsResponse } ?? false
  }

  private func append(
    _ ids: [UInt32], segment index: Int, _ segment: Segment, traced: Bool,
    to sample: inout MaskedSample
  ) {
    sample.append(supervised: segment.isSupervised, weight: segment.weight) {
      $0.append(contentsOf: ids)
    }
    stretches.append(Stretch(bytes: segment.range, end: sample.tokens.count, isText: false))
    if traced {
      sample.appendTraces(
        repeatElement(TokenTrace(segment: index, range: segment.range), count: ids.count))
    }
  }

  /// Segments that are tokenized together: up to a beginning or end token, and with `split` up to where the
  /// model begins or ends to sample. Flags of the record do not matter here, so that ids do not depend on them.
  private func endOfStretch(from start: Int, in segments: [Segment]) -> Int {
    let first = segments[start]
    var end = start + 1
    while end < segments.count {
      let next = segments[end]
      if next.source == .beginningToken || next.source == .endToken { break }
      if options.seam == .split, next.isSampled != first.isSampled { break }
      end += 1
    }
    return end
  }

  private func encodeStretch(
    _ stretch: Range<Int>, of rendered: borrowing RenderedRecord, continues: Bool, traced: Bool,
    into sample: inout MaskedSample
  ) throws(Problem) {
    let segments = rendered.segments
    let first = segments[stretch.lowerBound]
    let base = first.range.lowerBound
    let bytes = base..<segments[stretch.upperBound - 1].range.upperBound
    literal.removeAll(keepingCapacity: true)
    if !options.parseSpecial {
      for index in stretch where segments[index].source.isContent {
        let range = segments[index].range
        if let last = literal.last, last.upperBound == range.lowerBound - base {
          literal[literal.count - 1] = last.lowerBound..<range.upperBound - base
        } else {
          literal.append(range.lowerBound - base..<range.upperBound - base)
        }
      }
    }
    let start = sample.tokens.count
    // Labels that change inside the stretch belong to tokens one by one.
    let isMixed = segments[stretch].contains {
      $0.isSupervised != first.isSupervised || ($0.isSupervised && $0.weight != first.weight)
    }
    let needsRanges = traced || isMixed
    try unsafe rendered.text.withUnsafeBufferPointer { text throws(Problem) in
      let text = unsafe UnsafeBufferPointer(rebasing: text[bytes])
      try sample.append(supervised: !isMixed && first.isSupervised, weight: first.weight) {
        ids throws(Problem) in
        if needsRanges {
          ranges.removeAll(keepingCapacity: true)
          unsafe try encoder.appendIDs(
            of: text, literal: literal, continues: continues, to: &ids, ranges: &ranges)
        } else {
          unsafe try encoder.appendIDs(of: text, literal: literal, continues: continues, to: &ids)
        }
      }
    }
    stretches.append(Stretch(bytes: bytes, end: sample.tokens.count, isText: true))
    guard needsRanges else { return }
    var cursor = SegmentCursor(segments: segments, stretch: stretch)
    for (offset, range) in ranges.enumerated() {
      var range = Int(range.lowerBound) + base..<Int(range.upperBound) + base
      let owner = cursor.segment(at: range.lowerBound)
      // White space that a terminator strips is no one's: it does not span what is learned.
      let end = segments[owner].range.upperBound
      if segments[owner].reason.endsResponse, end < range.upperBound,
        rendered.text[end..<range.upperBound].allSatisfy({ $0 <= 0x20 })
      {
        range = range.lowerBound..<end
      }
      if traced { sample.appendTraces(CollectionOfOne(TokenTrace(segment: owner, range: range))) }
      guard isMixed else { continue }
      var supervised = segments[owner].isSupervised
      if cursor.straddles(range, from: owner) {
        sample.straddles += 1
        switch options.straddle {
        case .mask: supervised = false
        case .supervise: supervised = true
        case .error:
          throw Problem(
            .straddlingToken, reason: "a token spans the start or end of a supervised part",
            remedy: "use \(OptionName.seam("split")), or \(OptionName.straddle("mask"))")
        }
      }
      if supervised {
        sample.supervise(start + offset..<start + offset + 1, weight: segments[owner].weight)
      }
    }
  }
}

/// Finds the segments of tokens that come in order.
private struct SegmentCursor {
  let segments: [Segment]
  let stretch: Range<Int>
  private var index: Int

  init(segments: [Segment], stretch: Range<Int>) {
    self.segments = segments
    self.stretch = stretch
    index = stretch.lowerBound
  }

  /// The segment that holds a byte; the last one for the end of the text.
  mutating func segment(at byte: Int) -> Int {
    while index > stretch.lowerBound, segments[index].range.lowerBound > byte { index -= 1 }
    while index + 1 < stretch.upperBound, segments[index].range.upperBound <= byte { index += 1 }
    return index
  }

  /// Whether a token's bytes are supervised in part.
  func straddles(_ range: Range<Int>, from owner: Int) -> Bool {
    var next = owner + 1
    while next < stretch.upperBound, segments[next].range.lowerBound < range.upperBound {
      if segments[next].isSupervised != segments[owner].isSupervised { return true }
      next += 1
    }
    return false
  }
}

extension Source {
  /// Text of the record, in which nothing is a control token by itself.
  var isContent: Bool {
    switch self {
    case .field, .derived: true
    default: false
    }
  }
}

extension Reason {
  /// Whether the model stops after these bytes.
  var endsResponse: Bool {
    switch self {
    case .endOfText, .terminator: true
    default: false
    }
  }
}
