import CUnicode

/// What matches what where a pattern ignores case, as the reference has it.
enum CaseFold {
  /// A scalar, and another one that it matches.
  typealias Pair = (scalar: UInt32, other: UInt32)

  /// All pairs, in the order of scalars.
  static func pairs(of dialect: PatternDialect) -> [Pair] {
    dialect == .rust ? rustPairs : onigurumaPairs
  }

  private static let onigurumaPairs: [Pair] = {
    var pairs: [Pair] = []
    forEach(of: prep_fold_value) { scalar, others in pairs += others.map { (scalar, $0) } }
    return pairs.sorted { $0.scalar < $1.scalar }
  }()

  private static let rustPairs: [Pair] =
    (onigurumaPairs + newerPairs.flatMap { [($0.upper, $0.lower), ($0.lower, $0.upper)] })
    .sorted { $0.scalar < $1.scalar }

  /// Pairs of Unicode 16 that Rust's `regex` knows and Oniguruma does not.
  private static let newerPairs: [(upper: UInt32, lower: UInt32)] =
    [
      (0x1C89, 0x1C8A), (0xA7CB, 0x264), (0xA7CC, 0xA7CD), (0xA7DA, 0xA7DB), (0xA7DC, 0x19B),
    ] + (0..<22).map { (0x10D50 + $0, 0x10D70 + $0) }

  /// The sequences of several scalars that one scalar also matches, such as `ss` for `ß`.
  static let sequences: [(scalar: UInt32, folded: [UInt32])] = {
    var all: [(UInt32, [UInt32])] = []
    forEach(of: prep_several_folds_value) { all.append(($0, $1)) }
    return all
  }()

  private static func forEach(
    of value: (UInt32) -> UInt32, _ body: (UInt32, [UInt32]) -> Void
  ) {
    var index: UInt32 = 0
    while value(index) != UInt32.max {
      let count = value(index + 1)
      body(value(index), (0..<count).map { value(index + 2 + $0) })
      index += 2 + count
    }
  }
}
