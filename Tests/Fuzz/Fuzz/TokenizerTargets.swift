import Patterns
import Problems
import Tokenizer

/// Regular expressions of tokenizer files, matched against texts of many scripts.
struct PatternTarget: FuzzTarget {
  static let name = "pattern"
  static let words = [
    "\\p{L}", "\\p{N}{1,3}", "\\s+(?!\\S)", "(?i:'s|'t)", "[^\\r\\n\\p{L}]", "(?:a|b)*", "(?=x)",
    "(?<!y)", "a{2,}?", "[[:alpha:]]",
    "[a-z&&[^b]]", "\\x{10FFFF}", "\\d", "\\W", "\\b", "^", "$", "\\A", ".", "+", "*", "?", "++",
    "|", "(", ")", "[", "]", "^a", "{0,1000}",
    "\\h", "\\R", "\\X", "(?>a*)", "(?m)", "(?s:.)", "\\1", "(?<n>a)", "\\k<n>",
  ]

  private let texts: [[UInt8]]

  init() throws(Problem) {
    texts =
      [
        "Hello, world's 12345  \n\t x=1;  don't", "été ДА 漢字 ไทย 🏳️‍🌈 e\u{301}\u{200D}",
        String(repeating: "a", count: 3000) + "b",
        String(repeating: " \n", count: 800), "",
      ].map { Array($0.utf8) } + [[0xFF, 0xC3, 0x28, 0x61]]
  }

  func read(_ input: [UInt8]) throws(Problem) {
    let source = String(decoding: input, as: UTF8.self)
    var (isRead, failure) = (false, Problem?.none)
    for dialect in [PatternDialect.oniguruma, .rust] {
      do throws(Problem) {
        let pattern = try TextPattern.regex(source, dialect: dialect)
        let space = MatchSpace()
        for text in texts {
          var matches: [Range<Int>] = []
          try pattern.appendMatches(in: text, space: space, to: &matches)
          var end = 0
          for match in matches {
            check(
              match.lowerBound >= end && match.upperBound <= text.count, "matches overlap")
            end = match.upperBound
          }
        }
        isRead = true
      } catch { failure = error }
    }
    if !isRead, let failure { throw failure }
  }
}

/// Encodes and decodes texts with whatever a file makes.
struct TextTrial {
  private let texts: [[UInt8]] =
    [
      "Hello, world's 12345  \n\t", "été ДА 漢字 ไทย 🏳️‍🌈 e\u{301} ﬁ <s>[INST] a[/INST]<|im_end|>", "",
      String(repeating: "ab ", count: 500), String(repeating: "x", count: 1500),
    ].map { Array($0.utf8) } + [[0xFF, 0xC3, 0x28, 0x61, 0xE2, 0x96]]

  func run(_ tokenizer: BPETokenizer) throws(Problem) {
    let encoder = tokenizer.makeEncoder()
    for text in texts {
      let (ids, ranges) = try encoder.encodeWithRanges(text)
      check(ids.count == ranges.count, "ids and ranges are not as many")
      check(ids.allSatisfy { Int($0) < tokenizer.idCount }, "an id that there is not")
      check(ranges.allSatisfy { $0.upperBound <= text.count }, "a range beyond the text")
      let plain = try encoder.encode(text)
      check(plain == ids, "ids depend on ranges: \(ids.prefix(40)) \(plain.prefix(40))")
      _ = tokenizer.decode(ids)
    }
  }
}

/// `tokenizer.json`.
struct TokenizerFileTarget: FuzzTarget {
  static let name = "tokenizer"
  static let words = [
    "null", "true", "false", "[]", "{}", "\"type\":\"ByteLevel\",", "\"type\":\"Sequence\",",
    "\"type\":\"Split\",", "\"type\":\"Metaspace\",",
    "\"type\":\"Digits\",", "\"type\":\"Replace\",", "\"type\":\"Prepend\",", "\"type\":\"NFKC\",",
    "\"type\":\"Strip\",", "\"type\":\"Precompiled\",",
    "\"type\":\"TemplateProcessing\",", "\"type\":\"BertNormalizer\",", "\"type\":\"ByteFallback\"",
    "\"type\":\"Fuse\"", "\"Regex\":", "\"String\":",
    "\"content\":", "\"behavior\":\"Isolated\",", "\"invert\":true,", "\"add_prefix_space\":true,",
    "\"use_regex\":true,", "\"vocab\":", "\"merges\":",
    "\"ignore_merges\":true,", "\"byte_fallback\":true,", "\"unk_token\":\"<unk>\",",
    "\"dropout\":0.1,", "\"lstrip\":true,", "\"single_word\":true,",
    "\"normalized\":true,", "\"special\":true,", "\"\\u2581\"", "\"\\u0120\"", "[\"a\",\"b\"]",
    "\"a b\"", ",",
  ]

  private let scratch: Scratch
  private let trial = TextTrial()

  init() throws(Problem) { scratch = try Scratch(Self.name) }

  func read(_ input: [UInt8]) throws(Problem) {
    try trial.run(try BPETokenizer.load(try scratch.write(input, as: "tokenizer.json")))
  }
}

/// Rank files of `tiktoken`.
struct RankFileTarget: FuzzTarget {
  static let name = "ranks"
  static let words = ["YQ== 0\n", "Yg== 1\n", "YWI= 2\n", " ", "\n", "=", "4294967295", "AA== 3\n"]

  private let scratch: Scratch
  private let trial = TextTrial()

  init() throws(Problem) { scratch = try Scratch(Self.name) }

  func read(_ input: [UInt8]) throws(Problem) {
    var options = TokenizerOptions()
    options.pattern = "cl100k_base"
    options.specialTokens = [.init(text: Array("<|im_end|>".utf8), id: 600)]
    try trial.run(
      try BPETokenizer.load(try scratch.write(input, as: "a.tiktoken"), options: options))
  }
}

/// `tekken.json`.
struct TekkenTarget: FuzzTarget {
  static let name = "tekken"
  static let words = [
    "\"rank\":", "\"token_bytes\":\"YQ==\",", "\"token_str\":", "\"is_control\":true,",
    "\"config\":", "\"pattern\":\"[a-z]+|.\",",
    "\"default_vocab_size\":", "\"default_num_special_tokens\":", "\"vocab\":",
    "\"special_tokens\":", "null", "[]", "{}", ",",
  ]

  private let scratch: Scratch
  private let trial = TextTrial()

  init() throws(Problem) { scratch = try Scratch(Self.name) }

  func read(_ input: [UInt8]) throws(Problem) {
    try trial.run(try BPETokenizer.load(try scratch.write(input, as: "tekken.json")))
  }
}

/// SentencePiece models.
struct SentencePieceTarget: FuzzTarget {
  static let name = "sentencepiece"
  static let grammar = Grammar.fields

  private let scratch: Scratch
  private let trial = TextTrial()

  init() throws(Problem) { scratch = try Scratch(Self.name) }

  func read(_ input: [UInt8]) throws(Problem) {
    try trial.run(try BPETokenizer.load(try scratch.write(input, as: "tokenizer.model")))
  }
}

/// The files beside a tokenizer: `tokenizer_config.json`, `special_tokens_map.json`, `generation_config.json`, all of one text.
struct ModelFolderTarget: FuzzTarget {
  static let name = "folder"
  static let words = [
    "\"bos_token\":", "\"eos_token\":", "\"pad_token\":", "\"chat_template\":",
    "\"additional_special_tokens\":", "\"extra_special_tokens\":",
    "\"added_tokens_decoder\":", "\"add_bos_token\":true,", "\"legacy\":false,",
    "\"eos_token_id\":", "\"tokenizer_class\":\"LlamaTokenizer\",",
    "\"content\":", "\"<s>\"", "[1,2]", "null", "{}", "[]", ",",
  ]

  private let scratch: Scratch
  private let trial = TextTrial()

  init() throws(Problem) {
    scratch = try Scratch(Self.name)
    _ = try scratch.write(try corpusFile("tokenizer/bytelevel.json"), as: "tokenizer.json")
  }

  func read(_ input: [UInt8]) throws(Problem) {
    for name in ["tokenizer_config.json", "special_tokens_map.json", "generation_config.json"] {
      _ = try scratch.write(input, as: name)
    }
    try trial.run(try BPETokenizer.load(scratch.folder))
  }
}
