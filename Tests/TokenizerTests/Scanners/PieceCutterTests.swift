import Testing

@testable import Tokenizer

/// The masks of `CPieces` beside the scanners that say what is right.
@Suite("Cutting 64 bytes at a time")
struct PieceCutterTests {
  private static let patterns: [KnownPattern] = [
    .gpt2, .deepSeek,
    .cl100k(digits: 3, keepsTail: false, marksAreLetters: false),
    .cl100k(digits: 3, keepsTail: true, marksAreLetters: false),
    .cl100k(digits: 1, keepsTail: false, marksAreLetters: false),
    .cl100k(digits: 1, keepsTail: false, marksAreLetters: true),
    .o200k(digits: 3, hasContractions: true, hasSlash: true),
    .o200k(digits: 3, hasContractions: true, hasSlash: false),
    .o200k(digits: 1, hasContractions: false, hasSlash: true),
  ]

  /// What cuts depend on: classes of ASCII and beyond, of one to four bytes.
  private static let scalars: [Character] = [
    "a", "b", "s", "t", "l", "l", "e", "r", "v", "m", "d", "S", "L", "E", "Z", "0", "7", " ", " ",
    " ", "\t", "\n", "\r", "'",
    "'", "\"", ".", "!", "/", "-", "_", "\u{0}", "\u{7F}", "\u{B}", "\u{85}", "\u{A0}", "é", "É",
    "ſ", "ж", "Ж", "ǅ", "ʰ", "ª",
    "中", "の", "・", "゠", "가", "ก", "ा", "\u{301}", "\u{200D}", "\u{2003}", "\u{3000}", "²", "½", "٣",
    "Ⅷ", "’", "…", "€",
    "😀", "\u{1D400}", "\u{1D7CE}", "\u{20000}", "\u{E000}",
  ]

  private func ends<Scanner: PieceScanner>(
    _ text: TextView, _ cutter: PieceCutter, _ scanner: Scanner
  ) -> (fast: [Int], slow: [Int]) {
    var slow: [Int] = []
    var position = 0
    while position < text.end {
      position = scanner.endOfPiece(at: position, in: text)
      slow.append(position)
    }
    var fast: [Int] = []
    position = 0
    let batch = PieceBatch()
    while position < text.end {
      let count = unsafe cutter.cut(
        text, from: &position, scanner, into: batch.ends, capacity: PieceBatch.capacity)
      for index in 0..<count { unsafe fast.append(Int(batch.ends[index])) }
    }
    return (fast, slow)
  }

  private func check(_ bytes: [UInt8], _ pattern: KnownPattern) {
    let cutter = PieceCutter(pattern)
    // Exactly as large as the text, so that reading past it is found.
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    defer { unsafe copy.deallocate() }
    _ = unsafe copy.initialize(from: bytes)
    guard let base = copy.baseAddress else { return }
    let text = unsafe TextView(base: UnsafePointer(base), end: bytes.count)
    let found =
      switch pattern {
      case .gpt2: ends(text, cutter, GPT2Scanner())
      case .deepSeek: ends(text, cutter, DeepSeekScanner())
      case .cl100k(let digits, let keepsTail, let marks):
        ends(
          text, cutter,
          CL100KScanner(digits: digits, keepsTail: keepsTail, marksAreLetters: marks))
      case .o200k(let digits, let contractions, let slash):
        ends(
          text, cutter,
          O200KScanner(digits: digits, hasContractions: contractions, hasSlash: slash))
      }
    #expect(
      found.fast == found.slow,
      "\(pattern): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
  }

  @Test("Random texts of hostile characters, of every length around a window", arguments: patterns)
  func random(_ pattern: KnownPattern) {
    var random = Generator(state: 7)
    for round in 0..<1200 {
      // Few characters make runs; letters in between make windows that are cut throughout.
      let kinds = 1 + random.next(round % 3 == 0 ? 6 : 60)
      let chosen = (0..<kinds).map { _ in Self.scalars[random.next(Self.scalars.count)] }
      let isPlain = round % 2 == 0
      var text = ""
      let length = 1 + random.next(200)
      while text.utf8.count < length {
        if isPlain, random.next(4) > 0 {
          text +=
            ["word ", "Big", "x1 ", "it's ", "\n", "  ", "end. ", "12345", "--"][random.next(9)]
        } else {
          text.append(chosen[random.next(kinds)])
        }
      }
      check(Array(text.utf8), pattern)
    }
  }

  @Test("Each character, and each two, at every offset of a window", arguments: patterns)
  func offsets(_ pattern: KnownPattern) {
    for (index, first) in Self.scalars.enumerated() {
      for offset in 58..<66 {
        let second = Self.scalars[(index * 7 + offset) % Self.scalars.count]
        let before = (0..<offset).map { UInt8(ascii: $0 % 5 == 4 ? " " : "a") }
        check(before + Array("\(first)\(second)b's  x".utf8), pattern)
        check(before + Array("\(second)\(first)".utf8), pattern)
      }
    }
  }

  @Test("Bytes that are not well-formed are cut without reading past the end", arguments: patterns)
  func malformed(_ pattern: KnownPattern) {
    var random = Generator(state: 3)
    for _ in 0..<150 {
      let bytes = (0..<1 + random.next(150)).map { _ in
        random.next(3) == 0 ? UInt8(128 + random.next(128)) : UInt8(97 + random.next(3))
      }
      check(bytes, pattern)
    }
  }
}
