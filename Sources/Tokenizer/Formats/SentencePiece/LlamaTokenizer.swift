import Patterns

extension TokenizerDefinition {
  /// A SentencePiece model as `LlamaTokenizer` of `transformers` 5 reads it: control symbols are found in text; the dummy prefix
  /// belongs to the beginning of a text, and where `legacy` is set also to what follows an added token; spaces stay as they are.
  mutating func followLlamaTokenizer(isLegacy: Bool, addsPrefixSpace: Bool) {
    sentencePiece = nil
    sentencePieceDecoder = nil
    parsesSpecials = true
    preTokenizer = PreTokenizer([
      .metaspace(
        replacement: 0x2581, addsPrefixSpace ? (isLegacy ? .always : .first) : .never,
        splits: false)
    ])
    var steps: [TokenDecoder.Step] = [
      .replace(.literal([0xE2, 0x96, 0x81]), by: [0x20]), .byteFallback, .fuse,
    ]
    if addsPrefixSpace { steps.append(.strip(0x20, start: 1, stop: 0)) }
    decoder = TokenDecoder(steps)
    for index in addedTokens.indices { addedTokens[index].isNormalized = false }
    model.unknownToken = nil
    model.merges = mergesByID()
  }

  /// Any two tokens whose concatenation is a token merge, the lower id first, of one product the shorter left part first
  /// (`generate_merges` of `transformers`). O(bytes of the vocabulary).
  private func mergesByID() -> [BPEDefinition.Merge] {
    let vocabulary = model.vocabulary
    var merges: [BPEDefinition.Merge] = []
    for id in 0..<UInt32(clamping: vocabulary.idCount) where !model.hiddenIDs.contains(id) {
      guard let text = vocabulary.text(of: id) else { continue }
      for cut in text.indices.dropFirst() where text[cut] & 0xC0 != 0x80 {
        guard let left = vocabulary.id(ofText: Array(text[..<cut])),
          let right = vocabulary.id(ofText: Array(text[cut...])),
          !model.hiddenIDs.contains(left), !model.hiddenIDs.contains(right)
        else { continue }
        merges.append(
          BPEDefinition.Merge(
            left: left, right: right, product: id, rank: UInt32(merges.count)))
      }
    }
    return merges
  }
}
