/// Which pairs of adjacent symbols merge: (left, right) → (rank, product), one flat table.
///
/// A value is `rank << 32 | product`; `none` where the pair does not merge. Open addressing, at most half full.
@safe
final class PairTable: @unchecked Sendable {
  static let none = UInt64.max
  private static let free = UInt64.max

  private struct Slot {
    var key: UInt64
    var value: UInt64
  }

  // SAFETY: allocated in `init`, written only there and by `insert` while the model is built, freed in `deinit`; every index
  // is masked by the capacity.
  private let slots: UnsafeMutablePointer<Slot>
  private let mask: Int
  private let shift: UInt64

  /// Room for `count` pairs.
  init(count: Int) {
    var capacity = 16
    while capacity < count * 2 { capacity *= 2 }
    mask = capacity - 1
    shift = UInt64(64 - capacity.trailingZeroBitCount)
    unsafe slots = .allocate(capacity: capacity)
    unsafe slots.initialize(
      repeating: Slot(key: PairTable.free, value: PairTable.none), count: capacity)
  }

  deinit { unsafe slots.deallocate() }

  @inline(__always)
  private func home(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
  }

  /// Adds a pair, or gives it another rank. Only while the table is built, and for at most the `count` it has room for.
  func insert(_ left: UInt32, _ right: UInt32, rank: UInt32, product: UInt32) {
    let key = UInt64(left) << 32 | UInt64(right)
    var index = home(key)
    while unsafe slots[index].key != PairTable.free, unsafe slots[index].key != key {
      index = (index + 1) & mask
    }
    unsafe slots[index] = Slot(key: key, value: UInt64(rank) << 32 | UInt64(product))
  }

  /// O(1).
  @inline(__always)
  subscript(_ left: UInt32, _ right: UInt32) -> UInt64 {
    let key = UInt64(left) << 32 | UInt64(right)
    var index = home(key)
    while true {
      let slot = unsafe slots[index]
      if slot.key == key { return slot.value }
      if slot.key == PairTable.free { return PairTable.none }
      index = (index + 1) & mask
    }
  }
}
