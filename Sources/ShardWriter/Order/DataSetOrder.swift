/// The rows of one data set, epoch after epoch, as an endless sequence: `_DatasetOrder` of `python/prep/order.py`.
///
/// A window is the rows of some frames in random order, one frame from each of as many equal parts of the data set.
struct DataSetOrder {
  private let number: Int
  private let starts: [Int]
  private let seed: Int
  private let shuffles: Bool
  private let window: Int
  private let framesInWindow: Int
  private let count: Int

  /// `frameStarts`: the first row of each frame, then the number of rows, which is not 0. `window`: rows.
  init(_ number: Int, frameStarts: [Int], seed: Int, shuffles: Bool, window: Int) {
    self.number = number
    starts = frameStarts
    self.seed = seed
    self.shuffles = shuffles
    self.window = window
    count = frameStarts.last ?? 0
    let frames = frameStarts.count - 1
    framesInWindow = min(frames, max(1, (window * frames + count - 1) / count))
  }

  /// Rows at positions of the sequence. O(rows of the windows that they are in, and frames).
  func rows(_ positions: Range<Int>) -> [Int] {
    var found: [Int] = []
    var position = positions.lowerBound
    while position < positions.upperBound {
      let (epoch, place) = position.quotientAndRemainder(dividingBy: count)
      let number = place / window
      let rows = rows(ofWindow: number, epoch: epoch)
      let taken = rows[(place - number * window)...].prefix(positions.upperBound - position)
      found += taken
      position += taken.count
    }
    return found
  }

  private func rows(ofWindow number: Int, epoch: Int) -> [Int] {
    let places = number * window..<min((number + 1) * window, count)
    guard shuffles else { return Array(places) }
    let (order, begins) = frameOrder(epoch: epoch)
    var frame = begins.partitioningIndex { $0 > places.lowerBound } - 1
    var rows: [Int] = []
    for place in places {
      while frame + 1 < begins.count, begins[frame + 1] <= place { frame += 1 }
      rows.append(starts[order[frame]] + place - begins[frame])
    }
    return RandomOrder.permutation(
      rows.count, seed: seed, .window, [self.number, epoch, number]
    ).map { rows[$0] }
  }

  /// The frames in the order of an epoch, and the place of each one's first row.
  private func frameOrder(epoch: Int) -> (order: [Int], begins: [Int]) {
    let frames = starts.count - 1
    var rank = [Int](repeating: 0, count: frames)
    for (place, frame) in RandomOrder.permutation(frames, seed: seed, .frames, [number, epoch])
      .enumerated()
    {
      rank[frame] = place
    }
    // The data set is cut into as many parts as a window has frames, and each window is dealt one frame of each.
    let part = (0..<frames).map { $0 * framesInWindow / frames }
    let byPart = (0..<frames).sorted { (part[$0], rank[$0]) < (part[$1], rank[$1]) }
    var firsts = [Int](repeating: 0, count: framesInWindow)
    for frame in (0..<frames).reversed() { firsts[part[frame]] = frame }
    let order = (0..<frames)
      .sorted { one, other in
        (one - firsts[part[one]], rank[byPart[one]])
          < (other - firsts[part[other]], rank[byPart[other]])
      }.map { byPart[$0] }
    var begins: [Int] = []
    var begin = 0
    for frame in order {
      begins.append(begin)
      begin += starts[frame + 1] - starts[frame]
    }
    return (order, begins)
  }
}

extension Array {
  /// The first index whose element is `isBehind`, of elements that are so from some index on. O(log count).
  fileprivate func partitioningIndex(_ isBehind: (Element) -> Bool) -> Int {
    var range = startIndex..<endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range = isBehind(self[middle]) ? range.lowerBound..<middle : middle + 1..<range.upperBound
    }
    return range.lowerBound
  }
}
