/// GPT-2's byte alphabet: one printable character for each byte (`bytes_to_unicode` of openai/gpt-2).
public enum ByteAlphabet {
  /// The scalar that stands for `byte`.
  public static func scalar(of byte: UInt8) -> UInt32 {
    switch byte {
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: UInt32(byte)
    case 0...0x20: 0x100 + UInt32(byte)
    case 0x7F...0xA0: 0x121 + UInt32(byte - 0x7F)
    default: 0x143  // 0xAD
    }
  }

  /// The byte that `scalar` stands for, nil if it is not in the alphabet.
  public static func byte(of scalar: UInt32) -> UInt8? {
    switch scalar {
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: UInt8(scalar)
    case 0x100...0x120: UInt8(scalar - 0x100)
    case 0x121...0x142: UInt8(scalar - 0x121 + 0x7F)
    case 0x143: 0xAD
    default: nil
    }
  }
}
