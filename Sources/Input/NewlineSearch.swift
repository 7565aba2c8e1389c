#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension UnsafeBufferPointer<UInt8> {
  /// Index of the first line feed at `start` or after.
  func newline(from start: Int) -> Int? {
    guard start < count, let base = baseAddress else { return nil }
    // SAFETY: searches the bytes from `start` to the end of the buffer.
    guard let found = unsafe memchr(base + start, CInt(UInt8(ascii: "\n")), count - start) else {
      return nil
    }
    return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }
  /// How many line feeds there are. Eight bytes at a time.
  var newlineCount: Int {
    guard let base = unsafe UnsafeRawPointer(baseAddress) else { return 0 }
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    var total = 0
    var index = 0
    while index + 8 <= count {
      // SAFETY: eight bytes from `index` on are in the buffer.
      let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      // A byte is zero exactly where the high bit of this is not set (no carry between bytes).
      let bytes = word ^ 0x0A0A_0A0A_0A0A_0A0A
      total += ((((bytes & low) &+ low) | bytes) | low).nonzeroBitCount
      index += 8
    }
    // Each word gave 64 bits less one for each line feed.
    total = index * 8 - total
    while index < count {
      total += unsafe self[index] == UInt8(ascii: "\n") ? 1 : 0
      index += 1
    }
    return total
  }
}
