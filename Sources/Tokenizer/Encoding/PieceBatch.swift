/// The pieces that one worker cuts before it looks any of them up: ends, then keys, then entries, so that no step waits for the one before.
@safe
final class PieceBatch {
  /// A batch may be as long; a cut stops where fewer than 64 have room.
  static let capacity = 320

  // SAFETY: all hold `capacity` elements, allocated in `init`, freed in `deinit`.
  let ends: UnsafeMutablePointer<UInt32>
  let keys: UnsafeMutablePointer<PieceCache.Key>
  let homes: UnsafeMutablePointer<UInt32>

  init() {
    unsafe ends = .allocate(capacity: Self.capacity)
    unsafe keys = .allocate(capacity: Self.capacity)
    unsafe homes = .allocate(capacity: Self.capacity)
  }

  deinit {
    unsafe ends.deallocate()
    unsafe keys.deallocate()
    unsafe homes.deallocate()
  }
}
