/// Random orders that depend on a key alone: things sorted by SplitMix64 (Steele, Lea & Flood 2014) of the key and their
/// place. Those of `python/prep/order.py`.
enum RandomOrder {
  /// What an order is for.
  enum Purpose: UInt64 {
    case frames = 1
    case window = 2
    case mixture = 3
  }

  private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

  private static func finalized(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// `count` things in random order. O(count log count).
  static func permutation(
    _ count: Int, seed: Int, _ purpose: Purpose, _ key: [Int]
  ) -> [Int] {
    var state: UInt64 = 0
    for part in [UInt64(bitPattern: Int64(seed)), purpose.rawValue]
      + key.map({ UInt64(bitPattern: Int64($0)) })
    {
      state = finalized((state ^ part) &+ golden)
    }
    // No two are equal: the function is one to one.
    let values = (0..<count).map { finalized(UInt64($0 + 1) &* golden &+ state) }
    return (0..<count).sorted { values[$0] < values[$1] }
  }
}
