import Patterns

/// What was loaded, in words: the stages that text goes through.
public struct TokenizerSummary: Sendable {
  /// Each stage of the normalizer, the pre-tokenizer and the decoder, in order; empty where there is none.
  public var normalizer: [String] = []
  public var preTokenizer: [String] = []
  public var decoder: [String] = []
  /// Flags of the model that are on, such as `byte_fallback`.
  public var model: [String] = []
  /// The family whose pattern cuts the text, where it is a known one.
  public var family: String?
  public var vocabularyCount = 0
  public var addedCount = 0
}

extension BPETokenizer {
  /// What the files of the model folder say beside the vocabulary; nil for a single file.
  public var modelFolder: ModelFolder? { definition.folder }

  /// Chat templates of the model folder, the default one first.
  public var chatTemplates: [ModelFolder.Template] { definition.folder?.templates ?? [] }

  /// What was loaded, in words.
  public var summary: TokenizerSummary {
    var summary = TokenizerSummary()
    if let sentencePiece = definition.sentencePiece { summary.normalizer = sentencePiece.summary }
    summary.normalizer += definition.normalizer?.steps.map(\.summary) ?? []
    if let limits = definition.limits {
      summary.preTokenizer.append(
        "cut at \(limits.characters) characters and at runs of \(limits.run)")
    }
    summary.preTokenizer += definition.preTokenizer?.steps.map(\.summary) ?? []
    if definition.sentencePieceDecoder != nil {
      summary.decoder = ["SentencePiece"]
    } else {
      summary.decoder =
        definition.decodesBytes ? ["bytes"] : definition.decoder?.steps.map(\.summary) ?? []
    }
    let model = definition.model
    if model.ignoresMerges { summary.model.append("ignore_merges") }
    if model.hasByteFallback { summary.model.append("byte_fallback") }
    if model.fusesUnknown { summary.model.append("fuse_unk") }
    if let unknown = model.unknownToken {
      summary.model.append("unk_token \(String(decoding: unknown, as: UTF8.self))")
    }
    if !model.continuingPrefix.isEmpty { summary.model.append("continuing_subword_prefix") }
    if !model.endSuffix.isEmpty { summary.model.append("end_of_word_suffix") }
    summary.family = cutter?.pattern.family
    summary.vocabularyCount = self.model.vocabulary.count
    summary.addedCount = added.tokens.count
    return summary
  }
}

extension KnownPattern {
  /// The models that cut text so.
  var family: String {
    switch self {
    case .gpt2: "GPT-2"
    case .cl100k(_, keepsTail: true, _): "cl100k"
    case .cl100k(_, _, marksAreLetters: true): "Qwen 3.5"
    case .cl100k(digits: 1, _, _): "Qwen 2"
    case .cl100k: "Llama 3"
    case .o200k(digits: 1, hasContractions: false, _): "tekken"
    case .o200k: "o200k"
    case .deepSeek: "DeepSeek V3"
    }
  }
}

extension SentencePieceNormalizer {
  fileprivate var summary: [String] {
    var parts = [charsmap == nil ? "SentencePiece, identity" : "SentencePiece, with its own table"]
    if removeExtraWhitespaces { parts.append("extra white space removed") }
    if escapeWhitespaces { parts.append("spaces become ▁") }
    if addDummyPrefix { parts.append(treatWhitespaceAsSuffix ? "▁ at the end" : "▁ in front") }
    return parts
  }
}

extension TextPattern {
  fileprivate var summary: String {
    switch self {
    case .literal(let text): "\"\(String(decoding: text, as: UTF8.self))\""
    default:
      (source ?? "").unicodeScalars.reduce(into: "") { text, scalar in
        switch scalar {
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        default: text.unicodeScalars.append(scalar)
        }
      }
    }
  }
}

extension Normalizer.Step {
  fileprivate var summary: String {
    switch self {
    case .form(let form): "\(form)".uppercased()
    case .lowercase: "Lowercase"
    case .strip(let left, let right): "Strip\(left ? " left" : "")\(right ? " right" : "")"
    case .stripAccents: "StripAccents"
    case .prepend(let text): "Prepend \"\(String(decoding: text, as: UTF8.self))\""
    case .replace(let pattern, let content):
      "Replace \(pattern.summary) by \"\(String(decoding: content, as: UTF8.self))\""
    case .nmt: "Nmt"
    case .byteLevel: "ByteLevel"
    case .bert: "BertNormalizer"
    }
  }
}

extension PreTokenizer.Step {
  fileprivate var summary: String {
    switch self {
    case .byteLevel(let addPrefixSpace, let usesPattern):
      "ByteLevel\(usesPattern ? " with GPT-2's pattern" : "")\(addPrefixSpace ? ", space in front" : "")"
    case .split(let pattern, let behavior, let invert):
      "Split \(behavior.rawValue)\(invert ? " inverted" : "") \(pattern.summary)"
    case .digits(let individual): "Digits\(individual ? " one by one" : "")"
    case .metaspace(_, let scheme, let splits):
      "Metaspace \(scheme.rawValue)\(splits ? "" : ", no split")"
    case .punctuation(let behavior): "Punctuation \(behavior.rawValue)"
    case .whitespace: "Whitespace"
    case .whitespaceSplit: "WhitespaceSplit"
    case .bert: "BertPreTokenizer"
    case .charDelimiter: "CharDelimiterSplit"
    case .unicodeScripts: "UnicodeScripts"
    case .fixedLength(let length): "FixedLength \(length)"
    }
  }
}

extension TokenDecoder.Step {
  fileprivate var summary: String {
    switch self {
    case .byteLevel: "ByteLevel"
    case .byteFallback: "ByteFallback"
    case .fuse: "Fuse"
    case .replace(let pattern, let content):
      "Replace \(pattern.summary) by \"\(String(decoding: content, as: UTF8.self))\""
    case .strip(_, let start, let stop): "Strip \(start) \(stop)"
    case .metaspace: "Metaspace"
    case .bpe: "BPEDecoder"
    case .wordPiece: "WordPiece"
    case .ctc: "CTC"
    }
  }
}
