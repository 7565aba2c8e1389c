import Patterns

/// Well-formed UTF-8 that scanners read.
@safe
struct TextView {
  // SAFETY: the caller of the encoder keeps the bytes alive; every read is below `end`.
  let base: UnsafePointer<UInt8>
  let end: Int

  @inline(__always)
  init(base: UnsafePointer<UInt8>, end: Int) {
    unsafe self.base = unsafe base
    self.end = end
  }

  /// The byte at an index below `end`.
  @inline(__always)
  subscript(_ index: Int) -> UInt8 { unsafe base[index] }

  @inline(__always)
  func scalar(at index: Int) -> UTF8Scalar {
    unsafe UnsafeBufferPointer(start: base, count: end).scalar(at: index)
  }

  /// Where the run of scalars of a class that begins at `start` ends. `ascii` is the class below 128.
  @inline(__always)
  func endOfRun(_ start: Int, ascii: (UInt8) -> Bool, beyond classes: ScalarClass) -> Int {
    var index = start
    while index < end {
      let byte = self[index]
      if byte < 0x80 {
        if !ascii(byte) { break }
        index += 1
      } else {
        let scalar = scalar(at: index)
        if !ScalarClass(scalar.value).isAny(of: classes) { break }
        index += scalar.length
      }
    }
    return index
  }

  /// Where the character before `index` begins.
  @inline(__always)
  func previous(_ index: Int) -> Int {
    var start = index - 1
    while start > 0, index - start < 4, self[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }
}

/// Classes of ASCII.
enum ASCII {
  @inline(__always) static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
  @inline(__always) static func isLower(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 }
  @inline(__always) static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }
  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
  @inline(__always) static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 9 < 5 }
  @inline(__always) static func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
  /// Neither space, letter nor digit.
  @inline(__always) static func isOther(_ byte: UInt8) -> Bool {
    !isLetter(byte) && !isDigit(byte) && !isSpace(byte)
  }
}

/// Cuts a text into pieces that tile it: the hand-written form of a pattern.
protocol PieceScanner: Sendable {
  /// Where the piece that begins at `start` ends. Requires `start < text.end`; the result is larger than `start`.
  func endOfPiece(at start: Int, in text: TextView) -> Int
}

/// What the scanners share.
enum ScanRules {
  static let whitespace = ScalarClass.whitespace
  static let notOther: ScalarClass = [.letter, .number, .whitespace]

  /// `'s|'t|'re|'ve|'m|'ll|'d` at the apostrophe at `start`: its end, nil where there is none.
  /// `ignoresCase`: with ſ for s, the one other character that folds to one of these letters.
  @inline(__always)
  static func endOfContraction(at start: Int, in text: TextView, ignoresCase: Bool) -> Int? {
    guard start + 1 < text.end else { return nil }
    let fold: UInt8 = ignoresCase ? 0x20 : 0
    let first = text[start + 1]
    switch first | fold {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      guard start + 2 < text.end, text[start + 2] | fold == UInt8(ascii: "e") else { return nil }
      return start + 3
    case UInt8(ascii: "l"):
      guard start + 2 < text.end, text[start + 2] | fold == UInt8(ascii: "l") else { return nil }
      return start + 3
    case 0xE5:
      // 0xC5 | 0x20: ſ is C5 BF.
      guard ignoresCase, first == 0xC5, start + 2 < text.end, text[start + 2] == 0xBF else {
        return nil
      }
      return start + 3
    default: return nil
    }
  }

  /// `\s+(?!\S)|\s+` where the white space from `start` ends at `end`.
  @inline(__always)
  static func endOfSpaces(_ start: Int, _ end: Int, in text: TextView) -> Int {
    if end == text.end { return end }
    let last = text.previous(end)
    return last > start ? last : end
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+` at the white space at `start`. `keepsTail`: `\s++$` comes first.
  @inline(__always)
  static func endOfSpacesOrLines(_ start: Int, in text: TextView, keepsTail: Bool) -> Int {
    var index = start
    var lastLine = -1
    while index < text.end {
      let byte = text[index]
      if byte < 0x80 {
        if !ASCII.isSpace(byte) { break }
        index += 1
        if ASCII.isNewline(byte) { lastLine = index }
      } else {
        let scalar = text.scalar(at: index)
        if !ScalarClass(scalar.value).isAny(of: whitespace) { break }
        index += scalar.length
      }
    }
    if keepsTail, index == text.end { return index }
    if lastLine > 0 { return lastLine }
    return endOfSpaces(start, index, in: text)
  }
}
