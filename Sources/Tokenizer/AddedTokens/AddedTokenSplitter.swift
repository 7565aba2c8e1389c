import Patterns

/// A stretch of text: an added token, or text between two of them.
struct AddedSplit: Equatable {
  var range: Range<Int>
  /// nil for text.
  var id: UInt32?
}

/// Why a text cannot be cut at its added tokens.
enum AddedTokenError: Error, CustomStringConvertible {
  /// A split would end before it begins: the reference panics.
  case overlap
  /// Two added tokens are the same when normalized, or to `tiktoken` begin with the same text: the reference takes either of them,
  /// by chance.
  case ambiguous([UInt8], [UInt8])

  var description: String {
    switch self {
    case .overlap:
      "an added token with lstrip would begin after its own end, behind one with rstrip: the reference fails on this text"
    case .ambiguous(let one, let other):
      "the added tokens \"\(String(decoding: one, as: UTF8.self))\" and \"\(String(decoding: other, as: UTF8.self))\" match at the same place: the reference takes either by chance"
    }
  }
}

extension AddedVocabulary {
  /// Cuts `text` at added tokens, as `find_matches` of the reference does: the search goes on at the end of the bare match, `lstrip` takes white
  /// space back to the end of the split before, `rstrip` forward, so that splits may overlap,
  /// and one may be empty: it is then no token.
  ///
  /// `isNormalized`: whether `text` is, and so what is searched. `isLiteral`: whether a special token at this range of `text` is plain text. O(text).
  func split(
    _ text: UnsafeBufferPointer<UInt8>, isNormalized: Bool,
    isLiteral: (Range<Int>) -> Bool, into splits: inout [AddedSplit]
  ) throws(AddedTokenError) {
    splits.removeAll(keepingCapacity: true)
    var last = 0
    var position = 0
    // The run of white space that was looked at last: many matches may lie in one.
    var spaces = 0..<0
    while let match = unsafe isNormalized
      ? normalized.firstMatch(in: text, from: position) : raw.firstMatch(in: text, from: position)
    {
      position = match.range.upperBound
      let token = found[match.value]
      if token.hasTwin {
        let (token, twin) = (tokens[match.value].token, tokens[match.value].twin)
        throw .ambiguous(token.content, twin ?? [])
      }
      if token.isSpecial, isLiteral(match.range) { continue }
      var start = match.range.lowerBound
      var end = match.range.upperBound
      if token.isSingleWord, unsafe Self.isInWord(text, start, end) { continue }
      if token.stripsLeft { start = unsafe max(Self.spacesBefore(start, last, text), last) }
      if token.stripsRight {
        if !spaces.contains(end) { spaces = unsafe end..<Self.spacesAfter(end, text) }
        end = spaces.upperBound
      }
      guard start <= end else { throw .overlap }
      if last < start { splits.append(AddedSplit(range: last..<start, id: nil)) }
      splits.append(AddedSplit(range: start..<end, id: token.id))
      last = end
    }
    if last != text.count { splits.append(AddedSplit(range: last..<text.count, id: nil)) }
  }

  /// Whether a word character touches the match on either side.
  private static func isInWord(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool
  {
    if start > 0 {
      let before = unsafe previous(start, text)
      if unsafe ScalarClass(text.scalar(at: before).value).isAny(of: .word) { return true }
    }
    return unsafe end < text.count && ScalarClass(text.scalar(at: end).value).isAny(of: .word)
  }

  private static func previous(_ index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
    var start = index - 1
    while start > 0, index - start < 4, unsafe text[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  /// Where the white space that ends at `index` begins; not searched beyond `limit`.
  private static func spacesBefore(
    _ index: Int, _ limit: Int, _ text: UnsafeBufferPointer<UInt8>
  ) -> Int {
    var start = index
    while start > limit {
      let before = unsafe previous(start, text)
      guard unsafe ScalarClass(text.scalar(at: before).value).isAny(of: .whitespace) else { break }
      start = before
    }
    return start
  }

  /// Where the white space that begins at `index` ends.
  static func spacesAfter(_ index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
    var end = index
    while end < text.count {
      let scalar = unsafe text.scalar(at: end)
      guard ScalarClass(scalar.value).isAny(of: .whitespace) else { break }
      end += scalar.length
    }
    return end
  }
}
