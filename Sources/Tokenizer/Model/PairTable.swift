/// Which pairs of adjacent symbols merge: (left, right) → (rank, product), one flat table.
///
/// A value is `rank << 32 | product`; `none` where the pair does not merge. Open addressing, at most half full. Keys lie apart from values:
/// most look-ups are of pairs that do not merge, and read keys alone.
@safe
final class PairTable: @unchecked Sendable {
  static let none = UInt64.max
  private static let free = UInt64.max

  // SAFETY: allocated in `init`, written only there and by `insert` while the model is built, freed in `deinit`; every index
  // is masked by the capacity.
  private let keys: UnsafeMutablePointer<UInt64>
  private let values: UnsafeMutablePointer<UInt64>
  private let mask: Int
  private let shift: UInt64
  /// The highest rank of a pair.
  private(set) var highestRank: UInt32 = 0

  /// Room for `count` pairs.
  init(count: Int) {
    var capacity = 16
    while capacity < count * 2 { capacity *= 2 }
    mask = capacity - 1
    shift = UInt64(64 - capacity.trailingZeroBitCount)
    unsafe keys = .allocate(capacity: capacity)
    unsafe values = .allocate(capacity: capacity)
    unsafe keys.initialize(repeating: PairTable.free, count: capacity)
  }

  deinit {
    unsafe keys.deallocate()
    unsafe values.deallocate()
  }

  @inline(__always)
  private func home(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
  }

  /// Adds a pair, or gives it another rank. Only while the table is built, and for at most the `count` it has room for.
  func insert(_ left: UInt32, _ right: UInt32, rank: UInt32, product: UInt32) {
    let key = UInt64(left) << 32 | UInt64(right)
    var index = home(key)
    while unsafe keys[index] != PairTable.free, unsafe keys[index] != key {
      index = (index + 1) & mask
    }
    unsafe keys[index] = key
    unsafe values[index] = UInt64(rank) << 32 | UInt64(product)
    highestRank = max(highestRank, rank)
  }

  /// O(1).
  @inline(__always)
  subscript(_ left: UInt32, _ right: UInt32) -> UInt64 {
    let key = UInt64(left) << 32 | UInt64(right)
    var index = home(key)
    while true {
      let found = unsafe keys[index]
      if found == key { return unsafe values[index] }
      if found == PairTable.free { return PairTable.none }
      index = (index + 1) & mask
    }
  }
}
