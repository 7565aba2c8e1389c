#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension UnsafeBufferPointer<UInt8> {
  /// Whether the bytes are those of `text`. O(n), and O(1) where the lengths differ.
  public func isEqual(to text: StaticString) -> Bool {
    unsafe isEqual(
      to: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether the bytes are those of `other`.
  public func isEqual(to other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard count == other.count else { return false }
    guard let own = baseAddress, let theirs = other.baseAddress else { return true }
    // SAFETY: both buffers have `count` bytes.
    return unsafe memcmp(own, theirs, count) == 0
  }
}
