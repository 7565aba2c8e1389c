/// Builds JSON texts as bytes; commas come by themselves.
///
/// `writer.beginObject(); writer.key("ids"); writer.ints(ids); writer.endObject(); writer.newline()`.
/// Appending is amortized O(1) a byte, without an allocation a value.
public struct JSONWriter: Sendable {
  /// What was written so far; take it and `removeAll` to flush.
  public private(set) var bytes: [UInt8] = []

  public init() {}

  public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Takes back what was written past the first `count` bytes.
  public mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

  public mutating func beginObject() { open(UInt8(ascii: "{")) }
  public mutating func endObject() { bytes.append(UInt8(ascii: "}")) }
  public mutating func beginArray() { open(UInt8(ascii: "[")) }
  public mutating func endArray() { bytes.append(UInt8(ascii: "]")) }

  /// A member's name; the next value is the member's.
  public mutating func key(_ name: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    unsafe bytes.append(
      contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }

  /// A member's name that is not known beforehand.
  public mutating func key(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
  }

  public mutating func null() { word("null") }
  public mutating func bool(_ value: Bool) { word(value ? "true" : "false") }

  public mutating func int(_ value: Int) {
    separate()
    digits(value)
  }

  /// A finite number in the shortest form that reads back the same; null for others, which JSON cannot hold.
  public mutating func double(_ value: Double) {
    separate()
    bytes += (value.isFinite ? "\(value)" : "null").utf8
  }

  /// An array of integers.
  public mutating func ints(_ values: some Sequence<some BinaryInteger>) {
    beginArray()
    for value in values {
      separate()
      digits(Int(truncatingIfNeeded: value))
    }
    endArray()
  }

  public mutating func string(_ value: String) {
    var value = value
    value.withUTF8 { unsafe utf8($0) }
  }

  /// A string from bytes. What is not UTF-8 becomes U+FFFD, one for each maximal part, as Python's `replace` does.
  public mutating func string(_ value: [UInt8]) {
    unsafe value.withUnsafeBufferPointer { unsafe utf8($0) }
  }

  /// A string from bytes. What is not UTF-8 becomes U+FFFD, one for each maximal part, as Python's `replace` does.
  public mutating func utf8(_ value: UnsafeBufferPointer<UInt8>) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    var index = 0
    var start = 0
    while index < value.count {
      let byte = unsafe value[index]
      if byte < 0x80 {
        if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
          index += 1
          continue
        }
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: value[start..<index]))
        escape(byte)
        index += 1
        start = index
        continue
      }
      let (length, valid) = unsafe Self.sequence(value, index)
      if !valid {
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: value[start..<index]))
        bytes += [0xEF, 0xBF, 0xBD]
        start = index + length
      }
      index += length
    }
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: value[start..<index]))
    bytes.append(UInt8(ascii: "\""))
  }

  /// Ends a line of JSON lines.
  public mutating func newline() { bytes.append(UInt8(ascii: "\n")) }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
  }

  private mutating func word(_ text: StaticString) {
    separate()
    unsafe bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Every value and bracket ends in a byte that says whether another may follow without a comma.
  private mutating func separate() {
    switch bytes.last {
    case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: "\n"): break
    default: bytes.append(UInt8(ascii: ","))
    }
  }

  private mutating func digits(_ value: Int) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = value.magnitude
    var divisor: UInt = 1
    while rest / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor))
      rest %= divisor
      divisor /= 10
    }
  }

  private mutating func escape(_ byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    default:
      bytes += "u00".utf8
      for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? 48 + digit : 87 + digit) }
    }
  }

  /// Length of the well-formed character at `index`, or of the maximal part of one (Unicode 16, table 3-7).
  private static func sequence(_ value: UnsafeBufferPointer<UInt8>, _ index: Int) -> (
    length: Int, valid: Bool
  ) {
    let lead = unsafe value[index]
    let length = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1
    guard length > 1 else { return (1, false) }
    for offset in 1..<length {
      guard index + offset < value.count else { return (offset, false) }
      let byte = unsafe value[index + offset]
      let lowest: UInt8 = offset > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
      let highest: UInt8 = offset > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
      guard byte >= lowest, byte <= highest else { return (offset, false) }
    }
    return (length, true)
  }
}
