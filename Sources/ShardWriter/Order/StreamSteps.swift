/// Which rows of an epoch's order a rank takes in a step, as `ShardStream` shares them out: rank r of w every w-th from the
/// r-th on, in batches, the last of an epoch as many as are left.
public struct StreamSteps: Sendable {
  /// Rows of an epoch that are shared out.
  private let end: Int
  private let batchSize: Int
  private let worldSize: Int

  /// `isEven`: the last rows that not every rank would get are left out.
  public init(count: Int, batchSize: Int, worldSize: Int, isEven: Bool) {
    end = isEven ? count - count % worldSize : count
    self.batchSize = batchSize
    self.worldSize = worldSize
  }

  /// Epoch and positions of the batch that a rank takes in a step, when step 0 comes behind the first `taken` rows of
  /// `epoch`; nil for a rank that has no rows. O(batch).
  public func place(
    ofStep step: Int, rank: Int, epoch: Int, taken: Int
  ) -> (epoch: Int, positions: [Int])? {
    var (step, epoch, start) = (step, epoch, taken + rank)
    let first = batches(from: start)
    if step >= first {
      // The rest of the first epoch, then whole ones.
      let whole = batches(from: rank)
      guard whole > 0 else { return nil }
      let epochs = (step - first) / whole
      step -= first + epochs * whole
      epoch += 1 + epochs
      start = rank
    }
    let mine = stride(from: start + step * batchSize * worldSize, to: end, by: worldSize)
    return (epoch, Array(mine.prefix(batchSize)))
  }

  /// Batches of a rank whose next position is `start`.
  private func batches(from start: Int) -> Int {
    guard start < end else { return 0 }
    let rows = (end - start + worldSize - 1) / worldSize
    return (rows + batchSize - 1) / batchSize
  }
}
