/// Which samples share a row.
///
/// Best fit decreasing: samples are placed from the longest to the shortest, each into the row with
/// the least room that still takes it. Within 11/9 of the optimum in the worst case, and near it
/// whenever short samples abound (Johnson, *Near-optimal bin packing algorithms*, 1973). No sample
/// is split, every sample is placed once, and equal inputs give equal plans.
///
/// Complexity: O(n + capacity) for n samples: lengths are sorted by counting, and the fullest
/// fitting row is the next set bit of a bitmap of room sizes (`RoomIndex`).
public struct PackingPlan: Hashable, Sendable {
  /// Sample numbers, rows one after the other, ascending within a row.
  public private(set) var samples: [Int] = []
  /// Where each row ends in `samples`. Rows are ordered by their first sample.
  public private(set) var rowEnds: [Int] = []

  /// Plans rows of at most `capacity` tokens. `alignment` counts each sample as rounded up to a
  /// multiple of it (the last of a row too). A sample longer than `capacity` gets a row alone.
  public init(lengths: [Int], capacity: Int, alignment: Int = 1) {
    let rowOfSample = Self.place(
      lengths.map { Self.aligned($0, to: alignment) }, capacity: capacity)
    collect(rowOfSample)
  }

  /// The samples of each row.
  public var rows: [ArraySlice<Int>] {
    var start = 0
    return rowEnds.map { end in
      defer { start = end }
      return samples[start..<end]
    }
  }

  /// The smallest multiple of `alignment` that is not below `count`.
  public static func aligned(_ count: Int, to alignment: Int) -> Int {
    alignment > 1 ? (count + alignment - 1) / alignment * alignment : count
  }

  /// The row of each sample, rows numbered as they were opened.
  private static func place(_ lengths: [Int], capacity: Int) -> [Int] {
    var rowOfSample = [Int](repeating: 0, count: lengths.count)
    var rowCount = 0
    var rooms = RoomIndex(capacity: capacity)
    for sample in sortedByLengthDescending(lengths, capacity: capacity) {
      let length = lengths[sample]
      guard length <= capacity else {
        rowOfSample[sample] = rowCount
        rowCount += 1
        continue
      }
      let (row, room) = rooms.takeFullest(fitting: length) ?? (rowCount, capacity)
      if row == rowCount { rowCount += 1 }
      rowOfSample[sample] = row
      rooms.insert(row: row, room: room - length)
    }
    return rowOfSample
  }

  /// Counting sort, stable; what exceeds the capacity comes first.
  private static func sortedByLengthDescending(_ lengths: [Int], capacity: Int) -> [Int] {
    var ends = [Int](repeating: 0, count: capacity + 3)
    func bucket(_ length: Int) -> Int { capacity + 1 - min(length, capacity + 1) }
    for length in lengths { ends[bucket(length) + 1] += 1 }
    for index in 1..<ends.count { ends[index] += ends[index - 1] }
    var sorted = [Int](repeating: 0, count: lengths.count)
    for (sample, length) in lengths.enumerated() {
      let bucket = bucket(length)
      sorted[ends[bucket]] = sample
      ends[bucket] += 1
    }
    return sorted
  }

  /// Lists samples by row, rows by their first sample.
  private mutating func collect(_ rowOfSample: [Int]) {
    var renumbered = [Int](repeating: -1, count: rowOfSample.count)
    var counts: [Int] = []
    for row in rowOfSample {
      if renumbered[row] < 0 {
        renumbered[row] = counts.count
        counts.append(0)
      }
      counts[renumbered[row]] += 1
    }
    var next = 0
    rowEnds = counts.map { count in
      next += count
      return next
    }
    var cursors = zip(rowEnds, counts).map { $0 - $1 }
    samples = [Int](repeating: 0, count: rowOfSample.count)
    for (sample, row) in rowOfSample.enumerated() {
      samples[cursors[renumbered[row]]] = sample
      cursors[renumbered[row]] += 1
    }
  }
}
