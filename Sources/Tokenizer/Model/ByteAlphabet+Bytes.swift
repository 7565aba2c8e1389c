extension ByteAlphabet {
  /// Byte by scalar below U+0144; 256 where the scalar is not in the alphabet.
  private static let bytes: [UInt16] = (0..<0x144).map { scalar in
    byte(of: scalar).map(UInt16.init) ?? 256
  }

  /// Appends the bytes that `text` stands for. False where a character is outside of the alphabet; then what was appended
  /// means nothing. O(length).
  static func appendBytes(of text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) -> Bool {
    var index = 0
    while index < text.count {
      let lead = unsafe UInt32(text[index])
      var scalar = lead
      var length = 1
      if lead >= 0x80 {
        // Two-byte characters alone can be in the alphabet.
        guard lead >= 0xC2, lead <= 0xC5, index + 1 < text.count else { return false }
        scalar = unsafe (lead & 0x1F) << 6 | UInt32(text[index + 1]) & 0x3F
        length = 2
      }
      guard scalar < 0x144 else { return false }
      let byte = bytes[Int(scalar)]
      guard byte < 256 else { return false }
      result.append(UInt8(truncatingIfNeeded: byte))
      index += length
    }
    return true
  }
}
