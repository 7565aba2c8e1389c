import ShardWriter

/// How long samples are that do not fit: counts by steps of 2ⁿ and 1.5 × 2ⁿ tokens, kept among the counters of shards.
enum NeededLength {
  private static let prefix = "needed_"

  /// The least step that is not below `length`.
  static func step(_ length: Int) -> Int {
    var step = 2
    while step < length {
      if step / 2 * 3 >= length { return step / 2 * 3 }
      step *= 2
    }
    return step
  }

  static func key(_ length: Int) -> String { prefix + "\(step(length))" }

  /// The length at which all but `share` of `samples` fit whole; nil where as many do already.
  static func keepingAll(but share: Double, of samples: UInt64, _ totals: Totals) -> Int? {
    var allowed = UInt64(share * Double(samples))
    let steps = totals.counters.compactMap { key, count in
      key.hasPrefix(prefix)
        ? Int(key.dropFirst(prefix.count)).map { (step: $0, count: count) } : nil
    }.sorted { $0.step > $1.step }
    for (step, count) in steps {
      if count > allowed { return step }
      allowed -= count
    }
    return nil
  }
}
