import Files
import ShardWriter

/// Encodings of Parquet's pages. Source: apache/parquet-format 2.10, Encodings.md.
enum ParquetEncoding: Int32 {
  case plain = 0
  case rle = 3
  case deltaBinaryPacked = 5

  /// DELTA_BINARY_PACKED: blocks of 128 differences in 4 miniblocks, each with the bit width it needs.
  /// Runs of one value, or of one step, take next to nothing. Arithmetic wraps at 32 bits.
  static func appendDelta(_ values: [Int32], to bytes: inout [UInt8]) {
    bytes.append(varint: 128)
    bytes.append(varint: 4)
    bytes.append(varint: UInt64(values.count))
    bytes.append(zigzag: Int64(values.first ?? 0))
    var start = 1
    while start < values.count {
      let end = min(start + 128, values.count)
      var minimum = Int32.max
      for index in start..<end { minimum = min(minimum, values[index] &- values[index - 1]) }
      bytes.append(zigzag: Int64(minimum))
      let widths = bytes.count
      bytes += [0, 0, 0, 0]
      for block in 0..<4 {
        let first = start + 32 * block
        let last = min(first + 32, end)
        guard first < last else { break }
        var all: UInt32 = 0
        for index in first..<last {
          all |= UInt32(bitPattern: values[index] &- values[index - 1] &- minimum)
        }
        let width = 32 - all.leadingZeroBitCount
        bytes[widths + block] = UInt8(width)
        appendPacked(values, first..<last, minimum: minimum, width: width, to: &bytes)
      }
      start = end
    }
  }

  /// 32 differences of `width` bits each, lowest bit first; missing ones are 0.
  private static func appendPacked(
    _ values: [Int32], _ range: Range<Int>, minimum: Int32, width: Int, to bytes: inout [UInt8]
  ) {
    guard width > 0 else { return }
    var pending: UInt64 = 0
    var count = 0
    for index in range.lowerBound..<range.lowerBound + 32 {
      if index < range.upperBound {
        let code = UInt32(bitPattern: values[index] &- values[index - 1] &- minimum)
        pending |= UInt64(code) << UInt64(count)
      }
      count += width
      while count >= 8 {
        bytes.append(UInt8(truncatingIfNeeded: pending))
        pending >>= 8
        count -= 8
      }
    }
  }
}

/// Repetition or definition levels of 0 and 1 as runs: the RLE half of the RLE/bit-packing hybrid.
struct ParquetLevels {
  private var bytes: [UInt8] = []
  private var value: UInt8 = 0
  private var count = 0

  mutating func append(_ level: UInt8, count more: Int) {
    guard more > 0 else { return }
    if level != value { flush() }
    value = level
    count += more
  }

  private mutating func flush() {
    guard count > 0 else { return }
    bytes.append(varint: UInt64(count) << 1)
    bytes.append(value)
    count = 0
  }

  /// Appends the size and the runs, and begins anew.
  mutating func take(into page: inout [UInt8]) {
    flush()
    page.append(little: UInt32(truncatingIfNeeded: bytes.count))
    page += bytes
    bytes.removeAll(keepingCapacity: true)
  }
}
