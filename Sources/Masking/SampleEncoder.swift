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

  /// Bytes of characters that left no token so far.
  var droppedBytes: Int { get }

  /// Where some ids of a text end that begin at `start` of it; nil where their own texts do not spell what stands there. O(ids).
  func end(
    of ids: ArraySlice<UInt32>, in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int?

  /// The same, and where `cuts` fall, ascending byte offsets inside of the text: into `places`, one a cut. False where
  /// that is not to be had so: then `ranges` are filled instead.
  func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32], cuts: [Int], places: inout [TokenCut],
    ranges: inout [Range<UInt32>]
  ) throws(Problem) -> Bool
}

extension TextEncoder {
  public var droppedBytes: Int { 0 }

  public func end(
    of ids: ArraySlice<UInt32>, in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int? { nil }

  public func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32], cuts: [Int], places: inout [TokenCut],
    ranges: inout [Range<UInt32>]
  ) throws(Problem) -> Bool {
    unsafe try appendIDs(
      of: text, literal: literal, continues: continues, to: &ids, ranges: &ranges)
    return false
  }
}

/// Where a byte offset falls among the tokens of a text.
public struct TokenCut: Hashable, Sendable {
  /// The first token that begins at the offset or behind it, of those of the text.
  public var token: Int
  /// Where the token before it ends: behind the offset, if it has bytes on both sides.
  public var end: Int

  public init(token: Int, end: Int) {
    self.token = token
    self.end = end
  }
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
  private var space = Space()
  /// Of the last sample.
  private(set) var stretches: [Stretch] = []

  /// Bytes that were encoded at once, and where their tokens end; no text: a beginning or end token.
  struct Stretch {
    var bytes: Range<Int>
    var end: Int
    var isText: Bool
  }

  /// Filled again for each stretch.
  fileprivate struct Space {
    var literal: [Range<Int>] = []
    var ranges: [Range<UInt32>] = []
    /// Where segments of another class begin, and where that is among the tokens.
    var cuts: [Int] = []
    var places: [TokenCut] = []
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
    if !ids.isEmpty {
      sample.appendClass(segment.tokenClass, weight: segment.classWeight, count: ids.count)
    }
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
    // Accesses of the encoder's own variables are checked one by one.
    var space = Space()
    swap(&space, &self.space)
    defer { swap(&space, &self.space) }
    let segments = rendered.segments
    let first = segments[stretch.lowerBound]
    let base = first.range.lowerBound
    let bytes = base..<segments[stretch.upperBound - 1].range.upperBound
    space.literal.removeAll(keepingCapacity: true)
    if !options.parseSpecial {
      for index in stretch where segments[index].source.isContent {
        let range = segments[index].range
        if let last = space.literal.last, last.upperBound == range.lowerBound - base {
          space.literal[space.literal.count - 1] = last.lowerBound..<range.upperBound - base
        } else {
          space.literal.append(range.lowerBound - base..<range.upperBound - base)
        }
      }
    }
    let start = sample.tokens.count
    // Labels that change inside the stretch belong to tokens one by one.
    let isMixed = segments[stretch].contains {
      $0.isSupervised != first.isSupervised || ($0.isSupervised && $0.weight != first.weight)
    }
    var needsRanges = traced || isMixed
    if !needsRanges { space.findCuts(stretch, segments, base: base) }
    try unsafe rendered.text.withUnsafeBufferPointer { text throws(Problem) in
      let text = unsafe UnsafeBufferPointer(rebasing: text[bytes])
      try sample.append(supervised: !isMixed && first.isSupervised, weight: first.weight) {
        ids throws(Problem) in
        space.ranges.removeAll(keepingCapacity: true)
        if needsRanges {
          unsafe try encoder.appendIDs(
            of: text, literal: space.literal, continues: continues, to: &ids, ranges: &space.ranges)
        } else if !space.cuts.isEmpty {
          space.places.removeAll(keepingCapacity: true)
          needsRanges = unsafe try !encoder.appendIDs(
            of: text, literal: space.literal, continues: continues, to: &ids, cuts: space.cuts,
            places: &space.places,
            ranges: &space.ranges)
        } else {
          unsafe try encoder.appendIDs(
            of: text, literal: space.literal, continues: continues, to: &ids)
        }
      }
    }
    stretches.append(Stretch(bytes: bytes, end: sample.tokens.count, isText: true))
    guard needsRanges else {
      return space.appendClasses(stretch, of: rendered, from: start, to: &sample)
    }
    var cursor = SegmentCursor(segments: segments, stretch: stretch)
    for (offset, range) in space.ranges.enumerated() {
      var range = Int(range.lowerBound) + base..<Int(range.upperBound) + base
      let owner = cursor.segment(at: range.lowerBound)
      // White space that a terminator strips is no one's: it does not span what is learned.
      let end = segments[owner].range.upperBound
      let isStripping = segments[owner].endsTurn && rendered.isSpace(end, range.upperBound)
      cursor.appendClasses(
        of: isStripping ? range.lowerBound..<end : range, from: owner, to: &sample)
      if isStripping, segments[owner].reason.endsResponse { range = range.lowerBound..<end }
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

extension SampleEncoder.Space {
  /// Where segments of a stretch begin that are of another class than the one before.
  fileprivate mutating func findCuts(_ stretch: Range<Int>, _ segments: [Segment], base: Int) {
    cuts.removeAll(keepingCapacity: true)
    for index in stretch.dropFirst() where !segments[index].isOfClass(of: segments[index - 1]) {
      cuts.append(segments[index].range.lowerBound - base)
    }
  }

  /// Classes of the tokens from `start` on, which are those of a stretch that was cut at `places`.
  fileprivate func appendClasses(
    _ stretch: Range<Int>, of rendered: borrowing RenderedRecord, from start: Int,
    to sample: inout MaskedSample
  ) {
    let count = sample.tokens.count - start
    guard count > 0 else { return }
    let segments = rendered.segments
    let base = segments[stretch.lowerBound].range.lowerBound
    var segment = stretch.lowerBound
    var token = 0
    // The segment that has the first byte of the token before the cut, and where it ends.
    var (owner, end) = (segment, 0)
    for index in cuts.indices {
      let place = places[index]
      let before = segments[segment]
      if place.token > token {
        (owner, end) = (segment, cuts[index])
        sample.appendClass(
          before.tokenClass, weight: before.classWeight, count: place.token - token)
        token = place.token
      }
      repeat { segment += 1 } while segments[segment].isOfClass(of: segments[segment - 1])
      if place.end > cuts[index],
        segments[segment].tokenClass.isLearnable || segments[owner].tokenClass.isLearnable,
        !(segments[owner].endsTurn && rendered.isSpace(end + base, place.end + base))
      {
        sample.appendClass(segments[segment].tokenClass, weight: 1, count: 0)
      }
    }
    if count > token {
      let last = segments[segment]
      sample.appendClass(last.tokenClass, weight: last.classWeight, count: count - token)
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

  /// Appends the class of a token, and those of other segments that it spans.
  func appendClasses(of range: Range<Int>, from owner: Int, to sample: inout MaskedSample) {
    sample.appendClass(segments[owner].tokenClass, weight: segments[owner].classWeight, count: 1)
    var next = owner + 1
    while next < stretch.upperBound, segments[next].range.lowerBound < range.upperBound {
      if !segments[next].isOfClass(of: segments[next - 1]),
        segments[next].tokenClass.isLearnable || segments[owner].tokenClass.isLearnable
      {
        sample.appendClass(segments[next].tokenClass, weight: 1, count: 0)
      }
      next += 1
    }
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

extension RenderedRecord {
  /// Whether a stretch is white space; false for an empty one.
  fileprivate func isSpace(_ start: Int, _ end: Int) -> Bool {
    start < end && text[start..<end].allSatisfy { $0 <= 0x20 }
  }
}

extension Segment {
  /// Whether the two are one for what is learned, whatever the loss.
  func isOfClass(of other: Segment) -> Bool {
    tokenClass == other.tokenClass && classWeight == other.classWeight
  }

  /// Whether the model stops after these bytes, learned or not.
  var endsTurn: Bool {
    tokenClass.kind == .terminator || tokenClass.kind == .endOfText || reason.endsResponse
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
