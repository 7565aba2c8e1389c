#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Zeroed memory from the system, aligned to 2 MiB and in huge pages where there are any: a table that is looked up at random then costs
/// no misses of the page tables.
@safe
final class ZeroedMemory {
  private static let alignment = 2 << 20

  // SAFETY: mapped by `init` and unmapped by `deinit`; `base` and the bytes asked for lie in the mapping.
  private let mapping: UnsafeMutableRawPointer
  private let mappedCount: Int
  let base: UnsafeMutableRawPointer

  init(byteCount: Int) {
    mappedCount = byteCount + Self.alignment
    let address = unsafe mmap(
      nil, mappedCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      fatalError("out of memory")
    }
    unsafe mapping = address
    let misplaced = Int(bitPattern: address) & (Self.alignment - 1)
    unsafe base = misplaced == 0 ? address : address + (Self.alignment - misplaced)
    #if os(Linux)
      // Advice only, before the first touch; 14 is MADV_HUGEPAGE.
      _ = unsafe madvise(base, byteCount, 14)
    #endif
  }

  deinit { unsafe munmap(mapping, mappedCount) }
}
