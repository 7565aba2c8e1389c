import Files
import Masking
import Problems

/// Cuts rows into the contents of data frames. Layout: docs/FORMAT.md, "Data frame".
struct FrameEncoder {
  private let rows: Rows
  private let spec: ShardSpec
  private var next = 0

  /// Tokens of a frame; a row that alone has more gets a frame of its own.
  static let tokensPerFrame = 1 << 18
  private let tokensPerFrame: Int

  init(_ rows: Rows, spec: ShardSpec, tokensPerFrame: Int = Self.tokensPerFrame) {
    self.rows = rows
    self.spec = spec
    self.tokensPerFrame = tokensPerFrame
  }

  /// What a frame holds, beside its bytes.
  struct Frame {
    var content: [UInt8]
    var rows: Range<Int>
    var samples: Int
    var tokens: Int
    var hasWeights: Bool
    /// The classes of its tokens; nil where they are not known.
    var classes: [UInt8]?
  }

  /// The next frame's rows; nil when all are done. Throws on rows that no reader could take back.
  mutating func nextFrame() throws(Problem) -> Frame? {
    guard next < rows.count else { return nil }
    let first = next
    repeat {
      next += 1
    } while next < rows.count
      && rows.rowStarts[next + 1] - rows.rowStarts[first] <= tokensPerFrame
    return try frame(first..<next)
  }

  private func frame(_ range: Range<Int>) throws(Problem) -> Frame {
    let tokens = rows.tokens[rows.rowStarts[range.lowerBound]..<rows.rowStarts[range.upperBound]]
    guard tokens.count < 1 << 29 else {
      throw invalid(
        "row \(range.lowerBound) has \(tokens.count) tokens: more than a frame can hold")
    }
    if spec.idCount > 0, let id = tokens.max(), Int(id) >= spec.idCount {
      throw invalid("token id \(id) is not below the tokenizer's id count \(spec.idCount)")
    }
    var columns = FrameColumns()
    for row in range { try append(row, to: &columns) }
    let runs = rows.runStarts[range.lowerBound]..<rows.runStarts[range.upperBound]
    if !rows.weights.isEmpty, rows.weights[runs].contains(where: { $0 != 1 }) {
      columns.weights = rows.weights[runs].map(\.bitPattern)
    }
    let all = tokens.reduce(0, |)
    let head = FrameHead(
      rows: range.count, samples: columns.places.count, runs: runs.count, tokens: tokens.count,
      hasWeights: !columns.weights.isEmpty, highPlanes: all >> 16 == 0 ? 0 : all >> 24 == 0 ? 1 : 2)
    var content: [UInt8] = []
    content.reserveCapacity(tokens.count * (2 + head.highPlanes) + head.samples * 24 + 64)
    head.append(to: &content)
    columns.append(to: &content)
    ByteColumn.appendTokens(tokens, planes: head.highPlanes, to: &content)
    return Frame(
      content: content, rows: range, samples: head.samples, tokens: tokens.count,
      hasWeights: head.hasWeights,
      classes: rows.classes.isKnown
        ? ClassColumns(
          rows,
          samples: rows.sampleStarts[range.lowerBound]..<rows.sampleStarts[range.upperBound],
          firstRun: runs.lowerBound
        ).encoded : nil)
  }

  /// Appends one row to the columns, checking that samples and runs lie where they must.
  private func append(_ row: Int, to columns: inout FrameColumns) throws(Problem) {
    let range = rows.tokenRange(ofRow: row)
    let runs = rows.runRange(ofRow: row)
    var run = runs.lowerBound
    var end = range.lowerBound
    for number in rows.sampleRange(ofRow: row) {
      let sample = rows.samples[number]
      let start =
        range.lowerBound
        + PackingPlan.aligned(end - range.lowerBound, to: spec.sampleAlignment)
      guard sample.lowerBound == start else {
        throw invalid("row \(row): a sample does not begin where the one before it ends")
      }
      end = sample.lowerBound
      let firstRun = run
      while run < runs.upperBound, rows.runs[run].lowerBound < sample.upperBound {
        let tokens = rows.runs[run]
        guard tokens.lowerBound >= end, !tokens.isEmpty, tokens.upperBound <= sample.upperBound
        else {
          throw invalid("row \(row): a supervised run lies outside its sample or over another run")
        }
        columns.gaps.append(UInt32(truncatingIfNeeded: tokens.lowerBound - end))
        columns.counts.append(UInt32(truncatingIfNeeded: tokens.count))
        end = tokens.upperBound
        run += 1
      }
      columns.runsPerSample.append(UInt32(truncatingIfNeeded: run - firstRun))
      columns.tails.append(UInt32(truncatingIfNeeded: sample.upperBound - end))
      columns.places.append(rows.places[number])
      end = sample.upperBound
    }
    guard end == range.upperBound, run == runs.upperBound else {
      throw invalid("row \(row): its samples and runs do not make up its \(range.count) tokens")
    }
    columns.samplesPerRow.append(UInt32(truncatingIfNeeded: rows.sampleRange(ofRow: row).count))
  }

  private func invalid(_ reason: String) -> Problem {
    Problem(
      kind: .unusable, part: "rows to write", reason: reason,
      remedy: "this is a bug in prep: please report it")
  }
}
