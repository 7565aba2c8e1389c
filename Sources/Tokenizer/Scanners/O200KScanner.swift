import Patterns

/// tiktoken's o200k pattern: words are cut where a capital follows a small letter, contractions stay with their word.
/// Its kin leave contractions out (tekken) or `/` out of the tail.
///
/// With U = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]` and W = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`:
/// `[^\r\n\p{L}\p{N}]?U*W+(?i:'s|…)?|[^\r\n\p{L}\p{N}]?U+W*(?i:'s|…)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
struct O200KScanner: PieceScanner {
  var digits = 3
  var hasContractions = true
  /// `/` may follow punctuation like a line end.
  var hasSlash = true

  private static let upper: ScalarClass = [
    .uppercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .mark,
  ]
  private static let lower: ScalarClass = [
    .lowercaseLetter, .modifierLetter, .otherLetter, .mark,
  ]

  @inline(__always)
  func endOfPiece(at start: Int, in text: TextView) -> Int {
    let byte = text[start]
    if byte < 0x80 {
      if ASCII.isLetter(byte) { return word(start, start, text) ?? start + 1 }
      if ASCII.isDigit(byte) { return ScanRules.endOfNumber(start, in: text, digits: digits) }
      if ASCII.isNewline(byte) {
        return ScanRules.endOfSpacesOrLines(start, in: text, keepsTail: false)
      }
      if let end = word(start, start + 1, text) { return end }
      if byte == 0x20 {
        if isOther(start + 1, text) { return others(start + 1, text) }
        return ScanRules.endOfSpacesOrLines(start, in: text, keepsTail: false)
      }
      if ASCII.isSpace(byte) {
        return ScanRules.endOfSpacesOrLines(start, in: text, keepsTail: false)
      }
      return others(start + 1, text)
    }
    let scalar = text.scalar(at: start)
    let classes = ScalarClass(scalar.value)
    let next = start + scalar.length
    if classes.isAny(of: .letter) { return word(start, start, text) ?? next }
    if classes.isAny(of: .number) {
      return ScanRules.endOfNumber(start, in: text, digits: digits)
    }
    if classes.isAny(of: .mark) { return markedWord(start, next, text) }
    if let end = word(start, next, text) { return end }
    if classes.isAny(of: .whitespace) {
      return ScanRules.endOfSpacesOrLines(start, in: text, keepsTail: false)
    }
    return others(next, text)
  }

  /// A mark may stand before a word or be part of it: first `U*W+` with it before, then with it inside, then `U+W*`.
  @inline(never)
  private func markedWord(_ start: Int, _ next: Int, _ text: TextView) -> Int {
    if let end = lowerWord(next, text) { return contraction(end, text) }
    if let end = lowerWord(start, text) { return contraction(end, text) }
    return word(start, next, text) ?? next
  }

  /// The word whose letters begin at `letters`; nil where there is none.
  @inline(__always)
  private func word(_ start: Int, _ letters: Int, _ text: TextView) -> Int? {
    if let end = lowerWord(letters, text) { return contraction(end, text) }
    let end = text.endOfRun(letters, ascii: ASCII.isUpper, beyond: Self.upper)
    return end > letters ? contraction(end, text) : nil
  }

  /// `U*W+`: U gives characters back until the last of them is in W too.
  @inline(__always)
  private func lowerWord(_ start: Int, _ text: TextView) -> Int? {
    var index = start
    // The end of the last character of the run that is in W too.
    var lastBoth = -1
    while index < text.end {
      let byte = text[index]
      if byte < 0x80 {
        if !ASCII.isUpper(byte) { break }
        index += 1
      } else {
        let scalar = text.scalar(at: index)
        let classes = ScalarClass(scalar.value)
        if !classes.isAny(of: Self.upper) { break }
        index += scalar.length
        if classes.isAny(of: Self.lower) { lastBoth = index }
      }
    }
    let end = text.endOfRun(index, ascii: ASCII.isLower, beyond: Self.lower)
    if end > index { return end }
    return lastBoth > 0 ? lastBoth : nil
  }

  @inline(__always)
  private func contraction(_ end: Int, _ text: TextView) -> Int {
    guard hasContractions, end < text.end, text[end] == UInt8(ascii: "'") else { return end }
    return ScanRules.endOfContraction(at: end, in: text, ignoresCase: true) ?? end
  }

  @inline(__always)
  private func isOther(_ index: Int, _ text: TextView) -> Bool {
    guard index < text.end else { return false }
    let byte = text[index]
    if byte < 0x80 { return ASCII.isOther(byte) }
    return !ScalarClass(text.scalar(at: index).value).isAny(of: ScanRules.notOther)
  }

  @inline(__always)
  private func others(_ start: Int, _ text: TextView) -> Int {
    ScanRules.endOfOthers(start, in: text, beyond: ScanRules.notOther, slash: hasSlash)
  }
}
