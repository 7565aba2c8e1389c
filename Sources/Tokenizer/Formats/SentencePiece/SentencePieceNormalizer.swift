/// SentencePiece's own normalization: a table of longest matches, the dummy prefix, and what becomes of spaces.
///
/// Source: `Normalizer::Normalize` of sentencepiece 0.2 (normalizer.cc), whose alignment to the original it keeps:
/// a normalized byte begins where the input that made it begins.
struct SentencePieceNormalizer: Sendable {
  /// Replaces the longest matching prefix; nil where the normalization is the identity.
  var charsmap: SentencePieceCharsmap?
  var addDummyPrefix = true
  var removeExtraWhitespaces = true
  var escapeWhitespaces = true
  var treatWhitespaceAsSuffix = false
  /// Kept as they are, longest match first.
  var userDefined = ByteTrie([])

  private static let space: [UInt8] = [0xE2, 0x96, 0x81]
  private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

  /// Appends the normalized text and, for each of its bytes, the offset in `text` where what made it begins; at the end
  /// one more offset, where the last one ends. `continues`: no dummy prefix, and spaces at the start stay. O(n).
  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, continues: Bool = false, into normalized: inout [UInt8],
    origins: inout [UInt32]
  ) {
    let first = normalized.count
    defer {
      if origins.count == first { origins.append(0) }
    }
    guard !text.isEmpty else { return }
    var position = 0
    let strips = removeExtraWhitespaces && !continues
    var piece: [UInt8] = []
    if strips {
      while position < text.count {
        let length = unsafe prefix(text, position, &piece)
        guard piece == [0x20] else { break }
        position += length
      }
      guard position < text.count else { return }
    }
    func append(_ bytes: some Sequence<UInt8>) {
      for byte in bytes {
        if byte == 0x20, escapeWhitespaces {
          normalized += Self.space
          for _ in 0..<3 { origins.append(UInt32(position)) }
        } else {
          normalized.append(byte)
          origins.append(UInt32(position))
        }
      }
    }
    if addDummyPrefix, !treatWhitespaceAsSuffix, !continues { append(CollectionOfOne(0x20)) }
    var previousIsSpace = strips
    while position < text.count {
      let length = unsafe prefix(text, position, &piece)
      var kept = piece[...]
      while previousIsSpace, kept.first == 0x20 { kept.removeFirst() }
      if let last = kept.last {
        append(kept)
        previousIsSpace = last == 0x20
      }
      position += length
      if !removeExtraWhitespaces { previousIsSpace = false }
    }
    var end = position
    if removeExtraWhitespaces {
      let space = escapeWhitespaces ? Self.space : [0x20]
      while normalized.count - first >= space.count,
        normalized.suffix(space.count).elementsEqual(space)
      {
        normalized.removeLast(space.count)
        end = Int(origins[normalized.count])
        origins.removeLast(space.count)
      }
    }
    position = end
    if addDummyPrefix, treatWhitespaceAsSuffix { append(CollectionOfOne(0x20)) }
    origins.append(UInt32(end))
  }

  /// Sets what the input at `position` becomes and returns how many bytes of it that takes.
  private func prefix(_ text: UnsafeBufferPointer<UInt8>, _ position: Int, _ piece: inout [UInt8])
    -> Int
  {
    piece.removeAll(keepingCapacity: true)
    let matched = unsafe userDefined.longestMatch(text, position)
    if matched > 0 {
      unsafe piece.append(contentsOf: text[position..<position + matched])
      return matched
    }
    if let charsmap, let (length, range) = unsafe charsmap.longestMatch(text, position) {
      piece += charsmap.text[range]
      return length
    }
    let length = unsafe Self.characterLength(text, position)
    if length == 0 {
      piece += Self.replacement
      return 1
    }
    unsafe piece.append(contentsOf: text[position..<position + length])
    return length
  }

  /// Bytes of the character at `position`; 0 where the text is not UTF-8.
  static func characterLength(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int {
    let lead = unsafe text[position]
    let length =
      lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
    guard length > 0, position + length <= text.count else { return 0 }
    for offset in 1..<max(length, 1) where unsafe text[position + offset] & 0xC0 != 0x80 {
      return 0
    }
    if length >= 3 {
      let second = unsafe text[position + 1]
      if lead == 0xE0 && second < 0xA0 || lead == 0xED && second > 0x9F { return 0 }
      if lead == 0xF0 && second < 0x90 || lead == 0xF4 && second > 0x8F { return 0 }
    }
    return length
  }
}

/// A compiled normalization table: a double array from prefixes to replacements (darts-clone 0.32).
struct SentencePieceCharsmap: Sendable {
  private var units: [UInt32] = []
  /// Replacements, each ended by a zero byte.
  let text: [UInt8]

  /// nil where the blob is broken.
  init?(_ blob: [UInt8]) {
    func word(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(blob[offset + $1]) << UInt32(8 * $1) }
    }
    guard blob.count > 4 else { return nil }
    let size = Int(word(0))
    guard size >= 4, size % 4 == 0, 4 + size < blob.count else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
    text = Array(blob[(4 + size)...])
  }

  /// Length of the longest prefix at `position` that the table knows, and where its replacement is in `text`. O(length).
  func longestMatch(_ input: UnsafeBufferPointer<UInt8>, _ position: Int) -> (
    length: Int, replacement: Range<Int>
  )? {
    var node = offset(units[0])
    var found: (length: Int, value: Int)?
    for index in position..<input.count {
      let byte = unsafe input[index]
      node ^= Int(byte)
      guard units.indices.contains(node), units[node] & 0x8000_00FF == UInt32(byte) else { break }
      let unit = units[node]
      node ^= offset(unit)
      guard units.indices.contains(node) else { break }
      if unit >> 8 & 1 == 1 { found = (index - position + 1, Int(units[node] & 0x7FFF_FFFF)) }
    }
    guard let (length, start) = found, start <= text.count else { return nil }
    var end = start
    while end < text.count, text[end] != 0 { end += 1 }
    return (length, start..<end)
  }

  private func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 1 << 9) >> 6)) }
}
