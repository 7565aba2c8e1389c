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
}
