/// Which bytes of a rendered text truncation cut off.
public struct TextCut: Sendable {
  /// Ascending and disjoint.
  private var lost: [Range<Int>] = []
  private var next = 0

  public init() {}

  /// Adds bytes behind those that were added before.
  public mutating func add(_ range: Range<Int>) { if !range.isEmpty { lost.append(range) } }

  /// Begins to ask for a text from its start.
  mutating func rewind() { next = 0 }

  /// How many bytes of a stretch are cut off. Stretches are asked for in ascending order. Amortized O(1).
  mutating func count(in stretch: Range<Int>) -> Int {
    while next < lost.count, lost[next].upperBound <= stretch.lowerBound { next += 1 }
    var index = next
    var count = 0
    while index < lost.count, lost[index].lowerBound < stretch.upperBound {
      count += lost[index].clamped(to: stretch).count
      index += 1
    }
    return count
  }
}
