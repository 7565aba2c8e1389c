/// Patterns of the known encodings.
enum RankPattern {
  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let upper = #"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}"#
  private static let lower = #"\p{Ll}\p{Lm}\p{Lo}\p{M}"#

  /// tiktoken writes this with possessive quantifiers, which find the same.
  static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  static let cl100k =
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"#
  static let llama3 =
    contractions
    + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  static let qwen =
    contractions
    + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  static let o200k =
    "[^\\r\\n\\p{L}\\p{N}]?[\(upper)]*[\(lower)]+\(contractions)?|[^\\r\\n\\p{L}\\p{N}]?[\(upper)]+[\(lower)]*\(contractions)?"
    + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  static let kimi =
    #"[\p{Han}]+"#
    + "|[^\\r\\n\\p{L}\\p{N}]?[\(upper)&&[^\\p{Han}]]*[\(lower)&&[^\\p{Han}]]+\(contractions)?"
    + "|[^\\r\\n\\p{L}\\p{N}]?[\(upper)&&[^\\p{Han}]]+[\(lower)&&[^\\p{Han}]]*\(contractions)?"
    + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// The pattern of a name, or the text itself.
  static func named(_ text: String) -> String {
    switch text.hasSuffix("_base") ? String(text.dropLast(5)) : text {
    case "G", "gpt2", "r50k", "p50k", "p50k_edit", "whisper": gpt2
    case "K", "cl100k": cl100k
    case "C", "llama3": llama3
    case "O", "o200k", "o200k_harmony", "llama4": o200k
    case "qwen": qwen
    case "kimi": kimi
    default: text
    }
  }
}
