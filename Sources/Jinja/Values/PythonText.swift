/// Character classes and steps over UTF-8 bytes as Python's `str` has them.
enum PythonText {
  /// `str.isspace` of one character: what `strip()` and `split()` take for white space.
  static func isSpace(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }

  /// Whether a name is one of Python's own, as `__class__` is.
  static func isDunder(_ name: [UInt8]) -> Bool {
    let mark: [UInt8] = [0x5F, 0x5F]
    return name.count > 4 && name.starts(with: mark) && name.suffix(2).elementsEqual(mark)
  }

  /// What `splitlines()` takes for the end of a line.
  static func isLineEnd(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// Bytes of the character that starts with `lead`.
  @inline(__always)
  static func length(_ lead: UInt8) -> Int {
    lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
  }

  static func scalarEnd(_ bytes: [UInt8], _ start: Int) -> Int {
    min(start + length(bytes[start]), bytes.count)
  }

  /// The character at `start` of valid UTF-8 (U+FFFD where it is cut short).
  static func scalar(_ bytes: [UInt8], _ start: Int) -> UnicodeScalar {
    UnicodeScalar(code(bytes, start)) ?? "\u{FFFD}"
  }

  static func code(_ bytes: [UInt8], _ start: Int) -> UInt32 {
    let lead = bytes[start]
    let count = length(lead)
    guard count > 1 else { return UInt32(lead) }
    guard start + count <= bytes.count else { return 0xFFFD }
    var value = UInt32(lead) & (0x7F >> UInt32(count))
    for step in 1..<count { value = value << 6 | UInt32(bytes[start + step] & 0x3F) }
    return value
  }

  /// End of the range without white space at its end.
  static func trimEnd(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
    var end = range.upperBound
    while end > range.lowerBound {
      var start = end - 1
      while start > range.lowerBound, bytes[start] & 0xC0 == 0x80 { start -= 1 }
      guard isSpace(code(bytes, start)) else { return end }
      end = start
    }
    return end
  }

  /// Start of the range without white space at its start.
  static func trimStart(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
    var start = range.lowerBound
    while start < range.upperBound, isSpace(code(bytes, start)) { start = scalarEnd(bytes, start) }
    return min(start, range.upperBound)
  }
}
