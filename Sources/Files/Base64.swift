/// Base64 as RFC 4648 has it, with padding.
package enum Base64 {
  private static let letters = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in letters.enumerated() { table[Int(character)] = UInt8(value) }
    return table
  }()

  /// Appends what `text` stands for; false (with `bytes` cut back) where it is not base64. O(n).
  package static func decode(_ text: ArraySlice<UInt8>, into bytes: inout [UInt8]) -> Bool {
    let start = bytes.count
    var end = text.endIndex
    var padding = 0
    while end > text.startIndex, text[end - 1] == UInt8(ascii: "="), padding < 2 {
      end -= 1
      padding += 1
    }
    let digits = end - text.startIndex
    // A lone `=` is what Python's lenient decoder takes for nothing.
    guard digits > 0 || padding <= 1 else { return false }
    guard digits == 0 || (digits + padding) % 4 == 0 && digits % 4 != 1 else { return false }
    var bits: UInt32 = 0
    var count = 0
    for index in text.startIndex..<end {
      let value = values[Int(text[index])]
      guard value != 0xFF else {
        bytes.removeSubrange(start...)
        return false
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return true
  }

  package static func encoded(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for byte in group { bits = bits << 8 | UInt32(byte) }
      bits <<= UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        text.append(
          place <= group.count
            ? letters[Int(bits >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
