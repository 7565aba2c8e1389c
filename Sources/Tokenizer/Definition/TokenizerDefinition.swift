import Problems

/// What a file says a tokenizer is. Every format's reader makes one, and `BPETokenizer` is built from it: one build path for all
/// formats.
struct TokenizerDefinition: Sendable {
  /// The file, or the name under which the tokenizer was asked for.
  var source: String
  /// Such as `tokenizer.json`, `rank file`, `tekken`, `SentencePiece`.
  var format: String
  /// The files that were read.
  var files: [String] = []
  var normalizer: Normalizer?
  var preTokenizer: PreTokenizer?
  var model: BPEDefinition
  /// In the order of the file, which decides the ids of those without one.
  var addedTokens: [AddedToken] = []
  /// Whether `AddedToken.id` is authoritative (rank files, tekken), not only a hint (`tokenizer.json`).
  var hasFixedAddedIDs = false
  var postProcessor = PostProcessor()
  var decoder: TokenDecoder?
  /// Texts of the tokens that files name, and what says so.
  var bos: NamedToken?
  var eos: NamedToken?
  var pad: NamedToken?
  /// Whether a well-known name may decide BOS where no file names it.
  var infersBOS = true
  /// `add_bos_token` and `add_eos_token` of a model folder; nil where nothing says so.
  var addsBOS: Bool?
  var addsEOS: Bool?
  /// What the other files of a model folder say.
  var folder: ModelFolder?
  /// `truncation` and `padding` of a `tokenizer.json`, in words: reported, never applied.
  var truncation: String?
  var padding: String?
  /// Where the reference cuts a text before anything else.
  var limits: TextLimits?
  /// SentencePiece's own normalization, in place of `normalizer`.
  var sentencePiece: SentencePieceNormalizer?
  /// SentencePiece's own way back to text, in place of `decoder`.
  var sentencePieceDecoder: SentencePieceDecoder?
  /// Text is the bytes of the tokens, one after the other (rank files, tekken).
  var decodesBytes = false
  /// A special token that is left out still ends a run of such bytes (tekken).
  var endsBytesAtSpecials = false
  /// Whether special tokens are found in text unless a caller says otherwise: what the format's reference does.
  var parsesSpecials = true

  struct NamedToken: Sendable {
    var text: [UInt8]
    var decidedBy: String
  }

  init(source: String, format: String, model: BPEDefinition) {
    self.source = source
    self.format = format
    self.model = model
  }

  func refusal(_ reason: String, _ remedy: String = "use another tokenizer") -> Problem {
    Problem(file: source, reason: reason, remedy: remedy)
  }

  /// A text that a stage cannot take.
  func notEncodable(_ error: Problem) -> Problem {
    Problem(kind: .notEncodable, file: source, reason: error.reason, remedy: "shorten the text")
  }
}

/// The tables and flags of a BPE model.
struct BPEDefinition: Sendable {
  var vocabulary: Vocabulary
  var merges: [Merge] = []
  /// The id for characters that are not in the vocabulary.
  var unknownToken: [UInt8]?
  var fusesUnknown = false
  /// Characters that are not in the vocabulary become `<0xC3><0xA9>`, where all their bytes have such tokens.
  var hasByteFallback = false
  /// A piece that is in the vocabulary is that token, whatever the merges say.
  var ignoresMerges = false
  /// Tokens that no text becomes, though they have its bytes: SentencePiece's control and unknown pieces.
  var hiddenIDs: Set<UInt32> = []
  /// Written before every character but a piece's first.
  var continuingPrefix: [UInt8] = []
  /// Written after the last character of a piece.
  var endSuffix: [UInt8] = []

  /// Two neighbours become one symbol. A lower rank goes first, of equal ranks the leftmost.
  /// Of two merges with the same pair the later one counts.
  typealias Merge = ConcatenationMerges.Merge

  init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }
}
