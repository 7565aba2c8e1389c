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
  /// How many line feeds there are. Counts in bytes, 255 at a time, so that it is done in vectors.
  var newlineCount: Int {
    var total = 0
    var start = 0
    while start < count {
      let end = Swift.min(start + 255, count)
      var part: UInt8 = 0
      for index in start..<end { part &+= unsafe self[index] == UInt8(ascii: "\n") ? 1 : 0 }
      total += Int(part)
      start = end
    }
    return total
  }
}
