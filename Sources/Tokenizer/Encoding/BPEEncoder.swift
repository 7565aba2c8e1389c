import Patterns
import Problems

/// Encodes texts: one a worker. Holds a cache of pieces and all working memory, so that a warm encoder allocates nothing.
public final class BPEEncoder {
  public let tokenizer: BPETokenizer
  let model: BPEModel
  let space = MergeSpace()
  let cache = PieceCache()
  let longPieces = LongPieceCache()
  let batch = PieceBatch()
  var counters = Counters()
  let buffer = TokenBuffer()
  let normalizerSpace: NormalizerSpace
  let pieces: PreTokenization
  var aligned = AlignedText()
  var gap = AlignedText()
  let marked = MarkedText()
  var rawSplits: [AddedSplit] = []
  var normalizedSplits: [AddedSplit] = []
  var literal: [Range<Int>] = []
  /// Tokens whose range leads out of their piece.
  var misplaced: [Int] = []
  /// Where the cuts of the text that was encoded last fall: the first token behind each, and where the one before ends.
  var cutPlaces: [(token: Int, end: Int)] = []
  /// How the text that was encoded last ended: what a text that continues it stands behind.
  var ending = TextEnding.nothing
  /// The added tokens in the text that was encoded last, in order; empty where no ranges were kept.
  var matches: [AddedMatch] = []

  init(_ tokenizer: BPETokenizer) {
    self.tokenizer = tokenizer
    model = tokenizer.model
    let matching = MatchSpace()
    normalizerSpace = NormalizerSpace(matching: matching)
    pieces = PreTokenization(space: matching)
  }

  /// Appends the ids of `text`, well-formed UTF-8. Specials of the post-processor are not added.
  ///
  /// `literal`: sorted byte ranges of `text` in which added tokens that are special are plain text (others still match there), as
  /// `encode_special_tokens` of the reference. `continues`: the text goes on from the one that was encoded last: nothing is put in front
  /// of it that the tokenizer would not put there in one text.
  /// Throws where the reference fails too: an unknown token that has no id, a pattern that reaches its bounds.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>] = [], continues: Bool = false,
    into ids: inout [UInt32]
  ) throws(Problem) {
    unsafe try run(text, literal, continues, keepsRanges: false)
    // SAFETY: the buffer holds `count` ids.
    unsafe ids.append(contentsOf: UnsafeBufferPointer(start: buffer.ids, count: buffer.count))
  }

  /// The same with the byte range of `text` for each appended id, as the reference reports offsets: tokens that share a character
  /// share its range.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>] = [], continues: Bool = false,
    into ids: inout [UInt32], ranges: inout [Range<UInt32>]
  ) throws(Problem) {
    unsafe try run(text, literal, continues, keepsRanges: true)
    // SAFETY: the buffer holds `count` of both.
    unsafe ids.append(contentsOf: UnsafeBufferPointer(start: buffer.ids, count: buffer.count))
    unsafe ranges.append(contentsOf: UnsafeBufferPointer(start: buffer.ranges, count: buffer.count))
  }

  /// The ids of a text.
  public func encode(_ text: [UInt8], literal: [Range<Int>] = [], continues: Bool = false)
    throws(Problem) -> [UInt32]
  {
    var ids: [UInt32] = []
    var failure: Problem?
    unsafe text.withUnsafeBufferPointer { buffer in
      do throws(Problem) {
        unsafe try encode(buffer, literal: literal, continues: continues, into: &ids)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return ids
  }

  /// The ids of a text.
  public func encode(_ text: String) throws(Problem) -> [UInt32] {
    try encode(Array(text.utf8))
  }

  /// The ids of a text and the byte range of each.
  public func encodeWithRanges(_ text: [UInt8], literal: [Range<Int>] = [], continues: Bool = false)
    throws(Problem) -> (ids: [UInt32], ranges: [Range<UInt32>])
  {
    var ids: [UInt32] = []
    var ranges: [Range<UInt32>] = []
    var failure: Problem?
    unsafe text.withUnsafeBufferPointer { buffer in
      do throws(Problem) {
        unsafe try encode(
          buffer, literal: literal, continues: continues, into: &ids, ranges: &ranges)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return (ids, ranges)
  }

  /// What encoding did so far beyond finding pieces in the cache.
  public struct Counters: Sendable {
    /// Pieces that were merged.
    public var misses = 0
    /// Long pieces that were found.
    public var longHits = 0
    /// Bytes of characters that left no token: they have none, and the tokenizer has neither bytes nor an unknown token for them.
    public var droppedBytes = 0
  }

  /// Misses and long pieces so far.
  public var counts: Counters { counters }

  /// Pairs that merging looked at so far: grows with the text, never with its square.
  public var mergeSteps: Int { space.steps }
}
