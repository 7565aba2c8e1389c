import Masking

/// A tokenizer for tests: one token for each word (of letters), each other byte a token of its own.
/// A word's id is 1000 + its length; `<s>` is the special token 7 unless it is literal.
final class WordEncoder: TextEncoder {
  func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32]
  ) {
    var ranges: [Range<UInt32>] = []
    unsafe appendIDs(of: text, literal: literal, continues: continues, to: &ids, ranges: &ranges)
  }

  func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32], ranges: inout [Range<UInt32>]
  ) {
    let text = unsafe Array(text)
    var index = 0
    func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
    while index < text.count {
      let start = index
      if text[index...].starts(with: Array("<s>".utf8)),
        !literal.contains(where: { $0.overlaps(index..<index + 3) })
      {
        index += 3
        ids.append(7)
      } else if isLetter(text[index]) {
        while index < text.count, isLetter(text[index]) { index += 1 }
        ids.append(1000 + UInt32(index - start))
      } else {
        ids.append(UInt32(text[index]))
        index += 1
      }
      ranges.append(UInt32(start)..<UInt32(index))
    }
  }
}
