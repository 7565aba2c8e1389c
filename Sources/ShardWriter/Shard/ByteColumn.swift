import Files

/// A column of 32-bit numbers as planes of bytes: the width in bytes (0 to 4), then the lowest byte of
/// every number, the next of every number, and so on. Planes that are zero throughout are left out.
///
/// Decodes without a branch a number, and compresses better than numbers in a row: high planes are
/// nearly empty, and the low plane is not interrupted by them.
enum ByteColumn {
  /// Appends the column. O(n).
  static func append(_ numbers: [UInt32], to bytes: inout [UInt8]) {
    let all = numbers.reduce(0, |)
    let width = (32 - all.leadingZeroBitCount + 7) / 8
    bytes.append(UInt8(width))
    for plane in 0..<width {
      let shift = UInt32(plane * 8)
      bytes.append(contentsOf: numbers.lazy.map { UInt8(truncatingIfNeeded: $0 >> shift) })
    }
  }

  /// Reads a column of `count` numbers; nil where it is not one.
  static func read(_ count: Int, from cursor: inout ByteCursor) -> [UInt32]? {
    guard let width: UInt8 = cursor.integer(), width <= 4,
      let planes = cursor.take(Int(width) * count)
    else { return nil }
    var numbers = [UInt32](repeating: 0, count: count)
    unsafe planes.withUnsafeBufferPointer { planes in
      for plane in 0..<Int(width) {
        let shift = UInt32(plane * 8)
        let base = plane * count
        for index in 0..<count {
          numbers[index] |= UInt32(unsafe planes[base + index]) << shift
        }
      }
    }
    return numbers
  }

  /// Token ids: the low 16 bits of each, then `planes` planes of the bytes above them.
  static func appendTokens(_ tokens: ArraySlice<UInt32>, planes: Int, to bytes: inout [UInt8]) {
    let start = bytes.count
    let count = tokens.count
    bytes.append(contentsOf: repeatElement(0, count: count * (2 + planes)))
    unsafe bytes.withUnsafeMutableBytes { out in
      unsafe tokens.withUnsafeBufferPointer { tokens in
        for index in 0..<count {
          unsafe out.storeBytes(
            of: UInt16(truncatingIfNeeded: tokens[index]).littleEndian,
            toByteOffset: start + 2 * index, as: UInt16.self)
        }
        for plane in 0..<planes {
          let base = start + count * (2 + plane)
          let shift = UInt32(16 + 8 * plane)
          for index in 0..<count {
            unsafe out[base + index] = unsafe UInt8(truncatingIfNeeded: tokens[index] >> shift)
          }
        }
      }
    }
  }

  /// Reads what `appendTokens` wrote; nil where there are not as many bytes.
  static func readTokens(_ count: Int, planes: Int, from cursor: inout ByteCursor) -> [UInt32]? {
    guard let low = cursor.take(2 * count), let high = cursor.take(planes * count) else {
      return nil
    }
    return unsafe [UInt32](unsafeUninitializedCapacity: count) { tokens, initialized in
      unsafe low.withUnsafeBytes { low in
        for index in 0..<count {
          let half = unsafe low.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
          unsafe tokens[index] = UInt32(UInt16(littleEndian: half))
        }
      }
      unsafe high.withUnsafeBufferPointer { high in
        for plane in 0..<planes {
          let base = plane * count
          let shift = UInt32(16 + 8 * plane)
          for index in 0..<count {
            unsafe tokens[index] |= unsafe UInt32(high[base + index]) << shift
          }
        }
      }
      initialized = count
    }
  }

  /// A signed difference as a small unsigned number: 0, -1, 1, -2, … become 0, 1, 2, 3, ….
  @inline(__always)
  static func zigzag(_ number: UInt32, from previous: UInt32) -> UInt32 {
    let difference = Int32(bitPattern: number &- previous)
    return UInt32(bitPattern: (difference << 1) ^ (difference >> 31))
  }

  @inline(__always)
  static func undoZigzag(_ code: UInt32, from previous: UInt32) -> UInt32 {
    previous &+ ((code >> 1) ^ (0 &- (code & 1)))
  }
}
