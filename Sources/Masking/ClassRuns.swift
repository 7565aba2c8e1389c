import InstructionFormat

/// Tokens of one class.
public struct ClassRun: Hashable, Sendable {
  public var tokenClass: TokenClass
  /// 0 behind a token that spans two classes: its first byte is of the run before, others are of this one.
  public var count: UInt32
  /// Factor of the loss where they are learned.
  public var weight: Float

  public init(_ tokenClass: TokenClass, count: UInt32, weight: Float = 1) {
    self.tokenClass = tokenClass
    self.count = count
    self.weight = weight
  }
}

/// The classes of the tokens of one sample, as runs of tokens of one class.
public struct ClassRuns: Hashable, Sendable {
  public private(set) var runs: [ClassRun] = []

  public init() {}

  mutating func removeAll() { runs.removeAll(keepingCapacity: true) }

  /// Appends tokens of a class, to the run before where it is the same.
  mutating func append(_ tokenClass: TokenClass, weight: Float, count: Int) {
    let new = UInt32(truncatingIfNeeded: count)
    let last = runs.count - 1
    if last >= 0, new > 0, runs[last].count > 0, runs[last].tokenClass == tokenClass,
      runs[last].weight == weight
    {
      runs[last].count += new
    } else {
      runs.append(ClassRun(tokenClass, count: new, weight: weight))
    }
  }

  /// Appends those of a part of another sample's tokens. O(its runs).
  mutating func append(_ other: borrowing ClassRuns, tokens part: Range<Int>) {
    other.runs[...].forEachPart(of: part) {
      append($0.tokenClass, weight: $0.weight, count: Int($0.count))
    }
  }
}

extension ArraySlice<ClassRun> {
  /// Gives the runs of a part of a sample's tokens, cut to it; these are all runs of the sample. O(runs).
  func forEachPart(of part: Range<Int>, _ body: (ClassRun) -> Void) {
    var start = 0
    for run in self {
      let end = start + Int(run.count)
      let kept = (start..<end).clamped(to: part)
      // What a token spans goes with the token.
      let isKept =
        start == end ? start > part.lowerBound && start <= part.upperBound : !kept.isEmpty
      if isKept {
        body(
          ClassRun(
            run.tokenClass, count: UInt32(truncatingIfNeeded: kept.count), weight: run.weight))
      }
      start = end
    }
  }
}
