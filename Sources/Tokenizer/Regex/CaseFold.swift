import CUnicode

/// What matches what where a pattern ignores case, as the reference has it.
enum CaseFold {
  /// Calls `body` with each scalar that has others, and the others.
  static func forEachGroup(_ body: (UInt32, [UInt32]) -> Void) {
    forEach(of: prep_fold_value, body)
  }

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
