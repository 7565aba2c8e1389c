import Patterns

/// What a split does with the matches of its pattern, `SplitDelimiterBehavior` of `tokenizers`.
package enum SplitBehavior: String, Sendable, CaseIterable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"
}

extension SplitBehavior {
  /// Appends the pieces that `stretches` become; empty ones are left out. O(stretches).
  func appendPieces(of stretches: [PatternStretch], to pieces: inout [Range<Int>]) {
    func append(_ range: Range<Int>) {
      if !range.isEmpty { pieces.append(range) }
    }
    switch self {
    case .isolated:
      for stretch in stretches { append(stretch.range) }
    case .removed:
      for stretch in stretches where !stretch.isMatch { append(stretch.range) }
    case .contiguous:
      merge(stretches, append) { isMatch, previous in isMatch == previous }
    case .mergedWithPrevious:
      merge(stretches, append) { isMatch, previous in isMatch && !previous }
    case .mergedWithNext:
      let first = pieces.count
      merge(stretches.reversed(), append) { isMatch, previous in isMatch && !previous }
      pieces[first...].reverse()
    }
  }

  /// Joins a stretch to the last one kept where `joins(its isMatch, that of the stretch before it)`.
  private func merge(
    _ stretches: some Sequence<PatternStretch>, _ append: (Range<Int>) -> Void,
    joins: (Bool, Bool) -> Bool
  ) {
    var kept: Range<Int>?
    var previous = false
    for stretch in stretches {
      if let last = kept, joins(stretch.isMatch, previous) {
        kept =
          min(
            last.lowerBound, stretch.range.lowerBound)..<max(
            last.upperBound, stretch.range.upperBound)
      } else {
        if let last = kept { append(last) }
        kept = stretch.range
      }
      previous = stretch.isMatch
    }
    if let last = kept { append(last) }
  }
}
