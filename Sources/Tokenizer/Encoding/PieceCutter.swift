import CPieces
import CUnicode
import Patterns

/// Cuts texts into pieces 64 bytes at a time (`CPieces`), and where that cannot tell, with the scanner of the pattern.
struct PieceCutter: Sendable {
  let pattern: KnownPattern
  private var pieces = prep_pieces()

  init(_ pattern: KnownPattern) {
    self.pattern = pattern
    let white = UInt8(PREP_PIECES_SPACE.rawValue | PREP_PIECES_ODD.rawValue)
    let number = UInt8(PREP_PIECES_NUMBER.rawValue)
    let letter = UInt8(PREP_PIECES_LETTER.rawValue)
    let other = UInt8(PREP_PIECES_OTHER.rawValue)
    let odd = UInt8(PREP_PIECES_ODD.rawValue)
    let upper = UInt8(PREP_PIECES_UPPER.rawValue)
    let lower = UInt8(PREP_PIECES_LOWER.rawValue)
    let mark = UInt8(PREP_PIECES_MARK.rawValue)
    switch pattern {
    case .gpt2:
      pieces.family = Int32(PREP_PIECES_GPT2.rawValue)
      setClasses { classes in
        if classes.isAny(of: .letter) { return letter }
        if classes.isAny(of: .number) { return number }
        return classes.isAny(of: .whitespace) ? white : other
      }
    case .cl100k(let digits, let keepsTail, let marksAreLetters):
      pieces.family = Int32(PREP_PIECES_CL100K.rawValue)
      pieces.digits = Int32(digits)
      pieces.keeps_tail = keepsTail ? 1 : 0
      setClasses { classes in
        if classes.isAny(of: marksAreLetters ? [.letter, .mark] : .letter) { return letter }
        if classes.isAny(of: .number) { return digits == 1 ? number : number | odd }
        return classes.isAny(of: .whitespace) ? white : other
      }
    case .o200k(let digits, let hasContractions, let hasSlash):
      pieces.family = Int32(PREP_PIECES_O200K.rawValue)
      pieces.digits = Int32(digits)
      pieces.has_contractions = hasContractions ? 1 : 0
      pieces.has_slash = hasSlash ? 1 : 0
      setClasses { classes in
        if classes.isAny(of: [.uppercaseLetter, .titlecaseLetter]) { return letter | upper }
        if classes.isAny(of: .lowercaseLetter) { return letter | lower }
        if classes.isAny(of: .letter) { return letter }
        if classes.isAny(of: .mark) { return letter | mark }
        if classes.isAny(of: .number) { return digits == 1 ? number : number | odd }
        return classes.isAny(of: .whitespace) ? white : other
      }
    case .deepSeek:
      pieces.family = Int32(PREP_PIECES_DEEPSEEK.rawValue)
      pieces.digits = 3
      setClasses { classes in
        if classes.isAny(of: [.letter, .mark]) { return letter }
        if classes.isAny(of: .number) { return number | odd }
        if classes.isAny(of: .whitespace) { return white }
        return classes.isAny(of: [.punctuation, .symbol]) ? other : odd
      }
    }
  }

  private mutating func setClasses(_ code: (ScalarClass) -> UInt8) {
    unsafe withUnsafeMutableBytes(of: &pieces.classes) { classes in
      for kind in 0..<Int(prep_kind_count) {
        unsafe classes[kind] = code(ScalarClass(rawValue: prep_classes_of_kind(UInt32(kind))))
      }
    }
  }

  /// Writes the ends of the pieces from `position` on to `ends`, which has room for `capacity`, and moves `position` to the last of them.
  /// Stops at the end of the text or where fewer than 64 have room. Returns their number.
  @inline(__always)
  func cut<Scanner: PieceScanner>(
    _ text: TextView, from position: inout Int, _ scanner: Scanner,
    into ends: UnsafeMutablePointer<UInt32>, capacity: Int
  ) -> Int {
    var count = 0
    while position < text.end, count + 64 <= capacity {
      // SAFETY: reads the text below its end, and writes at most `capacity - count` ends.
      count += unsafe withUnsafePointer(to: pieces) {
        unsafe prep_pieces_cut(
          $0, text.base, text.end, &position, ends + count, capacity - count)
      }
      if position < text.end, count + 64 <= capacity {
        position = scanner.endOfPiece(at: position, in: text)
        unsafe ends[count] = UInt32(truncatingIfNeeded: position)
        count += 1
      }
    }
    return count
  }
}
