/// A pattern that has a hand-written scanner, told by its text.
enum KnownPattern: Sendable, Equatable {
  case gpt2
  case cl100k(digits: Int, keepsTail: Bool, marksAreLetters: Bool)
  case o200k(digits: Int, hasContractions: Bool, hasSlash: Bool)
  case deepSeek

  /// The three splits of `deepSeek`, one after the other.
  static let deepSeekSplits = [
    #"\p{N}{1,3}"#,
    "[\u{4E00}-\u{9FA5}\u{3040}-\u{309F}\u{30A0}-\u{30FF}]+",
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^"## + "\r\n"
      + #"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+["# + "\r\n" + #"]*|\s*["# + "\r\n"
      + #"]+|\s+(?!\S)|\s+"#,
  ]

  /// nil for any other pattern.
  init?(pattern: String) {
    let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    let tail = #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
    let bytes = Array(pattern.utf8)
    func isPattern(_ text: String) -> Bool { bytes.elementsEqual(text.utf8) }
    if isPattern(RankPattern.gpt2) {
      self = .gpt2
      return
    }
    if isPattern(RankPattern.cl100k) {
      self = .cl100k(digits: 3, keepsTail: true, marksAreLetters: false)
      return
    }
    for (digits, number) in [(3, #"\p{N}{1,3}"#), (1, #"\p{N}"#)] {
      if isPattern(
        contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + number + #"| ?[^\s\p{L}\p{N}]+[\r\n]*"#
          + tail)
      {
        self = .cl100k(digits: digits, keepsTail: false, marksAreLetters: false)
        return
      }
      if isPattern(
        contractions + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|"# + number
          + #"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"# + tail)
      {
        self = .cl100k(digits: digits, keepsTail: false, marksAreLetters: true)
        return
      }
      let upper = #"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}"#
      let lower = #"\p{Ll}\p{Lm}\p{Lo}\p{M}"#
      for (hasContractions, suffix) in [(true, contractions + "?"), (false, "")] {
        for (hasSlash, ends) in [(true, #"[\r\n/]*"#), (false, #"[\r\n]*"#)] {
          let words =
            #"[^\r\n\p{L}\p{N}]?["# + upper + "]*[" + lower + "]+" + suffix
            + #"|[^\r\n\p{L}\p{N}]?["# + upper + "]+[" + lower + "]*" + suffix
          if isPattern(words + "|" + number + #"| ?[^\s\p{L}\p{N}]+"# + ends + tail) {
            self = .o200k(digits: digits, hasContractions: hasContractions, hasSlash: hasSlash)
            return
          }
        }
      }
    }
    return nil
  }
}
