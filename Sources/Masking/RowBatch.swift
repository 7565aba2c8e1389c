/// A run of tokens of a row that the model learns from.
public struct SupervisedRun: Hashable, Sendable {
  /// Position of the first token in the row.
  public var start: UInt32
  /// Tokens, at least 1.
  public var count: UInt32

  public init(start: UInt32, count: UInt32) {
    self.start = start
    self.count = count
  }
}

/// Where a sample came from: the place of its record, counted from the beginning of the block.
public struct SampleOrigin: Hashable, Sendable {
  /// Lines between the block's first line and the record's.
  public var line: UInt32
  /// Bytes (decompressed) between the block's first byte and the record's.
  public var byteOffset: UInt32
  /// Which sample of the record it is; 0 unless a record gives several (`--history unroll`).
  public var sampleIndex: UInt32

  public init(line: UInt32, byteOffset: UInt32, sampleIndex: UInt32 = 0) {
    self.line = line
    self.byteOffset = byteOffset
    self.sampleIndex = sampleIndex
  }
}

/// Rows in columns: the value that flows from packing to the shards.
///
/// A row is one sample, or several packed; its samples are its *segments*. Padding is not stored.
/// Labels, attention mask and position ids follow from runs and segment lengths (`RowView`).
public struct RowBatch: Sendable {
  /// Token ids of all rows, one after the other.
  public private(set) var tokens: [UInt32] = []
  /// Tokens of each row.
  public private(set) var rowLengths: [UInt32] = []
  /// Segments of each row (1 unless packed).
  public private(set) var segmentCounts: [UInt32] = []
  /// Tokens of each segment, rows in order. With alignment, each segment of a row begins at a
  /// multiple of it, and the padding before that is in `tokens` and in no segment.
  public private(set) var segmentLengths: [UInt32] = []
  /// Origin of each segment.
  public private(set) var origins: [SampleOrigin] = []
  /// Supervised runs of each row.
  public private(set) var runCounts: [UInt32] = []
  /// Supervised runs, rows in order, ascending and disjoint within a row.
  public private(set) var runs: [SupervisedRun] = []
  /// Loss weight of each run; empty when every weight is 1.
  public private(set) var runWeights: [Float] = []

  public init() {}

  public var rowCount: Int { rowLengths.count }

  /// Opens a row; segments appended next belong to it.
  public mutating func beginRow() {
    rowLengths.append(0)
    segmentCounts.append(0)
    runCounts.append(0)
  }

  /// Appends one sample to the open row. `runs` count from the sample's first token.
  /// `weights` is empty (all 1) or has one element a run.
  public mutating func appendSegment(
    tokens sample: some Collection<UInt32>, runs sampleRuns: some Collection<SupervisedRun>,
    weights: some Collection<Float> = EmptyCollection(), origin: SampleOrigin
  ) {
    let row = rowLengths.count - 1
    let base = rowLengths[row]
    tokens.append(contentsOf: sample)
    let count = UInt32(sample.count)
    rowLengths[row] += count
    segmentCounts[row] += 1
    segmentLengths.append(count)
    origins.append(origin)
    let before = runs.count
    for run in sampleRuns { runs.append(SupervisedRun(start: base + run.start, count: run.count)) }
    runCounts[row] += UInt32(runs.count - before)
    if !weights.isEmpty || !runWeights.isEmpty {
      // Weights appear: the runs before had weight 1.
      runWeights.append(contentsOf: repeatElement(1, count: before - runWeights.count))
      runWeights.append(contentsOf: weights)
      runWeights.append(contentsOf: repeatElement(1, count: runs.count - runWeights.count))
    }
  }

  /// Appends a part of another batch's sample to the open row: `tokens` are places in its tokens, `runs`
  /// the sample's runs there, which count from the sample's first token at `start`. Runs are cut to the part.
  mutating func appendPart(
    of source: RowBatch, tokens part: Range<Int>, start: Int, runs sampleRuns: Range<Int>,
    origin: SampleOrigin
  ) {
    let row = rowLengths.count - 1
    let base = rowLengths[row]
    let count = UInt32(part.count)
    tokens.append(contentsOf: source.tokens[part])
    rowLengths[row] = base + count
    segmentCounts[row] += 1
    segmentLengths.append(count)
    origins.append(origin)
    let offset = UInt32(part.lowerBound - start)
    let before = runs.count
    for index in sampleRuns {
      let run = source.runs[index]
      let begin = max(run.start, offset)
      let end = min(run.start + run.count, offset + count)
      guard begin < end else { continue }
      runs.append(SupervisedRun(start: base + begin - offset, count: end - begin))
      if !source.runWeights.isEmpty { runWeights.append(source.runWeights[index]) }
    }
    runCounts[row] += UInt32(runs.count - before)
  }

  /// Makes room for the samples of another batch in `rows` rows.
  mutating func reserveCapacity(for other: RowBatch, rows: Int) {
    tokens.reserveCapacity(other.tokens.count)
    rowLengths.reserveCapacity(rows)
    segmentCounts.reserveCapacity(rows)
    runCounts.reserveCapacity(rows)
    segmentLengths.reserveCapacity(other.segmentLengths.count)
    origins.reserveCapacity(other.origins.count)
    runs.reserveCapacity(other.runs.count)
    runWeights.reserveCapacity(other.runWeights.count)
  }

  /// Appends padding to the open row until its length is a multiple of `alignment`; the padding
  /// belongs to no segment.
  public mutating func appendPadding(toMultipleOf alignment: Int, pad: UInt32) {
    guard alignment > 1, let row = rowLengths.indices.last else { return }
    let length = Int(rowLengths[row])
    let padded = PackingPlan.aligned(length, to: alignment)
    tokens.append(contentsOf: repeatElement(pad, count: padded - length))
    rowLengths[row] = UInt32(padded)
  }

  /// Appends the rows of another batch. O(its tokens).
  public mutating func append(_ other: RowBatch) {
    if !runWeights.isEmpty || !other.runWeights.isEmpty {
      runWeights.append(contentsOf: repeatElement(1, count: runs.count - runWeights.count))
      runWeights.append(contentsOf: other.runWeights)
      runWeights.append(
        contentsOf: repeatElement(1, count: other.runs.count - other.runWeights.count))
    }
    tokens.append(contentsOf: other.tokens)
    rowLengths.append(contentsOf: other.rowLengths)
    segmentCounts.append(contentsOf: other.segmentCounts)
    segmentLengths.append(contentsOf: other.segmentLengths)
    origins.append(contentsOf: other.origins)
    runCounts.append(contentsOf: other.runCounts)
    runs.append(contentsOf: other.runs)
  }

  /// Forgets the rows, keeps the storage.
  public mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    rowLengths.removeAll(keepingCapacity: true)
    segmentCounts.removeAll(keepingCapacity: true)
    segmentLengths.removeAll(keepingCapacity: true)
    origins.removeAll(keepingCapacity: true)
    runCounts.removeAll(keepingCapacity: true)
    runs.removeAll(keepingCapacity: true)
    runWeights.removeAll(keepingCapacity: true)
  }
}
