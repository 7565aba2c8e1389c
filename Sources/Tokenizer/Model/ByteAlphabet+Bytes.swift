extension ByteAlphabet {
  /// Byte by scalar below U+0144; 256 where the scalar is not in the alphabet.
  private static let bytes: [UInt16] = (0..<0x144).map { scalar in
    byte(of: scalar).map(UInt16.init) ?? 256
  }

  /// Appends the bytes that `text` stands for. False where a character is outside of the alphabet; then what was appended
  /// means nothing. O(length).
  static func appendBytes(of text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) -> Bool {
    let start = result.count
    // Nothing stands for more bytes than it has.
    unsafe result.append(contentsOf: text)
    let count = unsafe result.withUnsafeMutableBufferPointer {
      unsafe decode(text, into: UnsafeMutableBufferPointer(rebasing: $0[start...]))
    }
    guard let count else { return false }
    result.removeLast(text.count - count)
    return true
  }

  /// Writes the bytes that a text stands for; how many, or nil where a character is outside of the alphabet. `place` is as long as the text.
  static func decode(
    _ text: UnsafeBufferPointer<UInt8>, into place: UnsafeMutableBufferPointer<UInt8>
  ) -> Int? {
    var index = 0
    var count = 0
    while index < text.count {
      let lead = unsafe text[index]
      var byte = UInt16(lead)
      index += 1
      // Printable ASCII stands for itself; of the rest, two-byte characters alone can be in the alphabet.
      if lead < 0x21 || lead > 0x7E {
        guard lead >= 0xC2, lead <= 0xC5, index < text.count else { return nil }
        let scalar = unsafe Int(lead & 0x1F) << 6 | Int(text[index] & 0x3F)
        guard scalar < 0x144 else { return nil }
        byte = bytes[scalar]
        guard byte < 256 else { return nil }
        index += 1
      }
      unsafe place[count] = UInt8(truncatingIfNeeded: byte)
      count += 1
    }
    return count
  }
}
