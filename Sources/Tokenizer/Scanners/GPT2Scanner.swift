import Patterns

/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` (openai/gpt-2).
struct GPT2Scanner: PieceScanner {
  @inline(__always)
  func endOfPiece(at start: Int, in text: TextView) -> Int {
    let byte = text[start]
    var index = start
    if byte == 0x20 {
      index += 1
      if index == text.end { return index }
    } else if byte == UInt8(ascii: "'"),
      let end = ScanRules.endOfContraction(at: start, in: text, ignoresCase: false)
    {
      return end
    }
    let next = text[index]
    if next < 0x80 {
      if ASCII.isLetter(next) { return letters(index + 1, text) }
      if ASCII.isDigit(next) { return numbers(index + 1, text) }
      if !ASCII.isSpace(next) { return others(index + 1, text) }
    } else {
      let scalar = text.scalar(at: index)
      let classes = ScalarClass(scalar.value)
      if classes.isAny(of: .letter) { return letters(index + scalar.length, text) }
      if classes.isAny(of: .number) { return numbers(index + scalar.length, text) }
      if !classes.isAny(of: .whitespace) { return others(index + scalar.length, text) }
    }
    let end = text.endOfRun(start, ascii: ASCII.isSpace, beyond: .whitespace)
    return ScanRules.endOfSpaces(start, end, in: text)
  }

  @inline(__always)
  private func letters(_ start: Int, _ text: TextView) -> Int {
    text.endOfRun(start, ascii: ASCII.isLetter, beyond: .letter)
  }

  @inline(__always)
  private func numbers(_ start: Int, _ text: TextView) -> Int {
    text.endOfRun(start, ascii: ASCII.isDigit, beyond: .number)
  }

  @inline(__always)
  private func others(_ start: Int, _ text: TextView) -> Int {
    var index = start
    while index < text.end {
      let byte = text[index]
      if byte < 0x80 {
        if !ASCII.isOther(byte) { break }
        index += 1
      } else {
        let scalar = text.scalar(at: index)
        if ScalarClass(scalar.value).isAny(of: ScanRules.notOther) { break }
        index += scalar.length
      }
    }
    return index
  }
}
