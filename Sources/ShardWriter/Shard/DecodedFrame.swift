import Masking

/// The rows of one data frame, ready to be copied out: immutable, shared by any number of threads.
public final class DecodedFrame: Sendable {
  public let rowCount: Int
  /// Token ids of all rows, one after the other.
  public let tokens: [UInt32]
  /// Row `r` has tokens `rowStarts[r]..<rowStarts[r + 1]`.
  public let rowStarts: [UInt32]
  /// Row `r` has segments `segmentStarts[r]..<segmentStarts[r + 1]`.
  public let segmentStarts: [UInt32]
  /// Tokens of each segment, as positions in `tokens`. Between them lies alignment padding only.
  public let segments: [Range<UInt32>]
  /// Row `r` has supervised runs `runStarts[r]..<runStarts[r + 1]`.
  public let runStarts: [UInt32]
  /// Supervised runs, as positions in `tokens`.
  public let runs: [Range<UInt32>]
  /// Loss weight of each run; empty when every weight is 1.
  public let runWeights: [Float]
  public let origins: [SampleOrigin]
  let segmentAlignment: Int

  /// Bytes that the frame takes in memory, nearly.
  var memorySize: Int {
    4 * (tokens.count + rowStarts.count + segmentStarts.count + runStarts.count + runWeights.count)
      + 8 * (segments.count + runs.count) + 12 * origins.count
  }

  /// Reads a frame's content, checking that every column has its size and that rows, segments and
  /// runs fit into each other: no content can make a later access go out of range. O(content).
  init(decoding content: [UInt8], spec: ShardSpec) throws(ShardError) {
    func damaged(_ reason: String) -> ShardError {
      ShardError(reason: "the frame's \(reason)", remedy: ShardError.rerun)
    }
    var cursor = ByteCursor(content)
    guard let rows: UInt32 = cursor.integer(), let segmentCount: UInt32 = cursor.integer(),
      let runCount: UInt32 = cursor.integer(), let tokenCount: UInt32 = cursor.integer(),
      let flags: UInt8 = cursor.integer(), let planes: UInt8 = cursor.integer(),
      let reserved: UInt16 = cursor.integer()
    else { throw damaged("head is missing") }
    guard flags <= FrameColumns.weightsFlag, planes <= 2, reserved == 0 else {
      throw damaged("head names columns that this prep does not know")
    }
    let counts = Counts(
      rows: Int(rows), segments: Int(segmentCount), runs: Int(runCount), tokens: Int(tokenCount))
    guard let columns = Columns(counts, hasWeights: flags & 1 == 1, from: &cursor),
      let tokens = ByteColumn.readTokens(counts.tokens, planes: Int(planes), from: &cursor),
      cursor.remaining == 0
    else { throw damaged("columns do not have their sizes") }
    guard let layout = Layout(columns, counts, alignment: spec.segmentAlignment) else {
      throw damaged("rows, segments and runs do not fit together")
    }
    if spec.idCount > 0, let id = tokens.max(), Int(id) >= spec.idCount {
      throw damaged("token id \(id) is not below the id count \(spec.idCount)")
    }
    rowCount = counts.rows
    self.tokens = tokens
    rowStarts = layout.rowStarts
    segmentStarts = layout.segmentStarts
    segments = layout.segments
    runStarts = layout.runStarts
    runs = layout.runs
    runWeights = columns.weights.map { Float(bitPattern: $0) }
    origins = columns.origins
    segmentAlignment = spec.segmentAlignment
  }

  /// Tokens of a row, as positions in `tokens`.
  public func range(ofRow row: Int) -> Range<Int> {
    Int(rowStarts[row])..<Int(rowStarts[row + 1])
  }

  /// A copy of a row of the frame.
  public func row(_ row: Int) -> Row {
    let range = range(ofRow: row)
    let base = UInt32(range.lowerBound)
    let segmentRange = Int(segmentStarts[row])..<Int(segmentStarts[row + 1])
    let runRange = Int(runStarts[row])..<Int(runStarts[row + 1])
    return Row(
      tokens: Array(tokens[range]),
      runs: runs[runRange].map {
        SupervisedRun(start: $0.lowerBound - base, count: UInt32($0.count))
      },
      runWeights: runWeights.isEmpty ? [] : Array(runWeights[runRange]),
      segmentLengths: segments[segmentRange].map { UInt32($0.count) },
      segmentAlignment: segmentAlignment, origins: Array(origins[segmentRange]))
  }
}

private struct Counts {
  var rows: Int
  var segments: Int
  var runs: Int
  var tokens: Int
}

/// The small columns as they are stored.
private struct Columns {
  var segmentsPerRow: [UInt32]
  var runsPerSegment: [UInt32]
  var tails: [UInt32]
  var gaps: [UInt32]
  var counts: [UInt32]
  var origins: [SampleOrigin]
  var weights: [UInt32]

  init?(_ counts: Counts, hasWeights: Bool, from cursor: inout ByteCursor) {
    // A width of 0 needs no bytes, so a damaged count could ask for any amount of memory.
    guard max(counts.rows, counts.segments, counts.runs) <= counts.tokens + counts.rows,
      counts.rows <= 1 << 29, 2 * counts.tokens <= cursor.remaining,
      let segmentsPerRow = ByteColumn.read(counts.rows, from: &cursor),
      let runsPerSegment = ByteColumn.read(counts.segments, from: &cursor),
      let tails = ByteColumn.read(counts.segments, from: &cursor),
      let gaps = ByteColumn.read(counts.runs, from: &cursor),
      let runs = ByteColumn.read(counts.runs, from: &cursor),
      let lines = ByteColumn.read(counts.segments, from: &cursor),
      let offsets = ByteColumn.read(counts.segments, from: &cursor),
      let samples = ByteColumn.read(counts.segments, from: &cursor)
    else { return nil }
    self.segmentsPerRow = segmentsPerRow
    self.runsPerSegment = runsPerSegment
    self.tails = tails
    self.gaps = gaps
    self.counts = runs
    var last = SampleOrigin(line: 0, byteOffset: 0)
    origins = (0..<counts.segments).map { index in
      last = SampleOrigin(
        line: ByteColumn.undoZigzag(lines[index], from: last.line),
        byteOffset: ByteColumn.undoZigzag(offsets[index], from: last.byteOffset),
        sampleIndex: samples[index])
      return last
    }
    weights = []
    if hasWeights {
      guard let read = ByteColumn.read(counts.runs, from: &cursor) else { return nil }
      weights = read
    }
  }
}

/// Columns summed up to positions.
private struct Layout {
  var rowStarts: [UInt32] = [0]
  var segmentStarts: [UInt32] = [0]
  var segments: [Range<UInt32>] = []
  var runStarts: [UInt32] = [0]
  var runs: [Range<UInt32>] = []

  /// nil where the sums do not give the counts of the head.
  init?(_ columns: Columns, _ counts: Counts, alignment: Int) {
    rowStarts.reserveCapacity(counts.rows + 1)
    segmentStarts.reserveCapacity(counts.rows + 1)
    runStarts.reserveCapacity(counts.rows + 1)
    segments.reserveCapacity(counts.segments)
    runs.reserveCapacity(counts.runs)
    var token = 0
    for row in 0..<counts.rows {
      let rowStart = token
      guard Int(columns.segmentsPerRow[row]) <= counts.segments - segments.count else { return nil }
      for _ in 0..<columns.segmentsPerRow[row] {
        token = rowStart + PackingPlan.aligned(token - rowStart, to: alignment)
        let segment = segments.count
        let start = token
        guard Int(columns.runsPerSegment[segment]) <= counts.runs - runs.count else { return nil }
        for _ in 0..<columns.runsPerSegment[segment] {
          let runStart = token + Int(columns.gaps[runs.count])
          token = runStart + Int(columns.counts[runs.count])
          guard token <= counts.tokens else { return nil }
          runs.append(UInt32(runStart)..<UInt32(token))
        }
        token += Int(columns.tails[segment])
        guard token <= counts.tokens else { return nil }
        segments.append(UInt32(start)..<UInt32(token))
      }
      rowStarts.append(UInt32(token))
      segmentStarts.append(UInt32(segments.count))
      runStarts.append(UInt32(runs.count))
    }
    guard token == counts.tokens, segments.count == counts.segments, runs.count == counts.runs
    else { return nil }
  }
}
