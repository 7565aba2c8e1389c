import InstructionFormat

/// The classes of the tokens of rows, sample by sample.
package struct RowClasses: Hashable, Sendable {
  /// Sample `s` has runs `starts[s]..<starts[s + 1]`.
  package private(set) var starts = [0]
  package private(set) var runs: [ClassRun] = []
  /// False once a sample came without.
  package private(set) var isKnown = true

  package init() {}

  /// Of rows that came without.
  static var unknown: RowClasses {
    var classes = RowClasses()
    classes.isKnown = false
    return classes
  }

  /// `runsPerSample` sums up to the count of `runs`.
  package init(runsPerSample: [Int], runs: [ClassRun]) {
    starts.reserveCapacity(runsPerSample.count + 1)
    var sum = 0
    for count in runsPerSample {
      sum += count
      starts.append(sum)
    }
    self.runs = runs
  }

  package func runs(ofSample sample: Int) -> ArraySlice<ClassRun> {
    runs[starts[sample]..<starts[sample + 1]]
  }

  /// Whether each sample's runs make up its tokens.
  package func fit(_ samples: [Range<Int>]) -> Bool {
    guard starts.count == samples.count + 1 else { return false }
    return samples.indices.allSatisfy { sample in
      let runs = runs(ofSample: sample)
      return runs.reduce(0) { $0 + Int($1.count) } == samples[sample].count
        && runs.first?.count != 0
    }
  }

  // MARK: - Append

  mutating func removeAll() {
    starts.removeSubrange(1...)
    runs.removeAll(keepingCapacity: true)
    isKnown = true
  }

  /// A sample without classes makes all of them unknown.
  mutating func appendUnknown() {
    removeAll()
    isKnown = false
  }

  mutating func append(_ sample: borrowing ClassRuns) {
    guard isKnown else { return }
    runs.append(contentsOf: sample.runs)
    starts.append(runs.count)
  }

  /// Appends all samples of others.
  mutating func append(_ other: borrowing RowClasses) {
    guard isKnown, other.isKnown else { return appendUnknown() }
    let base = runs.count
    runs.append(contentsOf: other.runs)
    starts.append(contentsOf: other.starts.dropFirst().lazy.map { $0 + base })
  }

  /// Appends a part of a sample of others as a sample; `part` counts from the first of the sample's `count` tokens.
  /// O(its runs).
  mutating func append(_ other: borrowing RowClasses, sample: Int, part: Range<Int>, of count: Int)
  {
    guard isKnown, other.isKnown else { return appendUnknown() }
    if part.count == count {
      runs.append(contentsOf: other.runs(ofSample: sample))
    } else {
      other.runs(ofSample: sample).forEachPart(of: part) { runs.append($0) }
    }
    starts.append(runs.count)
  }
}

/// Which classes a loss learns, and what becomes of a token that is learned in part.
public struct LearnedClasses: Hashable, Sendable {
  private var learned = [Bool](repeating: false, count: 256)
  let straddle: Straddle

  public init(_ loss: LossPolicy, straddle: Straddle) {
    for value in UInt8.min...UInt8.max {
      learned[Int(value)] = loss.learns(TokenClass(rawValue: value))
    }
    self.straddle = straddle
  }

  @inline(__always)
  public func contains(_ tokenClass: TokenClass) -> Bool { learned[Int(tokenClass.rawValue)] }
}

extension Rows {
  /// The same rows with what another loss learns of them; `classes`
  /// make up their samples. O(runs).
  package func relearned(_ loss: LearnedClasses, _ classes: RowClasses) -> Rows {
    var learned = LearnedRuns()
    var runStarts = [0]
    runStarts.reserveCapacity(rowStarts.count)
    for row in indices {
      for sample in sampleRange(ofRow: row) {
        learned.beginSample()
        var token = samples[sample].lowerBound
        let all = classes.runs(ofSample: sample)
        var index = all.startIndex
        while index < all.endIndex {
          let run = all[index]
          let isLearned = loss.contains(run.tokenClass)
          let end = token + Int(run.count)
          index += 1
          var isStraddling = false
          while index < all.endIndex, all[index].count == 0 {
            if loss.contains(all[index].tokenClass) != isLearned { isStraddling = true }
            index += 1
          }
          let whole = isStraddling ? end - 1 : end
          if isLearned { learned.append(token..<whole, weight: run.weight) }
          if isStraddling, loss.straddle == .supervise {
            learned.append(whole..<end, weight: isLearned ? run.weight : 1)
          }
          token = end
        }
      }
      runStarts.append(learned.runs.count)
    }
    return Rows(
      tokens: tokens, rowStarts: rowStarts, sampleStarts: sampleStarts, samples: samples,
      places: places, runStarts: runStarts, runs: learned.runs, weights: learned.weights)
  }
}

/// Runs that grow as those of a sample do.
private struct LearnedRuns {
  var runs: [Range<Int>] = []
  var weights: [Float] = []
  private var first = 0

  mutating func beginSample() { first = runs.count }

  mutating func append(_ range: Range<Int>, weight: Float) {
    guard !range.isEmpty else { return }
    if weight != 1, weights.isEmpty {
      weights.append(contentsOf: repeatElement(1, count: runs.count))
    }
    if runs.count > first, let last = runs.last, last.upperBound == range.lowerBound,
      weights.last ?? 1 == weight
    {
      runs[runs.count - 1] = last.lowerBound..<range.upperBound
      return
    }
    runs.append(range)
    if !weights.isEmpty || weight != 1 { weights.append(weight) }
  }
}
