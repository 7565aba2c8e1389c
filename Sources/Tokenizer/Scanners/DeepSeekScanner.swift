import Patterns

/// The three splits of DeepSeek V3 in one: `\p{N}{1,3}`, then `[一-龥぀-ゟ゠-ヿ]+`, then
/// `[!-/:-@[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+` in each of the pieces.
///
/// To the third, text ends where a number begins, and where ideographs begin or end. What it leaves (controls) are pieces too.
struct DeepSeekScanner: PieceScanner {
  private static let word: ScalarClass = [.letter, .mark]
  private static let sign: ScalarClass = [.punctuation, .symbol]
  /// What no piece of the third pattern can begin with, unless a word follows.
  private static let matched: ScalarClass = [.letter, .mark, .punctuation, .symbol, .whitespace]

  /// A scalar as the third pattern sees it.
  private struct Seen {
    var value: UInt32
    var end: Int
    var classes: ScalarClass

    func isAny(of other: ScalarClass) -> Bool { classes.isAny(of: other) }
  }

  @inline(__always)
  private static func isIdeograph(_ scalar: UInt32) -> Bool {
    0x4E00...0x9FA5 ~= scalar || 0x3040...0x30FF ~= scalar
  }

  /// The scalar at `index`, nil where the text of a piece of (or not of) ideographs ends.
  @inline(__always)
  private func seen(_ index: Int, _ text: TextView, among ideographs: Bool) -> Seen? {
    guard index < text.end else { return nil }
    let scalar = text.scalar(at: index)
    let classes = ScalarClass(scalar.value)
    if classes.isAny(of: .number) || Self.isIdeograph(scalar.value) != ideographs { return nil }
    return Seen(value: scalar.value, end: index + scalar.length, classes: classes)
  }

  @inline(__always)
  func endOfPiece(at start: Int, in text: TextView) -> Int {
    let scalar = text.scalar(at: start)
    let ideographs = Self.isIdeograph(scalar.value)
    guard let first = seen(start, text, among: ideographs) else {
      return ScanRules.endOfNumber(start, in: text, digits: 3)
    }
    let next = seen(first.end, text, among: ideographs)
    if first.value < 0x80, first.isAny(of: Self.sign), let next, next.value < 0x80,
      ASCII.isLetter(UInt8(truncatingIfNeeded: next.value))
    {
      var index = next.end
      while index < text.end, ASCII.isLetter(text[index]) { index += 1 }
      return index
    }
    if first.isAny(of: Self.word) { return run(first.end, text, ideographs, of: Self.word) }
    let isLine = first.value == 0x0A || first.value == 0x0D
    if let next, next.isAny(of: Self.word), !isLine, !first.isAny(of: Self.sign) {
      return run(next.end, text, ideographs, of: Self.word)
    }
    if first.isAny(of: Self.sign) || first.value == 0x20 && next?.isAny(of: Self.sign) == true {
      var index = run(first.end, text, ideographs, of: Self.sign)
      if !ideographs { while index < text.end, ASCII.isNewline(text[index]) { index += 1 } }
      return index
    }
    if first.isAny(of: .whitespace) { return spaces(start, text) }
    return gap(first, text, ideographs)
  }

  /// Where the run of scalars of a class ends that goes on at `start`.
  @inline(__always)
  private func run(
    _ start: Int, _ text: TextView, _ ideographs: Bool, of classes: ScalarClass
  ) -> Int {
    var index = start
    while let next = seen(index, text, among: ideographs), next.isAny(of: classes) {
      index = next.end
    }
    return index
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+` at white space.
  private func spaces(_ start: Int, _ text: TextView) -> Int {
    var index = start
    var last = start
    var lastLine = -1
    while let next = seen(index, text, among: false), next.isAny(of: .whitespace) {
      last = index
      index = next.end
      if next.value == 0x0A || next.value == 0x0D { lastLine = index }
    }
    if lastLine > 0 { return lastLine }
    return seen(index, text, among: false) == nil || last == start ? index : last
  }

  /// Where the pattern matches again after scalars that it leaves.
  private func gap(_ first: Seen, _ text: TextView, _ ideographs: Bool) -> Int {
    var index = first.end
    while let next = seen(index, text, among: ideographs), !next.isAny(of: Self.matched) {
      if let after = seen(next.end, text, among: ideographs), after.isAny(of: Self.word) { break }
      index = next.end
    }
    return index
  }
}
