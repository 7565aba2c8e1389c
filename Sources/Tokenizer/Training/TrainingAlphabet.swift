/// The printable characters that stand for bytes in byte-level vocabularies (GPT-2's `bytes_to_unicode`).
enum TrainingAlphabet {
  /// The scalar that stands for each byte.
  static let scalars: [UInt32] = {
    var next: UInt32 = 0x100
    return (0..<256).map { byte in
      switch UInt32(byte) {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
        return UInt32(byte)
      default:
        defer { next += 1 }
        return next
      }
    }
  }()

  /// UTF-8 of the character that stands for a byte.
  static func character(of byte: UInt8) -> [UInt8] {
    let scalar = scalars[Int(byte)]
    return scalar < 0x80
      ? [UInt8(scalar)] : [UInt8(0xC0 | scalar >> 6), UInt8(0x80 | scalar & 0x3F)]
  }

  /// The bytes, by the code point of their characters: the order in which a trainer gives ids.
  static let bytesInCharacterOrder: [UInt8] = (0..<256).map(UInt8.init).sorted {
    scalars[Int($0)] < scalars[Int($1)]
  }
}
