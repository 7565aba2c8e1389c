import Patterns

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+` and
/// its kin: tiktoken's cl100k, which keeps white space at the end whole; Qwen's, which cuts digits singly; Qwen 3.5's, to which marks are
/// letters.
struct CL100KScanner: PieceScanner {
  /// The most digits in a piece.
  var digits = 3
  /// `\s++$` comes before the other white space.
  var keepsTail = false
  /// `[\p{L}\p{M}]` in place of `\p{L}`.
  var marksAreLetters = false

  @inline(__always)
  private var letter: ScalarClass { marksAreLetters ? [.letter, .mark] : .letter }

  @inline(__always)
  func endOfPiece(at start: Int, in text: TextView) -> Int {
    let byte = text[start]
    if byte < 0x80 {
      if ASCII.isLetter(byte) { return letters(start + 1, text) }
      if ASCII.isDigit(byte) { return numbers(start, text) }
      if ASCII.isNewline(byte) {
        return ScanRules.endOfSpacesOrLines(start, in: text, keepsTail: keepsTail)
      }
      if byte == UInt8(ascii: "'"),
        let end = ScanRules.endOfContraction(at: start, in: text, ignoresCase: true)
      {
        return end
      }
      let next = start + 1
      if isLetter(next, text) { return letters(next, text) }
      if byte == 0x20 {
        if isOther(next, text) { return others(next, text) }
        return ScanRules.endOfSpacesOrLines(start, in: text, keepsTail: keepsTail)
      }
      if ASCII.isSpace(byte) {
        return ScanRules.endOfSpacesOrLines(start, in: text, keepsTail: keepsTail)
      }
      return others(next, text)
    }
    let scalar = text.scalar(at: start)
    let classes = ScalarClass(scalar.value)
    let next = start + scalar.length
    if classes.isAny(of: letter) { return letters(next, text) }
    if classes.isAny(of: .number) { return numbers(start, text) }
    if isLetter(next, text) { return letters(next, text) }
    if classes.isAny(of: .whitespace) {
      return ScanRules.endOfSpacesOrLines(start, in: text, keepsTail: keepsTail)
    }
    return others(next, text)
  }

  @inline(__always)
  private func isLetter(_ index: Int, _ text: TextView) -> Bool {
    guard index < text.end else { return false }
    let byte = text[index]
    if byte < 0x80 { return ASCII.isLetter(byte) }
    return ScalarClass(text.scalar(at: index).value).isAny(of: letter)
  }

  @inline(__always)
  private func isOther(_ index: Int, _ text: TextView) -> Bool {
    guard index < text.end else { return false }
    let byte = text[index]
    if byte < 0x80 { return ASCII.isOther(byte) }
    return !ScalarClass(text.scalar(at: index).value).isAny(of: [letter, .number, .whitespace])
  }

  @inline(__always)
  private func letters(_ start: Int, _ text: TextView) -> Int {
    text.endOfRun(start, ascii: ASCII.isLetter, beyond: letter)
  }

  @inline(__always)
  private func numbers(_ start: Int, _ text: TextView) -> Int {
    ScanRules.endOfNumber(start, in: text, digits: digits)
  }

  @inline(__always)
  private func others(_ start: Int, _ text: TextView) -> Int {
    ScanRules.endOfOthers(start, in: text, beyond: [letter, .number, .whitespace], slash: false)
  }
}

extension ScanRules {
  /// `\p{N}{1,digits}` at a number at `start`.
  @inline(__always)
  static func endOfNumber(_ start: Int, in text: TextView, digits: Int) -> Int {
    var index = start
    var left = digits
    while index < text.end, left > 0 {
      let byte = text[index]
      if byte < 0x80 {
        if !ASCII.isDigit(byte) { break }
        index += 1
      } else {
        let scalar = text.scalar(at: index)
        if !ScalarClass(scalar.value).isAny(of: .number) { break }
        index += scalar.length
      }
      left -= 1
    }
    return index
  }

  /// The rest of `[^\s\p{L}\p{N}]+[\r\n]*` (with `/` among the line ends where `slash`), from `start` on.
  /// `beyond`: the classes that are not part of it.
  @inline(__always)
  static func endOfOthers(
    _ start: Int, in text: TextView, beyond: ScalarClass, slash: Bool
  ) -> Int {
    var index = start
    while index < text.end {
      let byte = text[index]
      if byte < 0x80 {
        if !ASCII.isOther(byte) { break }
        index += 1
      } else {
        let scalar = text.scalar(at: index)
        if ScalarClass(scalar.value).isAny(of: beyond) { break }
        index += scalar.length
      }
    }
    while index < text.end,
      ASCII.isNewline(text[index]) || slash && text[index] == UInt8(ascii: "/")
    {
      index += 1
    }
    return index
  }
}
