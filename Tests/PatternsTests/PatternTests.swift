import Problems
import Testing

@testable import Patterns

/// Pieces of `text` cut at the matches of `pattern`, isolated, as text.
private func pieces(_ pattern: TextPattern, _ text: String) throws -> [String] {
  let bytes = Array(text.utf8)
  var found: [Range<Int>] = []
  try pattern.appendIsolated(
    of: 0..<bytes.count, in: bytes, space: MatchSpace(), to: &found)
  return found.map { String(decoding: bytes[$0], as: UTF8.self) }
}

@Suite struct PatternTests {
  static let families = [
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
    #"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##,
    #"\p{N}{1,3}"#, "[一-龥぀-ゟ゠-ヿ]+", #"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#,
    "[一-龥ࠀ-一가-퟿]+", #"\p{N}"#, "[0-9][0-9][0-9]",
  ]

  @Test("the families' patterns are scanned without a regex engine", arguments: families)
  func scanned(source: String) throws {
    guard case .scanned = try TextPattern.regex(source) else {
      Issue.record("\(source) goes to PCRE2")
      return
    }
  }

  @Test("scanner and PCRE2 cut alike over all scalars in context", arguments: families)
  func equality(source: String) throws {
    let scanned = try TextPattern.regex(source)
    let compiled = TextPattern.compiled(try CompiledPattern(source))
    var text = ""
    // Every scalar of the lower blocks and a sample beyond; the oracle tests ask for all of them.
    for value in Array(UInt32(0)..<0x600) + Array(stride(from: 0x600, to: 0x30000, by: 61)) {
      guard let scalar = UnicodeScalar(value) else { continue }
      text.unicodeScalars.append(contentsOf: ["a", scalar, " ", scalar, "1", scalar, "'", "S"])
      if value % 7 == 0 { text += "\n \t" }
    }
    let one = try pieces(scanned, text)
    let other = try pieces(compiled, text)
    #expect(one == other)
  }

  @Test(
    "scanner and PCRE2 cut all short strings over a hostile alphabet alike", arguments: families)
  func short(source: String) throws {
    let scanned = try TextPattern.regex(source)
    let compiled = TextPattern.compiled(try CompiledPattern(source))
    let alphabet: [UnicodeScalar] = ["a", "Z", "'", "s", "ſ", " ", "\n", "1", "中", "\u{301}", "."]
    for number in 0..<(11 * 11 * 11) {
      var rest = number
      var text = ""
      for _ in 0..<3 {
        text.unicodeScalars.append(alphabet[rest % 11])
        rest /= 11
      }
      if try pieces(scanned, text) != pieces(compiled, text) {
        Issue.record("\(source) on \(text.debugDescription)")
        return
      }
    }
  }

  @Test("a pattern reads as Oniguruma reads it")
  func syntax() throws {
    // An interval and a plus repeat the interval; {2}? makes it optional.
    #expect(try pieces(.regex(#"\d{1,3}+"#), "a12345b") == ["a", "12345", "b"])
    // Ends of lines, not of the text.
    #expect(try pieces(.regex("a$"), "a\na") == ["a", "\n", "a"])
    #expect(try pieces(.regex("(?m:.)+"), "a\nb") == ["a\nb"])
    #expect(try pieces(.regex(".+"), "a\nb") == ["a", "\n", "b"])
    // \h is a hexadecimal digit, \v a vertical tab.
    #expect(try pieces(.regex(#"\h+"#), "xffz") == ["x", "ff", "z"])
    #expect(try pieces(.regex("a(?i)b|c"), "aBC") == ["aB", "C"])
    // \w counts ½ outside a class and not inside one.
    #expect(try pieces(.regex(#"\w+"#), "a½") == ["a½"])
    #expect(try pieces(.regex(#"[\w]+"#), "a½") == ["a", "½"])
    #expect(try pieces(.regex("(?i:s)"), "aſKk") == ["a", "ſ", "Kk"])
    #expect(try pieces(.regex(#"[a-z&&[^b]]+"#), "abc") == ["a", "b", "c"])
    #expect(try pieces(.regex("[[:alpha:]]+"), "aé1") == ["aé", "1"])
    #expect(try pieces(.regex(#"(\w)\1"#), "xaab") == ["x", "aa", "b"])
    #expect(try pieces(.string([]), "aé") == ["a", "é"])
  }

  @Test("a pattern of Rust's dialect reads as fancy-regex reads it")
  func rust() throws {
    func cut(_ pattern: String, _ text: String) throws -> [String] {
      try pieces(.regex(pattern, dialect: .rust), text)
    }
    #expect(try cut(#"\d{1,3}+"#, "a12345b") == ["a", "123", "45", "b"])
    #expect(try cut("a$", "a\na") == ["a\n", "a"])
    #expect(try cut("(?m)a$", "a\na") == ["a", "\n", "a"])
    #expect(try cut("a(?i)b|c", "aBC") == ["aB", "C"])
    #expect(try cut("(?i)s", "aſß") == ["a", "ſ", "ß"])
    #expect(try cut(#"[\w--\d]+"#, "ab1½") == ["ab", "1½"])
    #expect(try cut("[[:alpha:]]+", "aé") == ["a", "é"])
    #expect(try cut(#"(?i)\p{Lu}+"#, "aB1") == ["aB", "1"])
  }

  @Test(
    "what has no equal is refused with its place",
    arguments: [
      ("a\\X", 1), ("(?~a)", 0), ("ab(", 2), ("[a", 0), ("\\p{Nope}", 0), ("(?i:ß)", 6), ("*a", 0),
      ("a)", 1), ("(?i:st)", 6), ("\\k<a>", 0), ("a{3,2}", 1), ("(?<=a", 0), ("a\\", 1),
    ])
  func refusals(source: String, offset: Int) {
    do {
      _ = try TextPattern.regex(source)
      Issue.record("\(source) was not refused")
    } catch {
      #expect(error.kind == .pattern)
      #expect(error.reason.hasPrefix("pattern \(source), at byte \(offset): "))
    }
  }

  @Test("a pattern that would never end gives up with an error")
  func bounds() throws {
    let pattern = try TextPattern.regex(#"(a*)*b|(\w+\s?)+$x"#)
    let text = String(repeating: "a", count: 40)
    #expect(throws: Problem.self) { try pieces(pattern, text) }
  }

  @Test("text that is not UTF-8 is cut without a crash", arguments: families)
  func invalid(source: String) throws {
    let bytes: [UInt8] = [0x61, 0xFF, 0x80, 0xE4, 0xB8, 0x20, 0xF0, 0x9F, 0x31, 0xC3]
    for pattern in [try TextPattern.regex(source), .compiled(try CompiledPattern(source))] {
      var found: [Range<Int>] = []
      try pattern.appendIsolated(
        of: 0..<bytes.count, in: bytes, space: MatchSpace(), to: &found)
      #expect(found.flatMap { Array(bytes[$0]) } == bytes)
    }
  }

  @Test("a long run is read about once", arguments: families)
  func linear(source: String) throws {
    let pattern = try TextPattern.regex(source)
    for unit in [" ", "A", "中", "\u{301}"] {
      let bytes = Array(String(repeating: unit, count: 100_000).utf8)
      let time = try ContinuousClock().measure {
        var found: [Range<Int>] = []
        try pattern.appendIsolated(
          of: 0..<bytes.count, in: bytes, space: MatchSpace(), to: &found)
      }
      // Reading the rest of the run at each character would be 5 billion steps.
      #expect(time < .seconds(20), "\(unit.debugDescription)")
    }
  }
}
