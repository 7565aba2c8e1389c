/// Base64 as RFC 4648 has it, with padding.
enum Base64 {
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
      .utf8.enumerated()
    {
      table[Int(character)] = UInt8(value)
    }
    return table
  }()

  /// Appends what `text` stands for; false (with `bytes` cut back) where it is not base64. O(n).
  static func decode(_ text: ArraySlice<UInt8>, into bytes: inout [UInt8]) -> Bool {
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
}
