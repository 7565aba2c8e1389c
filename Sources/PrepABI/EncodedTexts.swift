import CPrepABI
import Problems
import Tokenizer

/// A tokenizer and what its handle keeps.
final class OpenTokenizer: Sendable {
  let tokenizer: BPETokenizer
  private let encoders: Pool<BPEEncoder>

  init(_ tokenizer: BPETokenizer) {
    self.tokenizer = tokenizer
    encoders = Pool { tokenizer.makeEncoder() }
  }

  func encode(_ batch: TextBatch, flags: UInt32, threads: Int32) throws(Problem) -> EncodedTexts {
    let known = PREP_ADD_SPECIALS | PREP_PARSE_SPECIALS | PREP_PLAIN_SPECIALS | PREP_BYTE_RANGES
    let parsing = PREP_PARSE_SPECIALS | PREP_PLAIN_SPECIALS
    guard flags & ~known == 0, flags & parsing != parsing else {
      throw .argument("flags \(flags) are not known, or contradict each other")
    }
    let parts = try batch.map(threads: threads) { (texts) throws(Problem) in
      try self.encoders.use { (encoder) throws(Problem) in
        try self.encode(texts, of: batch, flags, with: encoder)
      }
    }
    return EncodedTexts(parts, hasRanges: flags & PREP_BYTE_RANGES != 0)
  }

  private func encode(
    _ texts: Range<Int>, of batch: TextBatch, _ flags: UInt32, with encoder: BPEEncoder
  ) throws(Problem) -> EncodedTexts.Part {
    let keepsRanges = flags & PREP_BYTE_RANGES != 0
    let isPlain =
      flags & PREP_PLAIN_SPECIALS != 0
      || flags & PREP_PARSE_SPECIALS == 0 && !tokenizer.parsesSpecials
    let addsSpecials = flags & PREP_ADD_SPECIALS != 0
    let processor = tokenizer.postProcessor
    var part = EncodedTexts.Part()
    var ids: [UInt32] = []
    for index in texts {
      let range = batch.range(of: index)
      ids.removeAll(keepingCapacity: true)
      try unsafe batch.bytes.withUnsafeBufferPointer { (bytes) throws(Problem) in
        let text = unsafe UnsafeBufferPointer(rebasing: bytes[range])
        guard unsafe String(validating: text, as: UTF8.self) != nil else {
          throw .argument("text \(index) is not UTF-8")
        }
        let literal = isPlain && !text.isEmpty ? [0..<text.count] : []
        do throws(Problem) {
          if keepsRanges {
            var shown = unsafe try encoder.encodeShown(text, literal: literal)
            unsafe processor.process(&shown, of: Array(text), addsSpecials: addsSpecials)
            ids += shown.ids
            part.ranges += shown.ranges
          } else {
            unsafe try encoder.encode(text, literal: literal, into: &ids)
            if addsSpecials { processor.addSpecials(to: &ids) }
          }
        } catch {
          throw Problem(.tokenizer, reason: "text \(index): \(error)")
        }
      }
      part.ids += ids
      part.counts.append(ids.count)
    }
    return part
  }
}

/// The ids of a batch of texts.
final class EncodedTexts: Sendable {
  let ids: [UInt32]
  /// Ids of text `t` are `starts[t]..<starts[t + 1]`.
  let starts: [Int]
  /// Bytes of each token in its text; nil where they were not asked for.
  let ranges: [Range<UInt32>]?

  /// Consecutive texts of the batch.
  struct Part: Sendable {
    var ids: [UInt32] = []
    var counts: [Int] = []
    var ranges: [Range<UInt32>] = []
  }

  init(_ parts: [Part], hasRanges: Bool) {
    var starts = [0]
    for count in parts.lazy.flatMap(\.counts) { starts.append(starts[starts.count - 1] + count) }
    self.starts = starts
    ids = Array(parts.map(\.ids).joined())
    ranges = hasRanges ? Array(parts.map(\.ranges).joined()) : nil
  }
}
