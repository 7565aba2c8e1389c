import Problems

/// The order in which a stream of training gives the rows of data sets: that of `python/prep/order.py`, whose
/// `StreamOrder` says what it is. `Tests/Python/test_where.py` holds the two to be the same.
public struct StreamOrder: Sendable {
  /// What a stream is told: the arguments of `ShardStream`.
  public struct Options: Hashable, Sendable {
    public var seed = 0
    public var shuffles = true
    /// The share of each data set in an epoch; empty: each row comes once.
    public var weights: [Double] = []
    /// Rows that are shuffled together; nil for those of 64 frames.
    public var window: Int?
    public var rowsPerEpoch: Int?

    public init() {}
  }

  /// Rows of an epoch.
  public let count: Int
  private let options: Options
  /// Rows of each data set in an epoch.
  private let quotas: [Int]
  /// Rows in which each data set has its share.
  private let window: Int
  private let orders: [DataSetOrder?]

  private static let framesInWindow = 64
  private static let stretch = 8192

  /// `frameStarts`: of each data set `DataSet.frameStarts()`. Throws where a stream would refuse them.
  public init(_ frameStarts: [[Int]], _ options: Options) throws(Problem) {
    self.options = options
    let counts = frameStarts.map { $0.last ?? 0 }
    let all = counts.reduce(0, +)
    guard all > 0, options.weights.isEmpty || !counts.contains(0) else {
      throw Problem(.unusable, reason: "a data set without rows cannot be streamed")
    }
    let total = options.rowsPerEpoch ?? all
    if options.weights.isEmpty {
      guard total == all else {
        throw Problem(
          .option,
          reason: "rows per epoch need weights: without them each row comes exactly once an epoch")
      }
      quotas = counts
    } else {
      guard total > 0 else { throw Problem(.option, reason: "rows per epoch: a positive number") }
      quotas = try Self.apportion(options.weights, of: counts.count, total)
    }
    guard options.window ?? 1 > 0 else {
      throw Problem(.option, reason: "window: a positive number of rows")
    }
    count = total
    var windows: [Int] = []
    for (starts, quota) in zip(frameStarts, quotas) {
      guard let rows = starts.last, rows > 0 else {
        windows.append(0)
        continue
      }
      let frames = starts.count - 1
      windows.append(
        options.window.map { Self.divided($0, quota, by: total) }
          ?? Self.divided(rows, min(Self.framesInWindow, frames), by: frames))
    }
    window = options.window ?? (counts.count > 1 ? Self.stretch : windows.max() ?? 1)
    orders = zip(frameStarts, windows).enumerated().map { number, of in
      (of.0.last ?? 0) == 0
        ? nil
        : DataSetOrder(
          number, frameStarts: of.0, seed: options.seed, shuffles: options.shuffles,
          window: max(1, of.1))
    }
  }

  /// `a * b / c`, rounded up.
  private static func divided(_ a: Int, _ b: Int, by c: Int) -> Int {
    Int((Int128(a) * Int128(b) + Int128(c) - 1) / Int128(c))
  }

  /// Data set and row at positions (below `count`, ascending) of an epoch. O(rows of the windows that they are in,
  /// and windows before).
  public func at(_ positions: [Int], epoch: Int) -> [(dataSet: Int, row: Int)] {
    var found: [(dataSet: Int, row: Int)] = []
    var before = [Int](repeating: 0, count: quotas.count)
    var number = 0
    var rows: [(dataSet: Int, row: Int)]?
    for position in positions {
      while position >= (number + 1) * window {
        before = advance(before, to: min((number + 1) * window, count))
        number += 1
        rows = nil
      }
      let inside = rows ?? self.rows(ofWindow: number, epoch: epoch, before: before)
      rows = inside
      found.append(inside[position - number * window])
    }
    return found
  }

  private func rows(
    ofWindow number: Int, epoch: Int, before: [Int]
  ) -> [(dataSet: Int, row: Int)] {
    let after = advance(before, to: min((number + 1) * window, count))
    let taken = zip(before, after).map { $1 - $0 }
    var which = taken.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    if taken.count > 1 {
      if options.shuffles {
        which = RandomOrder.permutation(
          which.count, seed: options.seed, .mixture, [epoch, number]
        ).map { which[$0] }
      } else {
        // Evenly spread: the j-th of n rows at (j + 1/2) / n of the window.
        let places = taken.flatMap { count in
          (0..<count).map { (Double($0) + 0.5) / Double(max(1, count)) }
        }
        which = places.indices.sorted { (places[$0], $0) < (places[$1], $1) }.map { which[$0] }
      }
    }
    var rows = orders.enumerated().map { dataSet, order in
      let start = epoch * quotas[dataSet] + before[dataSet]
      return (order?.rows(start..<start + taken[dataSet]) ?? [])[...]
    }
    return which.map { ($0, rows[$0].removeFirst()) }
  }

  /// Whole numbers that sum to `total`, as near to the weights as can be (largest remainders).
  private static func apportion(
    _ weights: [Double], of count: Int, _ total: Int
  ) throws(Problem) -> [Int] {
    guard weights.count == count, weights.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw Problem(.option, reason: "weights: one positive number for each data set")
    }
    // As whole numbers of the same unit, exactly.
    let unit = weights.map { $0.exponent }.min() ?? 0
    let scaled = weights.map { Double(sign: .plus, exponent: 52 - Int(unit), significand: $0) }
    let whole = scaled.reduce(0, +)
    guard whole < 0x1p80, total < 1 << 40 else {
      throw Problem(
        .option, reason: "weights: the largest is too many times the smallest",
        remedy: "leave out what has next to no weight")
    }
    let shares = scaled.map { Int128($0) }
    let sum = shares.reduce(0, +)
    let exact = shares.map { ($0 * Int128(total)).quotientAndRemainder(dividingBy: sum) }
    var counts = exact.map { Int($0.quotient) }
    let order = exact.indices.sorted {
      (-exact[$0].remainder, $0) < (-exact[$1].remainder, $1)
    }
    for index in order.prefix(total - counts.reduce(0, +)) { counts[index] += 1 }
    return counts
  }

  /// Rows of each data set among the first `end` of an epoch: never fewer than before, summing to `end`, as near to
  /// `quota * end / total` as that allows.
  private func advance(_ before: [Int], to end: Int) -> [Int] {
    var counts = zip(before, quotas).map { max($0, Int(Int128($1) * Int128(end) / Int128(count))) }
    while true {
      let missing = end - counts.reduce(0, +)
      guard missing != 0 else { return counts }
      let step = missing > 0 ? 1 : -1
      // The one that is furthest behind takes a row; the one furthest ahead gives one back.
      let allowed = counts.indices.filter { step > 0 || counts[$0] > before[$0] }
      func lag(_ index: Int) -> Int128 {
        (Int128(quotas[index]) * Int128(end) - Int128(counts[index]) * Int128(count))
          * Int128(step)
      }
      guard let chosen = allowed.max(by: { (lag($0), -$0) < (lag($1), -$1) }) else { return counts }
      counts[chosen] += step
    }
  }
}
