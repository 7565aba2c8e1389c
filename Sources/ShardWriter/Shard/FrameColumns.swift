import Files
import Masking
import Problems

/// The small columns of a data frame as they are stored: counts, gaps and differences instead of positions.
/// Layout: docs/FORMAT.md, "Data frame".
struct FrameColumns {
  var samplesPerRow: [UInt32] = []
  var runsPerSample: [UInt32] = []
  /// Tokens of a sample behind its last run.
  var tails: [UInt32] = []
  /// Tokens before a run, since the run before it or the sample's start.
  var gaps: [UInt32] = []
  /// Tokens of a run.
  var counts: [UInt32] = []
  var places: [SamplePlace] = []
  /// Bit patterns of the runs' weights; empty where all are 1.
  var weights: [UInt32] = []

  static let weightsFlag: UInt8 = 1

  /// Appends the columns in their stored order.
  func append(to bytes: inout [UInt8]) {
    for column in [samplesPerRow, runsPerSample, tails, gaps, counts] {
      ByteColumn.append(column, to: &bytes)
    }
    ByteColumn.append(differences { $0.line }, to: &bytes)
    ByteColumn.append(differences { $0.byteOffset }, to: &bytes)
    ByteColumn.append(places.map(\.sampleIndex), to: &bytes)
    if !weights.isEmpty { ByteColumn.append(weights, to: &bytes) }
  }

  private func differences(_ field: (SamplePlace) -> UInt32) -> [UInt32] {
    var previous: UInt32 = 0
    return places.map { place in
      defer { previous = field(place) }
      return ByteColumn.zigzag(field(place), from: previous)
    }
  }

  init() {}

  /// Reads what `append` wrote; nil where it does not have the sizes of the head.
  init?(_ head: FrameHead, from cursor: inout ByteCursor) {
    // A width of 0 needs no bytes, so a damaged count could ask for any amount of memory. Each row, sample and run has a token.
    guard max(head.rows, head.samples, head.runs) <= head.tokens,
      2 * head.tokens <= cursor.remaining,
      let samplesPerRow = ByteColumn.read(head.rows, from: &cursor),
      let runsPerSample = ByteColumn.read(head.samples, from: &cursor),
      let tails = ByteColumn.read(head.samples, from: &cursor),
      let gaps = ByteColumn.read(head.runs, from: &cursor),
      let counts = ByteColumn.read(head.runs, from: &cursor),
      let lines = ByteColumn.read(head.samples, from: &cursor),
      let offsets = ByteColumn.read(head.samples, from: &cursor),
      let indexes = ByteColumn.read(head.samples, from: &cursor)
    else { return nil }
    self.samplesPerRow = samplesPerRow
    self.runsPerSample = runsPerSample
    self.tails = tails
    self.gaps = gaps
    self.counts = counts
    var last = SamplePlace(line: 0, byteOffset: 0)
    places = (0..<head.samples).map { index in
      last = SamplePlace(
        line: ByteColumn.undoZigzag(lines[index], from: last.line),
        byteOffset: ByteColumn.undoZigzag(offsets[index], from: last.byteOffset),
        sampleIndex: indexes[index])
      return last
    }
    if head.hasWeights {
      guard let weights = ByteColumn.read(head.runs, from: &cursor) else { return nil }
      self.weights = weights
    }
  }
}

/// The first bytes of a data frame's content.
struct FrameHead {
  var rows: Int
  var samples: Int
  var runs: Int
  var tokens: Int
  var hasWeights: Bool
  /// Planes of bytes above the low 16 bits of the token ids.
  var highPlanes: Int

  func append(to bytes: inout [UInt8]) {
    for number in [rows, samples, runs, tokens] {
      bytes.append(little: UInt32(truncatingIfNeeded: number))
    }
    bytes.append(hasWeights ? FrameColumns.weightsFlag : 0)
    bytes.append(UInt8(highPlanes))
    bytes.append(little: UInt16(0))
  }

  init(rows: Int, samples: Int, runs: Int, tokens: Int, hasWeights: Bool, highPlanes: Int) {
    self.rows = rows
    self.samples = samples
    self.runs = runs
    self.tokens = tokens
    self.hasWeights = hasWeights
    self.highPlanes = highPlanes
  }

  init(from cursor: inout ByteCursor) throws(Problem) {
    guard let rows: UInt32 = cursor.integer(), let samples: UInt32 = cursor.integer(),
      let runs: UInt32 = cursor.integer(), let tokens: UInt32 = cursor.integer(),
      let flags: UInt8 = cursor.integer(), let planes: UInt8 = cursor.integer(),
      let reserved: UInt16 = cursor.integer()
    else { throw Problem(reason: "the frame's head is missing", remedy: Problem.rerun) }
    guard flags <= FrameColumns.weightsFlag, planes <= 2, reserved == 0 else {
      throw Problem(
        reason: "the frame's head names columns that this prep does not know",
        remedy: Problem.rerun)
    }
    self.init(
      rows: Int(rows), samples: Int(samples), runs: Int(runs), tokens: Int(tokens),
      hasWeights: flags == FrameColumns.weightsFlag, highPlanes: Int(planes))
  }
}
