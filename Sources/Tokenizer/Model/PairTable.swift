import CPieces

/// Which pairs of adjacent symbols merge: (left, right) → (rank, product), one flat table.
///
/// A value is `rank << 32 | product`; `none` where the pair does not merge. Open addressing, at most two thirds full.
@safe
final class PairTable: @unchecked Sendable {
  static let none = UInt64.max
  private static let free = UInt64.max

  private struct Slot {
    var key: UInt64
    var value: UInt64
  }

  // SAFETY: `slots` are those of `memory`, written only in `init` and by `insert` while the model is built; every index is masked by the
  // capacity.
  private let memory: ZeroedMemory
  private let slots: UnsafeMutablePointer<Slot>
  private let mask: Int
  private let shift: UInt64
  /// The highest rank of a pair.
  private(set) var highestRank: UInt32 = 0

  /// Room for `count` pairs.
  init(count: Int) {
    var capacity = 1024
    while capacity * 2 < count * 3 { capacity *= 2 }
    mask = capacity - 1
    shift = UInt64(64 - capacity.trailingZeroBitCount)
    memory = ZeroedMemory(byteCount: MemoryLayout<Slot>.stride * capacity)
    unsafe slots = memory.base.bindMemory(to: Slot.self, capacity: capacity)
    unsafe slots.initialize(
      repeating: Slot(key: PairTable.free, value: PairTable.none), count: capacity)
  }

  @inline(__always)
  private static func key(_ left: UInt32, _ right: UInt32) -> UInt64 {
    UInt64(left) << 32 | UInt64(right)
  }

  @inline(__always)
  private func home(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
  }

  /// Adds a pair, or gives it another rank. Only while the table is built, and for at most the `count` it has room for.
  func insert(_ left: UInt32, _ right: UInt32, rank: UInt32, product: UInt32) {
    let key = Self.key(left, right)
    var index = home(key)
    while unsafe slots[index].key != PairTable.free, unsafe slots[index].key != key {
      index = (index + 1) & mask
    }
    unsafe slots[index] = Slot(key: key, value: UInt64(rank) << 32 | UInt64(product))
    highestRank = max(highestRank, rank)
  }

  /// Adds merges in their order.
  func insert(_ merges: [ConcatenationMerges.Merge]) {
    for (index, merge) in merges.enumerated() {
      if index + 16 < merges.count {
        prefetch(merges[index + 16].left, merges[index + 16].right)
      }
      insert(merge.left, merge.right, rank: merge.rank, product: merge.product)
    }
  }

  /// Asks for the memory of a pair ahead of its use.
  @inline(__always)
  func prefetch(_ left: UInt32, _ right: UInt32) {
    unsafe prep_prefetch(slots + home(Self.key(left, right)))
  }

  /// O(1).
  @inline(__always)
  subscript(_ left: UInt32, _ right: UInt32) -> UInt64 {
    let key = Self.key(left, right)
    var index = home(key)
    while true {
      let slot = unsafe slots[index]
      if slot.key == key { return slot.value }
      if slot.key == PairTable.free { return PairTable.none }
      index = (index + 1) & mask
    }
  }
}
