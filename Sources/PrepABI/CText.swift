/// A C string that lives as long as this object.
@safe final class CText: @unchecked Sendable {
  // SAFETY: allocated here, never written after `init`, freed in `deinit`.
  let pointer: UnsafePointer<CChar>

  init(_ text: String) {
    let bytes = text.utf8
    let target = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { unsafe target[index] = CChar(bitPattern: byte) }
    unsafe target[bytes.count] = 0
    unsafe pointer = UnsafePointer(target)
  }

  deinit { unsafe pointer.deallocate() }
}
