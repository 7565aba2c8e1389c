import Masking

/// Turns rows of a batch into the content of data frames. Layout: docs/FORMAT.md, "Data frame".
struct FrameEncoder {
  /// Where a batch's rows begin in its columns; moves on as frames are cut.
  private struct Position {
    var row = 0
    var segment = 0
    var run = 0
    var token = 0
  }

  private let batch: RowBatch
  private let spec: ShardSpec
  private var position = Position()

  /// Tokens of a frame; a row that alone has more gets a frame of its own.
  static let tokensPerFrame = 1 << 18
  private let tokensPerFrame: Int
  static let headSize = 20

  init(_ batch: RowBatch, spec: ShardSpec, tokensPerFrame: Int = Self.tokensPerFrame) {
    self.tokensPerFrame = tokensPerFrame
    self.batch = batch
    self.spec = spec
  }

  /// What a frame holds, beside its bytes.
  struct Frame {
    var content: [UInt8] = []
    var firstRow = 0
    var rows = 0
    var segments = 0
    var tokens = 0
    var supervisedTokens = 0
    var hasWeights = false
  }

  /// The next frame's rows; nil when all are done. Throws on rows that no reader could take back.
  mutating func next() throws(ShardError) -> Frame? {
    guard position.row < batch.rowCount else { return nil }
    var frame = Frame()
    frame.firstRow = position.row
    var columns = FrameColumns()
    let firstToken = position.token
    repeat {
      try appendRow(to: &columns)
      frame.rows += 1
    } while position.row < batch.rowCount
      && position.token - firstToken + Int(batch.rowLengths[position.row]) <= tokensPerFrame
    frame.segments = columns.runsPerSegment.count
    frame.tokens = position.token - firstToken
    frame.supervisedTokens = columns.counts.reduce(0) { $0 + Int($1) }
    guard frame.tokens < 1 << 29 else {
      throw invalid("row \(frame.firstRow) has \(frame.tokens) tokens: more than a frame can hold")
    }
    let tokens = batch.tokens[firstToken..<position.token]
    let all = tokens.reduce(0, |)
    if spec.idCount > 0, let id = tokens.max(), Int(id) >= spec.idCount {
      throw invalid("token id \(id) is not below the tokenizer's id count \(spec.idCount)")
    }
    frame.hasWeights = columns.hasWeights
    frame.content = columns.encoded(
      rows: frame.rows, tokens: tokens, highPlanes: all >> 16 == 0 ? 0 : all >> 24 == 0 ? 1 : 2)
    return frame
  }

  /// Appends one row to the columns, checking that segments and runs lie where they must.
  private mutating func appendRow(to columns: inout FrameColumns) throws(ShardError) {
    let row = position.row
    let length = batch.rowLengths[row]
    let lastSegment = position.segment + Int(batch.segmentCounts[row])
    let lastRun = position.run + Int(batch.runCounts[row])
    var end: UInt32 = 0
    while position.segment < lastSegment {
      let start = PackingPlan.aligned(Int(end), to: spec.segmentAlignment)
      end = UInt32(clamping: start + Int(batch.segmentLengths[position.segment]))
      try appendSegment(
        UInt32(clamping: start)..<end, runsBefore: lastRun, row: row, to: &columns)
    }
    guard end == length, position.run == lastRun else {
      throw invalid("row \(row): its segments and runs do not make up its \(length) tokens")
    }
    columns.segmentsPerRow.append(batch.segmentCounts[row])
    position.token += Int(length)
    position.row += 1
  }

  private mutating func appendSegment(
    _ segment: Range<UInt32>, runsBefore lastRun: Int, row: Int, to columns: inout FrameColumns
  ) throws(ShardError) {
    var end = segment.lowerBound
    var runs: UInt32 = 0
    while position.run < lastRun, batch.runs[position.run].start < segment.upperBound {
      let run = batch.runs[position.run]
      guard run.start >= end, run.count > 0, run.count <= segment.upperBound - run.start else {
        throw invalid("row \(row): a supervised run lies outside its segment or over another run")
      }
      columns.gaps.append(run.start - end)
      columns.counts.append(run.count)
      if !batch.runWeights.isEmpty {
        columns.weights.append(batch.runWeights[position.run].bitPattern)
      }
      end = run.start + run.count
      runs += 1
      position.run += 1
    }
    columns.runsPerSegment.append(runs)
    columns.tails.append(segment.upperBound - end)
    columns.origins.append(batch.origins[position.segment])
    position.segment += 1
  }

  private func invalid(_ reason: String) -> ShardError {
    ShardError(
      kind: .unusable, part: "rows to write", reason: reason, remedy: "this is a fault of prep")
  }
}

/// The small columns of a data frame.
struct FrameColumns {
  var segmentsPerRow: [UInt32] = []
  var runsPerSegment: [UInt32] = []
  /// Tokens of a segment behind its last run.
  var tails: [UInt32] = []
  /// Tokens before a run, since the run before it or the segment's start.
  var gaps: [UInt32] = []
  /// Tokens of a run.
  var counts: [UInt32] = []
  /// Bit patterns of the runs' weights.
  var weights: [UInt32] = []
  var origins: [SampleOrigin] = []

  /// Whether a run has a weight other than 1.
  var hasWeights: Bool { weights.contains { $0 != Float(1).bitPattern } }

  static let weightsFlag: UInt8 = 1

  func encoded(rows: Int, tokens: ArraySlice<UInt32>, highPlanes: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(tokens.count * (2 + highPlanes) + origins.count * 24 + 64)
    for number in [rows, runsPerSegment.count, counts.count, tokens.count] {
      bytes.append(little: UInt32(truncatingIfNeeded: number))
    }
    bytes.append(hasWeights ? Self.weightsFlag : 0)
    bytes.append(UInt8(highPlanes))
    bytes.append(little: UInt16(0))
    for column in [segmentsPerRow, runsPerSegment, tails, gaps, counts] {
      ByteColumn.append(column, to: &bytes)
    }
    ByteColumn.append(differences { $0.line }, to: &bytes)
    ByteColumn.append(differences { $0.byteOffset }, to: &bytes)
    ByteColumn.append(origins.map(\.sampleIndex), to: &bytes)
    if hasWeights { ByteColumn.append(weights, to: &bytes) }
    ByteColumn.appendTokens(tokens, planes: highPlanes, to: &bytes)
    return bytes
  }

  private func differences(_ field: (SampleOrigin) -> UInt32) -> [UInt32] {
    var previous: UInt32 = 0
    return origins.map { origin in
      defer { previous = field(origin) }
      return ByteColumn.zigzag(field(origin), from: previous)
    }
  }
}
