/// How many samples have each length, in tokens: exact quantiles and histograms, in memory of the longest length.
public struct LengthCounts: Hashable, Sendable {
  /// Samples of length `n` at index `n`; ends with the longest.
  public private(set) var counts: [Int] = []
  /// Samples.
  public private(set) var total = 0
  /// Tokens of all samples.
  public private(set) var sum = 0

  public init() {}

  public mutating func add(_ length: Int) {
    if length >= counts.count {
      counts.append(contentsOf: repeatElement(0, count: length + 1 - counts.count))
    }
    counts[length] += 1
    total += 1
    sum += length
  }

  public static func += (one: inout LengthCounts, other: LengthCounts) {
    if other.counts.count > one.counts.count {
      one.counts.append(contentsOf: repeatElement(0, count: other.counts.count - one.counts.count))
    }
    for (length, count) in other.counts.enumerated() { one.counts[length] += count }
    one.total += other.total
    one.sum += other.sum
  }

  public var shortest: Int { counts.firstIndex { $0 > 0 } ?? 0 }
  public var longest: Int { max(0, counts.count - 1) }
  public var mean: Double { total == 0 ? 0 : Double(sum) / Double(total) }

  /// The least length that at least this share of the samples does not exceed. O(longest).
  public func quantile(_ share: Double) -> Int {
    let wanted = Int((share * Double(total)).rounded(.up))
    var seen = 0
    for (length, count) in counts.enumerated() {
      seen += count
      if seen >= max(1, wanted) { return length }
    }
    return longest
  }

  /// Samples longer than `length`.
  public func count(beyond length: Int) -> Int { counts.dropFirst(length + 1).reduce(0, +) }

  /// Tokens left when every sample keeps at most `length`. O(longest).
  public func sum(cutTo length: Int) -> Int {
    counts.enumerated().reduce(0) { $0 + min($1.offset, length) * $1.element }
  }

  /// Samples in `bins` stretches of `width` lengths from 0 on; `width` is the least that reaches the longest
  /// (or `end`, if that is longer).
  public func histogram(bins: Int, end: Int = 0) -> (width: Int, counts: [Int]) {
    let width = max(1, (max(longest, end) + bins) / bins)
    var binned = [Int](repeating: 0, count: max(longest, end) / width + 1)
    for (length, count) in counts.enumerated() where count > 0 { binned[length / width] += count }
    return (width, binned)
  }
}
