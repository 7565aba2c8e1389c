/// A token with a role, and what decided that it has it.
public struct SpecialToken: Sendable, Hashable {
  public var id: UInt32
  /// UTF-8, as the file has it.
  public var text: [UInt8]
  /// Such as `tokenizer_config.json (eos_token)`.
  public var decidedBy: String

  public init(id: UInt32, text: [UInt8], decidedBy: String) {
    self.id = id
    self.text = text
    self.decidedBy = decidedBy
  }
}

/// The tokens that begin, end and pad texts, as the files of the tokenizer say.
public struct SpecialTokens: Sendable, Hashable {
  public var bos: SpecialToken?
  public var eos: SpecialToken?
  public var pad: SpecialToken?
  /// Whether the tokenizer's own files put BOS before, or EOS after, every text.
  public var bosIsAdded: Bool
  public var eosIsAdded: Bool
  /// Where no file names EOS and several well-known names are among the special tokens: these names. The user has to choose.
  public var eosCandidates: [String]

  public init(
    bos: SpecialToken? = nil, eos: SpecialToken? = nil, pad: SpecialToken? = nil,
    bosIsAdded: Bool = false, eosIsAdded: Bool = false, eosCandidates: [String] = []
  ) {
    self.bos = bos
    self.eos = eos
    self.pad = pad
    self.bosIsAdded = bosIsAdded
    self.eosIsAdded = eosIsAdded
    self.eosCandidates = eosCandidates
  }
}
