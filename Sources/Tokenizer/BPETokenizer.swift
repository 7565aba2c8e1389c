import Patterns
import Problems

/// A BPE tokenizer: immutable once loaded, shared by all threads. `makeEncoder` gives each worker what it needs to encode.
public final class BPETokenizer: Sendable {
  /// The file, or the name under which it was asked for.
  public let source: String
  /// Such as `tokenizer.json`, `rank file`, `tekken`, `SentencePiece`.
  public let format: String
  /// The files that were read.
  public let files: [String]
  /// The tokens that begin, end and pad texts.
  public let specials: SpecialTokens
  /// What is put around the tokens of a text that stands alone.
  public let postProcessor: PostProcessor
  /// Highest id + 1.
  public let idCount: Int
  /// `truncation` and `padding` of a `tokenizer.json`, in words: prep reports them and does not apply them.
  public let truncation: String?
  public let padding: String?

  let definition: TokenizerDefinition
  let model: BPEModel
  let added: AddedVocabulary
  /// What cuts unchanged text, where the pattern of the pre-tokenizer is a known one.
  let cutter: PieceCutter?
  /// What the pipeline does to text, where that is no more than to mark spaces.
  let markedSpaces: MarkedSpaces?
  /// How long the text of each token is; nil where that depends on more than the token.
  let tiles: TokenTiles?

  /// Builds the tables. O(size of the vocabulary and merges).
  init(_ definition: TokenizerDefinition) throws(Problem) {
    source = definition.source
    format = definition.format
    files = definition.files
    truncation = definition.truncation
    padding = definition.padding
    model = BPEModel(definition.model)
    added = try AddedVocabulary(
      definition.addedTokens, hasFixedIDs: definition.hasFixedAddedIDs,
      takesFirst: definition.decodesBytes,
      vocabulary: definition.model.vocabulary, normalizer: definition.normalizer,
      source: definition.source)
    markedSpaces = MarkedSpaces(definition)
    cutter = KnownPattern(definition.preTokenizer).map { PieceCutter($0) }
    idCount = max(
      definition.model.vocabulary.idCount, added.highestID.map { Int($0) + 1 } ?? 0)
    tiles = TokenTiles(
      model: model, added: added, cutsUnchangedText: cutter != nil, spaces: markedSpaces,
      idCount: idCount)
    specials = SpecialTokens(definition, added)
    var processor = definition.postProcessor
    processor.add(specials)
    postProcessor = processor
    // The model holds the tables from here on.
    var kept = definition
    kept.model.merges = []
    self.definition = kept
  }

  /// The id of a token by its text as the file has it (`Ġthe`); nil where there is none.
  public func id(of token: some Collection<UInt8>) -> UInt32? {
    let text = Array(token)
    return added.id(of: text) ?? model.vocabulary.id(ofText: text)
  }

  /// The text of a token as the file has it; nil for an id without token.
  public func text(of id: UInt32) -> [UInt8]? {
    added.token(of: id).map(\.token.content) ?? model.vocabulary.text(of: id)
  }

  /// The bytes that a token stands for by itself; nil for an id without token.
  public func bytes(of id: UInt32) -> [UInt8]? {
    if let token = added.token(of: id) { return token.token.content }
    guard let entry = model.vocabulary.entry(of: id) else { return nil }
    return Array(model.vocabulary.bytes(of: entry))
  }

  /// A token as an encoding shows it: its bytes where the format knows no other form, else its text as the file has it.
  public func shown(_ id: UInt32) -> [UInt8]? {
    definition.decodesBytes ? bytes(of: id) : text(of: id)
  }

  /// What the model's own vocabulary shows for an id, even where an added token has the same.
  func shownByModel(_ id: UInt32) -> [UInt8]? {
    guard let entry = model.vocabulary.entry(of: id) else { return shown(id) }
    return definition.decodesBytes
      ? Array(model.vocabulary.bytes(of: entry)) : model.vocabulary.text(of: entry)
  }

  /// Whether special tokens are found in text unless a caller makes it `literal`: what the format's reference does.
  public var parsesSpecials: Bool { definition.parsesSpecials }

  /// Whether a decode that skips specials leaves the id out.
  public func isSpecial(_ id: UInt32) -> Bool {
    guard let token = added.token(of: id) else {
      if definition.endsBytesAtSpecials { return false }
      return model.vocabulary.text(of: id).map(added.specials.contains) ?? false
    }
    return added.specials.contains(token.normalized ?? token.token.content)
  }

  /// What encodes: one a worker.
  public func makeEncoder() -> BPEEncoder { BPEEncoder(self) }
}

extension SpecialTokens {
  /// Names that end a text, where no file says which token does.
  private static let endNames = [
    "<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>", "<|end▁of▁sentence|>",
    "<｜end▁of▁sentence｜>",
    "[EOS]", "<|return|>", "<|EOT|>",
  ]
  private static let beginNames = [
    "<s>", "<|begin_of_text|>", "<bos>", "<|begin▁of▁sentence|>", "<｜begin▁of▁sentence｜>", "[BOS]",
    "<|startoftext|>",
  ]

  init(_ definition: TokenizerDefinition, _ added: AddedVocabulary) {
    func token(_ named: TokenizerDefinition.NamedToken?) -> SpecialToken? {
      guard let named,
        let id = added.id(of: named.text) ?? definition.model.vocabulary.id(ofText: named.text)
      else { return nil }
      return SpecialToken(id: id, text: named.text, decidedBy: named.decidedBy)
    }
    func wellKnown(_ names: [String]) -> [SpecialToken] {
      names.compactMap { name in
        let text = Array(name.utf8)
        guard added.specials.contains(text), let id = added.id(of: text) else { return nil }
        return SpecialToken(
          id: id, text: text,
          decidedBy: "\(definition.format) (the one well-known name among its special tokens)")
      }
    }
    self.init(bos: token(definition.bos), eos: token(definition.eos), pad: token(definition.pad))
    if eos == nil, definition.eos == nil {
      let found = wellKnown(Self.endNames)
      if found.count == 1 { eos = found[0] }
      if found.count > 1 { eosCandidates = found.map { String(decoding: $0.text, as: UTF8.self) } }
    }
    if bos == nil, definition.bos == nil, definition.infersBOS {
      let found = wellKnown(Self.beginNames)
      if found.count == 1 { bos = found[0] }
    }
    if pad == nil, let eos {
      pad = SpecialToken(
        id: eos.id, text: eos.text, decidedBy: "the EOS token, as no file names another")
    }
    let processor = definition.postProcessor
    bosIsAdded = definition.addsBOS == true || bos.map { processor.prefix.contains($0.id) } ?? false
    eosIsAdded = definition.addsEOS == true || eos.map { processor.suffix.contains($0.id) } ?? false
  }
}

extension KnownPattern {
  /// The scanner of a pre-tokenizer that does nothing but cut bytes by a known pattern: `ByteLevel` alone, or one split by a pattern that
  /// leaves nothing out.
  init?(_ preTokenizer: PreTokenizer?) {
    guard let steps = preTokenizer?.steps else { return nil }
    var rest = steps[...]
    if case .byteLevel(addPrefixSpace: false, let usesPattern)? = rest.last {
      rest.removeLast()
      if rest.isEmpty {
        guard usesPattern else { return nil }
        self = .gpt2
        return
      }
      guard !usesPattern else { return nil }
    }
    if Self.isDeepSeek(rest) {
      self = .deepSeek
      return
    }
    guard rest.count == 1, case .split(let pattern, let behavior, let invert)? = rest.first,
      behavior == .isolated || behavior == .removed && invert, let source = pattern.source
    else { return nil }
    self.init(pattern: source)
    // In Oniguruma `{1,3}+` is a repeated interval.
    if case .cl100k(_, keepsTail: true, _) = self, pattern.dialect != .rust { return nil }
  }

  private static func isDeepSeek(_ steps: ArraySlice<PreTokenizer.Step>) -> Bool {
    guard steps.count == deepSeekSplits.count else { return false }
    return zip(steps, deepSeekSplits).allSatisfy { step, text in
      guard case .split(let pattern, .isolated, invert: _) = step else { return false }
      return pattern.source.map { $0.utf8.elementsEqual(text.utf8) } ?? false
    }
  }
}
