/// A set of scalars made quick to ask: a bit for each ASCII character, a bit for each kind of scalar
/// (`prep_scalar_kind`), and a search only for kinds that the set cuts through.
struct ScalarTest: Sendable, Equatable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  /// Kinds whose scalars beyond ASCII are all in the set.
  private(set) var whole: UInt64 = 0
  /// Kinds of which some are.
  private(set) var cut: UInt64 = 0
  /// Which set it is, to search in for such a kind.
  let number: Int

  init(_ set: ScalarSet, number: Int) {
    self.number = number
    for scalar in UInt32(0)..<64 where set.contains(scalar) { low |= 1 << UInt64(scalar) }
    for scalar in UInt32(64)..<128 where set.contains(scalar) { high |= 1 << UInt64(scalar - 64) }
    var counts = [Int](repeating: 0, count: 64)
    var index = 0
    let ranges = set.ranges
    for run in ScalarKinds.runs {
      while index < ranges.count, ranges[index].upperBound < run.range.lowerBound { index += 1 }
      var other = index
      while other < ranges.count, ranges[other].lowerBound <= run.range.upperBound {
        let first = max(ranges[other].lowerBound, run.range.lowerBound)
        counts[run.kind] += Int(min(ranges[other].upperBound, run.range.upperBound) - first) + 1
        other += 1
      }
    }
    for kind in 0..<64 where counts[kind] > 0 {
      if counts[kind] == ScalarKinds.sizes[kind] {
        whole |= 1 << UInt64(kind)
      } else {
        cut |= 1 << UInt64(kind)
      }
    }
  }

  /// Whether an ASCII byte is in the set.
  @inline(__always)
  func contains(ascii byte: UInt8) -> Bool {
    (byte & 64 == 0 ? low : high) >> UInt64(byte & 63) & 1 != 0
  }
}
