import Masking

extension DataSetStatistics {
  /// Tokens over all places of rows that each hold one sample, from 0 to 1.
  public func fill(contextLength: Int) -> Double {
    all.tokens.total == 0
      ? 0 : Double(all.tokens.sum) / (Double(all.tokens.total) * Double(contextLength))
  }

  /// The rows that packing whole samples gives; nil where no sample is there. Plans at most a million samples and
  /// counts the rest as alike.
  public func packed(contextLength: Int) -> (rows: Int, fill: Double)? {
    Self.packed(all.tokens, contextLength: contextLength)
  }

  static func packed(_ lengths: LengthCounts, contextLength: Int) -> (rows: Int, fill: Double)? {
    guard lengths.total > 0 else { return nil }
    let scale = max(1, (lengths.total + 999_999) / 1_000_000)
    var planned: [Int] = []
    var left = 0
    for (length, count) in lengths.counts.enumerated() {
      left += count
      while left >= scale {
        planned.append(min(length, contextLength))
        left -= scale
      }
    }
    guard !planned.isEmpty else { return nil }
    let rows = PackingPlan(lengths: planned, capacity: contextLength).rowEnds.count
    let tokens = planned.reduce(0, +)
    return (rows * scale, Double(tokens) / (Double(rows) * Double(contextLength)))
  }
}
