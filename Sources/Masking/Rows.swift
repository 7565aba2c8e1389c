/// Rows in columns: the one value that flows from encoding through packing and shards to every reader.
///
/// A row is one sample, or several packed. Padding behind a row is not stored; with alignment, the padding
/// between its samples is in `tokens` and in no sample. Ranges are positions in `tokens`. What a training
/// step reads of a row is made by `fill`.
public struct Rows: Sendable {
  /// Token ids of all rows, one after the other.
  public private(set) var tokens: [UInt32]
  /// Row `r` has tokens `rowStarts[r]..<rowStarts[r + 1]`.
  public private(set) var rowStarts: [Int]
  /// Row `r` has samples `sampleStarts[r]..<sampleStarts[r + 1]`.
  public private(set) var sampleStarts: [Int]
  /// Tokens of each sample, ascending.
  public private(set) var samples: [Range<Int>]
  /// Where each sample's record stands.
  public private(set) var places: [SamplePlace]
  /// Row `r` has supervised runs `runStarts[r]..<runStarts[r + 1]`.
  public private(set) var runStarts: [Int]
  /// Tokens that the model learns from: ascending, disjoint, each within a sample.
  public private(set) var runs: [Range<Int>]
  /// Loss weight of each run; empty when every weight is 1.
  public private(set) var weights: [Float]
  /// Who wrote the tokens of each sample; not known of rows that were read.
  package private(set) var classes: RowClasses

  public init() {
    self.init(
      tokens: [], rowStarts: [0], sampleStarts: [0], runStarts: [0], classes: RowClasses())
  }

  /// Rows of columns that fit each other (`checkInvariants`).
  package init(
    tokens: [UInt32], rowStarts: [Int], sampleStarts: [Int], samples: [Range<Int>] = [],
    places: [SamplePlace] = [], runStarts: [Int], runs: [Range<Int>] = [], weights: [Float] = [],
    classes: RowClasses? = nil
  ) {
    self.tokens = tokens
    self.rowStarts = rowStarts
    self.sampleStarts = sampleStarts
    self.samples = samples
    self.places = places
    self.runStarts = runStarts
    self.runs = runs
    self.weights = weights
    self.classes = classes ?? .unknown
  }

  /// Tokens of a row.
  public func tokenRange(ofRow row: Int) -> Range<Int> { rowStarts[row]..<rowStarts[row + 1] }

  /// Samples of a row, as indices of `samples` and `places`.
  public func sampleRange(ofRow row: Int) -> Range<Int> {
    sampleStarts[row]..<sampleStarts[row + 1]
  }

  /// Supervised runs of a row, as indices of `runs` and `weights`.
  public func runRange(ofRow row: Int) -> Range<Int> { runStarts[row]..<runStarts[row + 1] }

  /// Tokens that the model learns from.
  public var supervisedCount: Int { runs.reduce(0) { $0 + $1.count } }

  // MARK: - Append

  /// Appends a sample as a row. O(its tokens).
  public mutating func append(_ sample: borrowing MaskedSample, place: SamplePlace) {
    beginRow()
    appendSample(
      sample.tokens, runs: sample.runs, weights: sample.weights, classes: sample.classes,
      place: place)
  }

  /// Appends the rows of others. O(their tokens).
  public mutating func append(_ other: Rows) {
    let base = tokens.count
    appendWeights(other.weights, of: other.runs.count)
    rowStarts.append(contentsOf: other.rowStarts.dropFirst().lazy.map { $0 + base })
    sampleStarts.append(
      contentsOf: other.sampleStarts.dropFirst().lazy.map { [count = samples.count] in $0 + count })
    runStarts.append(
      contentsOf: other.runStarts.dropFirst().lazy.map { [count = runs.count] in $0 + count })
    samples.append(contentsOf: other.samples.lazy.map { $0.shifted(by: base) })
    runs.append(contentsOf: other.runs.lazy.map { $0.shifted(by: base) })
    places.append(contentsOf: other.places)
    classes.append(other.classes)
    tokens.append(contentsOf: other.tokens)
  }

  /// Opens a row; samples appended next belong to it.
  package mutating func beginRow() {
    rowStarts.append(tokens.count)
    sampleStarts.append(samples.count)
    runStarts.append(runs.count)
  }

  /// Appends a sample to the open row, at a multiple of `alignment` from its start, `pad` tokens before
  /// it. `runs` count from the sample's first token; `weights` is empty (all 1) or has one a run; `classes` make up
  /// its tokens, or are not known.
  package mutating func appendSample(
    _ new: some Collection<UInt32>, runs newRuns: some Collection<Range<Int>>,
    weights newWeights: [Float] = [], classes newClasses: ClassRuns? = nil, place: SamplePlace,
    alignment: Int = 1, pad: UInt32 = 0
  ) {
    align(to: alignment, pad: pad)
    let start = tokens.count
    appendWeights(newWeights, of: newRuns.count)
    tokens.append(contentsOf: new)
    for run in newRuns { runs.append(run.shifted(by: start)) }
    if let newClasses { classes.append(newClasses) } else { classes.appendUnknown() }
    closeSample(from: start, place: place)
  }

  /// Appends a part of a sample of other rows to the open row: `part` are its tokens there, `candidates`
  /// the runs of which some lie in it, `sample` the number of the sample. Runs are cut to the part.
  mutating func appendSample(
    of source: borrowing Rows, sample: Int, tokens part: Range<Int>, runs candidates: Range<Int>,
    place: SamplePlace, alignment: Int = 1, pad: UInt32 = 0
  ) {
    align(to: alignment, pad: pad)
    let start = tokens.count
    tokens.append(contentsOf: source.tokens[part])
    for index in candidates {
      let run = source.runs[index].clamped(to: part)
      guard !run.isEmpty else { continue }
      runs.append(run.shifted(by: start - part.lowerBound))
      if !source.weights.isEmpty { weights.append(source.weights[index]) }
    }
    classes.append(
      source.classes, sample: sample,
      part: part.shifted(by: -source.samples[sample].lowerBound), of: source.samples[sample].count)
    closeSample(from: start, place: place)
  }

  private mutating func align(to alignment: Int, pad: UInt32) {
    guard alignment > 1 else { return }
    let length = tokens.count - rowStarts[rowStarts.count - 2]
    tokens.append(
      contentsOf: repeatElement(pad, count: PackingPlan.aligned(length, to: alignment) - length))
  }

  private mutating func closeSample(from start: Int, place: SamplePlace) {
    samples.append(start..<tokens.count)
    places.append(place)
    rowStarts[rowStarts.count - 1] = tokens.count
    sampleStarts[sampleStarts.count - 1] = samples.count
    runStarts[runStarts.count - 1] = runs.count
  }

  /// Appends the weights of `count` runs that are appended next. Where they are the first, the runs
  /// before them had weight 1.
  private mutating func appendWeights(_ new: [Float], of count: Int) {
    guard !new.isEmpty || !weights.isEmpty else { return }
    weights.append(contentsOf: repeatElement(1, count: runs.count - weights.count))
    weights.append(contentsOf: new)
    weights.append(contentsOf: repeatElement(1, count: count - new.count))
  }

  /// Makes room for the samples of others in `rows` rows.
  mutating func reserveCapacity(for other: borrowing Rows, rows: Int) {
    tokens.reserveCapacity(other.tokens.count)
    rowStarts.reserveCapacity(rows + 1)
    sampleStarts.reserveCapacity(rows + 1)
    runStarts.reserveCapacity(rows + 1)
    samples.reserveCapacity(other.samples.count)
    places.reserveCapacity(other.places.count)
    runs.reserveCapacity(other.runs.count)
    weights.reserveCapacity(other.weights.count)
  }

  /// Forgets the rows, keeps the storage.
  public mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    rowStarts.removeSubrange(1...)
    sampleStarts.removeSubrange(1...)
    runStarts.removeSubrange(1...)
    samples.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    runs.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    classes.removeAll()
  }

  // MARK: - Invariants

  /// Whether the columns fit each other: starts ascend and end with their columns, samples tile their row
  /// but for padding between them, runs ascend within samples. For tests. O(rows + samples + runs).
  package func checkInvariants() -> Bool {
    guard rowStarts.count == sampleStarts.count, rowStarts.count == runStarts.count,
      rowStarts.first == 0, sampleStarts.first == 0, runStarts.first == 0,
      rowStarts.last == tokens.count, sampleStarts.last == samples.count,
      runStarts.last == runs.count, places.count == samples.count,
      weights.isEmpty || weights.count == runs.count,
      !classes.isKnown || classes.fit(samples)
    else { return false }
    for row in indices {
      guard rowStarts[row] <= rowStarts[row + 1], sampleStarts[row] <= sampleStarts[row + 1],
        runStarts[row] <= runStarts[row + 1]
      else { return false }
      var end = rowStarts[row]
      var run = runStarts[row]
      for sample in samples[sampleRange(ofRow: row)] {
        guard sample.lowerBound >= end else { return false }
        end = sample.lowerBound
        while run < runStarts[row + 1], runs[run].lowerBound < sample.upperBound {
          guard !runs[run].isEmpty, runs[run].lowerBound >= end,
            runs[run].upperBound <= sample.upperBound
          else { return false }
          end = runs[run].upperBound
          run += 1
        }
        end = sample.upperBound
      }
      guard end == rowStarts[row + 1], run == runStarts[row + 1] else { return false }
    }
    return true
  }
}

/// Where a sample came from: the place of its record, counted from the beginning of the block.
public struct SamplePlace: Hashable, Sendable {
  /// Lines between the block's first line and the record's.
  public var line: UInt32
  /// Bytes (decompressed) between the block's first byte and the record's.
  public var byteOffset: UInt32
  /// Which sample of the record it is; 0 unless a record gives several.
  public var sampleIndex: UInt32

  public init(line: UInt32, byteOffset: UInt32, sampleIndex: UInt32 = 0) {
    self.line = line
    self.byteOffset = byteOffset
    self.sampleIndex = sampleIndex
  }
}

extension Range<Int> {
  /// The same range, `distance` positions on.
  func shifted(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}
