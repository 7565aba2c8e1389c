/// A BPE model ready to merge: first symbols of characters or bytes, and which pairs merge. Immutable, shared by all threads.
final class BPEModel: Sendable {
  static let none = UInt32.max

  let vocabulary: Vocabulary
  let pairs: PairTable
  /// Pieces are bytes, not characters.
  let isByteLevel: Bool
  let ignoresMerges: Bool
  let fusesUnknown: Bool
  let unknown: UInt32?
  /// `unk_token` is not in the vocabulary: an error once it is needed.
  let lacksUnknown: Bool
  /// Ids of the bytes of byte-level pieces, `none` where a byte has none.
  let byteIDs: [UInt32]
  /// Ids of `<0x00>` to `<0xFF>`; empty without byte fallback.
  let fallbackIDs: [UInt32]
  let characterIDs: CharacterTable
  let continuingPrefix: [UInt8]
  let endSuffix: [UInt8]
  /// Every byte has a token and nothing is written around characters: symbols can be read off the bytes.
  let isPlainByteLevel: Bool
  /// Whether an id tells the bytes of its token.
  let hasUniqueIDs: Bool
  /// Cuts texts between characters that no merge joins; nil where that is not proven.
  let runs: RunCutter?
  /// What pieces of bytes begin to merge from; nil where `isPlainByteLevel` is false.
  let starts: StartSymbols?

  init(_ definition: BPEDefinition) {
    let vocabulary = definition.vocabulary
    self.vocabulary = vocabulary
    isByteLevel = vocabulary.isByteLevel
    ignoresMerges = definition.ignoresMerges
    fusesUnknown = definition.fusesUnknown
    continuingPrefix = definition.continuingPrefix
    endSuffix = definition.endSuffix
    unknown = definition.unknownToken.flatMap { vocabulary.id(ofText: $0) }
    lacksUnknown = definition.unknownToken != nil && unknown == nil
    pairs = PairTable(count: definition.merges.count)
    pairs.insert(definition.merges)
    byteIDs = (0..<256).map { byte in
      let bytes = [UInt8(byte)]
      return unsafe vocabulary.isByteLevel
        ? bytes.withUnsafeBufferPointer { unsafe vocabulary.id(ofBytes: $0) } ?? Self.none
        : Self.none
    }
    fallbackIDs =
      definition.hasByteFallback
      ? (0..<256).map { vocabulary.id(ofText: Self.fallbackText(UInt8($0))) ?? Self.none } : []
    characterIDs = CharacterTable(vocabulary, without: definition.hiddenIDs)
    let isPlain = continuingPrefix.isEmpty && endSuffix.isEmpty
    isPlainByteLevel = isByteLevel && isPlain && !byteIDs.contains(Self.none)
    starts =
      isPlainByteLevel
      ? StartSymbols(
        byteIDs: byteIDs, pairs: pairs, merges: definition.merges, idCount: vocabulary.idCount)
      : nil
    hasUniqueIDs = vocabulary.hasUniqueIDs
    runs =
      !isByteLevel && isPlain && !ignoresMerges && hasUniqueIDs
      ? RunCutter(characterIDs, JointTable(vocabulary, definition.merges)) : nil
  }

  /// `<0xAB>`.
  static func fallbackText(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)], UInt8(ascii: ">")]
  }

  /// Merges the symbols of a whole piece into `space`. O(n log n).
  func encode(_ piece: UnsafeBufferPointer<UInt8>, in space: MergeSpace, keepsLengths: Bool) {
    space.count = 0
    space.lacksUnknown = false
    space.dropped = 0
    if ignoresMerges, let id = unsafe vocabulary.id(ofBytes: piece) {
      space.append(id, length: unsafe keepsLengths ? textLength(of: piece) : 0)
      return
    }
    if let starts {
      unsafe setSymbols(of: piece, starts, in: space, keepsLengths: keepsLengths)
      if space.count == piece.count {
        return unsafe space.merge(
          bytes: piece, pairs: pairs, starts: starts, keepsLengths: keepsLengths)
      }
    } else {
      unsafe appendSymbols(of: piece, to: space)
    }
    space.merge(pairs: pairs, keepsLengths: keepsLengths)
  }

  /// The symbols of the bytes of a piece, or of its characters where they can be begun with.
  private func setSymbols(
    of piece: UnsafeBufferPointer<UInt8>, _ starts: StartSymbols, in space: MergeSpace,
    keepsLengths: Bool
  ) {
    space.reserve(piece.count)
    unsafe byteIDs.withUnsafeBufferPointer { ids in
      var count = 0
      var index = 0
      while index < piece.count {
        let byte = unsafe piece[index]
        if byte >= 0x80, !keepsLengths, let start = unsafe starts.symbol(of: piece, at: index) {
          unsafe space.symbols[count] = start.symbol
          index += start.length
        } else {
          unsafe space.symbols[count] = ids[Int(byte)]
          if keepsLengths {
            unsafe space.lengths[count] = ByteAlphabet.scalar(of: byte) < 0x80 ? 1 : 2
          }
          index += 1
        }
        count += 1
      }
      space.count = count
    }
  }

  /// Length of a piece in the text that the model sees: that of the byte alphabet for byte-level models.
  private func textLength(of piece: UnsafeBufferPointer<UInt8>) -> Int {
    guard isByteLevel else { return piece.count }
    return unsafe piece.reduce(0) { $0 + (ByteAlphabet.scalar(of: $1) < 0x80 ? 1 : 2) }
  }
}
