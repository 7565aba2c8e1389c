/// How SentencePiece turns pieces back into text (`SentencePieceProcessor::Decode` of sentencepiece 0.2): control pieces are
/// invisible, an unknown piece is its surface, the dummy prefix is taken away once, bytes are text where they are UTF-8.
struct SentencePieceDecoder: Sendable {
  private let kinds: [SentencePieceModel.Kind]
  private let unknownSurface: [UInt8]
  private let stripsFirst: Bool
  private let stripsAll: Bool

  private static let space: [UInt8] = [0xE2, 0x96, 0x81]

  init(_ model: SentencePieceModel) {
    kinds = model.pieces.map(\.kind)
    unknownSurface = model.unknownSurface
    stripsFirst = model.addDummyPrefix || model.removeExtraWhitespaces
    stripsAll = model.removeExtraWhitespaces
  }

  /// `text(id)`: a piece as the model has it. Without `skipsControls` control pieces are shown as their texts. O(n).
  func decode(_ ids: some Sequence<UInt32>, skipsControls: Bool, text: (UInt32) -> [UInt8]?)
    -> [UInt8]
  {
    var result: [UInt8] = []
    var bytes: [UInt8] = []
    var isAtStart = true
    var tookPrefix = false
    for id in ids {
      let kind = Int(id) < kinds.count ? kinds[Int(id)] : .control
      guard var piece = text(id) else { continue }
      if kind == .byte, let byte = Self.byte(piece) {
        bytes.append(byte)
        continue
      }
      Self.flush(&bytes, into: &result)
      if tookPrefix || !result.isEmpty { isAtStart = false }
      tookPrefix = false
      switch kind {
      case .control:
        if !skipsControls { result += piece }
      case .unknown:
        result += unknownSurface
      default:
        if isAtStart, stripsFirst, piece.starts(with: Self.space) {
          piece.removeFirst(3)
          tookPrefix = !stripsAll
        }
        Self.append(piece, to: &result)
      }
    }
    Self.flush(&bytes, into: &result)
    return result
  }

  private static func append(_ piece: [UInt8], to result: inout [UInt8]) {
    var index = 0
    while index < piece.count {
      if piece[index...].starts(with: space) {
        result.append(0x20)
        index += 3
      } else {
        result.append(piece[index])
        index += 1
      }
    }
  }

  /// The byte of `<0xAB>`.
  private static func byte(_ piece: [UInt8]) -> UInt8? {
    guard piece.count == 6 else { return nil }
    return UInt8(String(decoding: piece[3..<5], as: UTF8.self), radix: 16)
  }

  /// Whole characters as they are; each byte that belongs to none is one U+FFFD.
  private static func flush(_ bytes: inout [UInt8], into result: inout [UInt8]) {
    var index = 0
    while index < bytes.count {
      let length = unsafe bytes.withUnsafeBufferPointer {
        unsafe SentencePieceNormalizer.characterLength($0, index)
      }
      if length == 0 {
        result += [0xEF, 0xBF, 0xBD]
        index += 1
      } else {
        result += bytes[index..<index + length]
        index += length
      }
    }
    bytes.removeAll(keepingCapacity: true)
  }
}
