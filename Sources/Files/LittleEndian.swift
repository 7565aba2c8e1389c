extension [UInt8] {
  /// Appends an integer, least significant byte first.
  package mutating func append(little value: some FixedWidthInteger) {
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
  }

  /// Appends text as a 32-bit byte count and its UTF-8 bytes.
  package mutating func append(counted bytes: some Collection<UInt8>) {
    append(little: UInt32(truncatingIfNeeded: bytes.count))
    append(contentsOf: bytes)
  }

  /// Overwrites bytes at `offset` by an integer, least significant byte first.
  package mutating func put(little value: some FixedWidthInteger, at offset: Int) {
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) { bytes in
      for index in bytes.indices { self[offset + index] = unsafe bytes[index] }
    }
  }
}

/// Reads little-endian integers off bytes; every read is checked.
package struct ByteCursor {
  package let bytes: ArraySlice<UInt8>
  package private(set) var position: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  package init(_ bytes: [UInt8]) { self.init(bytes[...]) }

  package var remaining: Int { bytes.endIndex - position }

  /// The next integer; nil at the end.
  package mutating func integer<T: FixedWidthInteger>(_: T.Type = T.self) -> T? {
    let size = T.bitWidth / 8
    guard remaining >= size else { return nil }
    var value: T = 0
    for index in (0..<size).reversed() {
      value = (size == 1 ? 0 : value << 8) | T(truncatingIfNeeded: bytes[position + index])
    }
    position += size
    return value
  }

  /// The next `count` bytes; nil where there are not as many.
  package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, remaining >= count else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// Bytes behind a 32-bit count.
  package mutating func counted() -> ArraySlice<UInt8>? {
    guard let count: UInt32 = integer() else { return nil }
    return take(Int(count))
  }

  package mutating func digest() -> Digest128? {
    take(16).flatMap { Digest128(bytes: $0) }
  }
}
