import Problems

extension SentencePieceModel {
  /// The tokenizer of a `.model` file of BPE type; other types, and what this reader cannot keep, are refused by name.
  func definition(source: String) throws(Problem) -> TokenizerDefinition {
    func refusal(_ reason: String, _ remedy: String) -> Problem {
      Problem(file: source, reason: reason, remedy: remedy)
    }
    func unsupported(_ reason: String, _ remedy: String) -> Problem {
      Problem(kind: .tokenizerUnsupported, file: source, reason: reason, remedy: remedy)
    }
    guard modelType == 2 else {
      throw unsupported(
        "a \(modelTypeName) model; only bpe is supported", "use a tokenizer of a BPE model")
    }
    guard !hasDenormalizer else {
      throw unsupported("a model with a denormalizer", "train it without a denormalization rule")
    }
    try validate(refusal)
    var charsmap: SentencePieceCharsmap?
    if !self.charsmap.isEmpty {
      charsmap = SentencePieceCharsmap(self.charsmap)
      guard charsmap != nil else {
        throw refusal("its normalization table is damaged", "fetch the file again")
      }
    }

    var vocabulary = Vocabulary(isByteLevel: false, capacity: pieces.count)
    for (id, piece) in pieces.enumerated() { vocabulary.insert(bytes: piece.text, id: UInt32(id)) }
    var model = BPEDefinition(vocabulary: vocabulary)
    model.merges = try merges(file: source)
    model.unknownToken = pieces.first { $0.kind == .unknown }?.text
    model.hiddenIDs = Set(
      pieces.indices.filter { pieces[$0].kind == .control || pieces[$0].kind == .unknown }
        .map(UInt32.init))
    model.fusesUnknown = true
    model.hasByteFallback = byteFallback
    var definition = TokenizerDefinition(source: source, format: "SentencePiece", model: model)
    definition.files = [source]
    definition.sentencePiece = SentencePieceNormalizer(
      charsmap: charsmap, addDummyPrefix: addDummyPrefix,
      removeExtraWhitespaces: removeExtraWhitespaces,
      escapeWhitespaces: escapeWhitespaces, treatWhitespaceAsSuffix: treatWhitespaceAsSuffix,
      userDefined: ByteTrie(pieces.filter { $0.kind == .userDefined }.map(\.text)))
    definition.sentencePieceDecoder = SentencePieceDecoder(self)
    definition.parsesSpecials = false
    definition.hasFixedAddedIDs = true
    for (id, piece) in pieces.enumerated() {
      switch piece.kind {
      case .userDefined:
        definition.addedTokens.append(
          AddedToken(content: piece.text, id: UInt32(id), isNormalized: true))
      case .control, .unknown:
        definition.addedTokens.append(
          AddedToken(content: piece.text, id: UInt32(id), isSpecial: true, isNormalized: false))
      default: break
      }
    }
    func named(_ id: Int, _ key: String) -> TokenizerDefinition.NamedToken? {
      guard pieces.indices.contains(id), pieces[id].kind == .control else { return nil }
      return .init(text: pieces[id].text, decidedBy: "\(key) of the model")
    }
    definition.bos = named(bosID, "bos_id")
    definition.eos = named(eosID, "eos_id")
    definition.pad = named(padID, "pad_id")
    return definition
  }

  /// What SentencePiece itself refuses, and unused pieces.
  private func validate(_ refusal: (String, String) -> Problem) throws(Problem) {
    var seen: Set<[UInt8]> = []
    var bytes = 0
    for (id, piece) in pieces.enumerated() {
      guard !piece.text.isEmpty else {
        throw refusal("piece \(id) is empty", "fetch the file again")
      }
      guard String(validating: piece.text, as: UTF8.self) != nil else {
        throw refusal("piece \(id) is not UTF-8", "fetch the file again")
      }
      guard seen.insert(piece.text).inserted else {
        throw refusal("piece \(id) is there twice", "fetch the file again")
      }
      if piece.kind == .unused {
        throw refusal("piece \(id) is marked unused", "use a model without a restricted vocabulary")
      }
      if piece.kind == .byte {
        guard byteFallback else {
          throw refusal("has byte pieces without byte_fallback", "fetch the file again")
        }
        bytes += 1
      }
    }
    let unknowns = pieces.count { $0.kind == .unknown }
    guard unknowns == 1 else {
      throw refusal("has \(unknowns) unknown pieces, not one", "fetch the file again")
    }
    guard !byteFallback || bytes == 256 else {
      throw refusal(
        "has \(bytes) byte pieces, not 256, although byte_fallback is on", "fetch the file again")
    }
  }
}
