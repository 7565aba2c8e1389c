import Problems

/// What a SentencePiece `.model` file holds (sentencepiece_model.proto, 0.2.x), read as it is.
struct SentencePieceModel: Sendable {
  enum Kind: UInt64, Sendable {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  struct Piece: Sendable {
    var text: [UInt8] = []
    var score: Float = 0
    var kind = Kind.normal
  }

  var pieces: [Piece] = []

  // Trainer specification; the defaults are those of the .proto.
  var modelType: UInt64 = 1
  var byteFallback = false
  var treatWhitespaceAsSuffix = false
  /// -1: the model has none.
  var unknownID = 0
  var bosID = 1
  var eosID = 2
  var padID = -1
  var unknownSurface = Array(" \u{2047} ".utf8)

  // Normalizer specification.
  var normalizer = ""
  var charsmap: [UInt8] = []
  var addDummyPrefix = true
  var removeExtraWhitespaces = true
  var escapeWhitespaces = true
  var hasDenormalizer = false

  /// Whether a file may be a SentencePiece model: it begins with a length-delimited field 1 that holds a piece.
  static func looksLike(_ text: [UInt8]) -> Bool {
    var reader = ProtobufReader(text, 0..<min(text.count, 4096))
    guard case .some((1, .bytes(let range))) = try? reader.next() else { return false }
    var piece = ProtobufReader(text, range)
    guard case .some((1, .bytes(_))) = try? piece.next() else { return false }
    return true
  }

  /// O(size of the file).
  init(parsing text: [UInt8], file: String) throws(Problem) {
    do {
      var reader = ProtobufReader(text, 0..<text.count)
      while let (field, value) = try reader.next() {
        guard case .bytes(let range) = value else { continue }
        switch field {
        case 1: pieces.append(try Self.piece(text, range))
        case 2: try readTrainer(text, range)
        case 3: try readNormalizer(text, range)
        case 5: hasDenormalizer = try Self.hasCharsmap(text, range)
        default: break
        }
      }
    } catch {
      throw Problem(
        file: file, offset: error.offset,
        reason: "not a SentencePiece model: the protocol buffer is malformed",
        remedy: "fetch the file again")
    }
    guard !pieces.isEmpty else {
      throw Problem(
        file: file, reason: "holds no pieces", remedy: "give a SentencePiece .model file")
    }
  }

  /// The name of the model type, as SentencePiece's trainer calls it.
  var modelTypeName: String {
    switch modelType {
    case 1: "unigram"
    case 2: "bpe"
    case 3: "word"
    case 4: "char"
    default: "type \(modelType)"
    }
  }

  private static func piece(_ text: [UInt8], _ range: Range<Int>) throws(ProtobufReader.Malformed)
    -> Piece
  {
    var piece = Piece()
    var reader = ProtobufReader(text, range)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let range)): piece.text = Array(text[range])
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .varint(let kind)):
        guard let kind = Kind(rawValue: kind) else { throw .init(offset: reader.offset) }
        piece.kind = kind
      default: break
      }
    }
    return piece
  }

  private mutating func readTrainer(_ text: [UInt8], _ range: Range<Int>) throws(ProtobufReader
    .Malformed)
  {
    var reader = ProtobufReader(text, range)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (3, .varint(let type)): modelType = type
      case (24, .varint(let flag)): treatWhitespaceAsSuffix = flag != 0
      case (35, .varint(let flag)): byteFallback = flag != 0
      // int32: a negative value is sign-extended to 64 bits.
      case (40, .varint(let id)): unknownID = Int(Int32(truncatingIfNeeded: id))
      case (41, .varint(let id)): bosID = Int(Int32(truncatingIfNeeded: id))
      case (42, .varint(let id)): eosID = Int(Int32(truncatingIfNeeded: id))
      case (43, .varint(let id)): padID = Int(Int32(truncatingIfNeeded: id))
      case (44, .bytes(let range)): unknownSurface = Array(text[range])
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ text: [UInt8], _ range: Range<Int>) throws(ProtobufReader
    .Malformed)
  {
    var reader = ProtobufReader(text, range)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let range)): normalizer = String(decoding: text[range], as: UTF8.self)
      case (2, .bytes(let range)): charsmap = Array(text[range])
      case (3, .varint(let flag)): addDummyPrefix = flag != 0
      case (4, .varint(let flag)): removeExtraWhitespaces = flag != 0
      case (5, .varint(let flag)): escapeWhitespaces = flag != 0
      default: break
      }
    }
  }

  private static func hasCharsmap(_ text: [UInt8], _ range: Range<Int>) throws(ProtobufReader
    .Malformed) -> Bool
  {
    var reader = ProtobufReader(text, range)
    while let (field, value) = try reader.next() {
      if case (2, .bytes(let range)) = (field, value), !range.isEmpty { return true }
    }
    return false
  }
}
