/// One scalar decoded from UTF-8, and its length in bytes.
@usableFromInline
package struct UTF8Scalar: Sendable, Equatable {
  @usableFromInline package let value: UInt32
  @usableFromInline package let length: Int

  @inlinable package init(value: UInt32, length: Int) {
    self.value = value
    self.length = length
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The scalar that starts at `index`. Requires `index < count`; the text should be well-formed UTF-8. Bytes that are not
  /// are one scalar U+FFFD each: no read goes past the end.
  @inlinable @inline(__always)
  package func scalar(at index: Int) -> UTF8Scalar {
    // SAFETY: every read is at `index`, which the caller keeps below `count`, or below `count` by the checks here.
    let b0 = unsafe UInt32(self[index])
    if b0 < 0x80 { return UTF8Scalar(value: b0, length: 1) }
    return unsafe multibyteScalar(at: index, lead: b0)
  }

  @inlinable
  package func multibyteScalar(at index: Int, lead b0: UInt32) -> UTF8Scalar {
    let bad = UTF8Scalar(value: 0xFFFD, length: 1)
    let left = count - index
    if b0 < 0xE0 {
      guard b0 >= 0xC2, left >= 2 else { return bad }
      let b1 = unsafe UInt32(self[index + 1])
      guard b1 & 0xC0 == 0x80 else { return bad }
      return UTF8Scalar(value: (b0 & 0x1F) << 6 | (b1 & 0x3F), length: 2)
    }
    if b0 < 0xF0 {
      guard left >= 3 else { return bad }
      let b1 = unsafe UInt32(self[index + 1])
      let b2 = unsafe UInt32(self[index + 2])
      let value = (b0 & 0x0F) << 12 | (b1 & 0x3F) << 6 | (b2 & 0x3F)
      guard b1 & 0xC0 == 0x80, b2 & 0xC0 == 0x80, value >= 0x800,
        !(0xD800...0xDFFF ~= value)
      else { return bad }
      return UTF8Scalar(value: value, length: 3)
    }
    guard b0 < 0xF5, left >= 4 else { return bad }
    let b1 = unsafe UInt32(self[index + 1])
    let b2 = unsafe UInt32(self[index + 2])
    let b3 = unsafe UInt32(self[index + 3])
    let high = (b0 & 0x07) << 18 | (b1 & 0x3F) << 12
    let value = high | (b2 & 0x3F) << 6 | (b3 & 0x3F)
    guard b1 & 0xC0 == 0x80, b2 & 0xC0 == 0x80, b3 & 0xC0 == 0x80,
      0x10000...0x10FFFF ~= value
    else { return bad }
    return UTF8Scalar(value: value, length: 4)
  }
}

extension [UInt8] {
  /// Appends the scalar as UTF-8; a surrogate or a number beyond U+10FFFF as U+FFFD.
  @inlinable
  package mutating func append(scalar: UInt32) {
    switch scalar {
    case 0..<0x80:
      append(UInt8(scalar))
    case 0x80..<0x800:
      append(UInt8(0xC0 | scalar >> 6))
      append(UInt8(0x80 | scalar & 0x3F))
    case 0xD800...0xDFFF, 0x110000...:
      append(contentsOf: [0xEF, 0xBF, 0xBD])
    case 0x800..<0x10000:
      append(UInt8(0xE0 | scalar >> 12))
      append(UInt8(0x80 | scalar >> 6 & 0x3F))
      append(UInt8(0x80 | scalar & 0x3F))
    default:
      append(UInt8(0xF0 | scalar >> 18))
      append(UInt8(0x80 | scalar >> 12 & 0x3F))
      append(UInt8(0x80 | scalar >> 6 & 0x3F))
      append(UInt8(0x80 | scalar & 0x3F))
    }
  }
}

extension [UInt8] {
  /// The scalar that starts at `index`, which must be a valid index.
  @inlinable @inline(__always)
  package func scalar(at index: Int) -> UTF8Scalar {
    let b0 = self[index]
    if b0 < 0x80 { return UTF8Scalar(value: UInt32(b0), length: 1) }
    return unsafe withUnsafeBufferPointer { unsafe $0.multibyteScalar(at: index, lead: UInt32(b0)) }
  }

  /// The length in bytes of the character that ends before `index` (at least 1). Requires `index > 0`.
  package func lengthOfScalar(before index: Int) -> Int {
    var start = index - 1
    while start > 0, index - start < 4, self[start] & 0xC0 == 0x80 { start -= 1 }
    return start + scalar(at: start).length == index ? index - start : 1
  }
}
