import Files
import Masking
import Problems

/// Makes rows of the content of a data frame again.
enum FrameDecoder {
  /// Reads a frame's content, checking that every column has its size and that rows, samples and runs fit
  /// into each other: no content can make a later access go out of range. O(content).
  static func rows(decoding content: [UInt8], spec: ShardSpec) throws(Problem) -> Rows {
    func damaged(_ reason: String) -> Problem {
      Problem(reason: "the frame's \(reason)", remedy: Problem.rerun)
    }
    var cursor = ByteCursor(content)
    let head = try FrameHead(from: &cursor)
    guard let columns = FrameColumns(head, from: &cursor),
      let tokens = ByteColumn.readTokens(head.tokens, planes: head.highPlanes, from: &cursor),
      cursor.remaining == 0
    else { throw damaged("columns do not have their sizes") }
    guard let rows = rows(of: tokens, columns, head, alignment: spec.sampleAlignment) else {
      throw damaged("rows, samples and runs do not fit together")
    }
    if spec.idCount > 0, let id = tokens.max(), Int(id) >= spec.idCount {
      throw damaged("token id \(id) is not below the id count \(spec.idCount)")
    }
    return rows
  }

  /// Sums the columns up to positions; nil where the sums do not give the counts of the head.
  private static func rows(
    of tokens: [UInt32], _ columns: FrameColumns, _ head: FrameHead, alignment: Int
  ) -> Rows? {
    var rowStarts = [0]
    var sampleStarts = [0]
    var runStarts = [0]
    var samples: [Range<Int>] = []
    var runs: [Range<Int>] = []
    rowStarts.reserveCapacity(head.rows + 1)
    sampleStarts.reserveCapacity(head.rows + 1)
    runStarts.reserveCapacity(head.rows + 1)
    samples.reserveCapacity(head.samples)
    runs.reserveCapacity(head.runs)
    var token = 0
    for row in 0..<head.rows {
      let rowStart = token
      guard Int(columns.samplesPerRow[row]) <= head.samples - samples.count else { return nil }
      for _ in 0..<columns.samplesPerRow[row] {
        token = rowStart + PackingPlan.aligned(token - rowStart, to: alignment)
        let sample = samples.count
        let start = token
        guard Int(columns.runsPerSample[sample]) <= head.runs - runs.count else { return nil }
        for _ in 0..<columns.runsPerSample[sample] {
          let runStart = token + Int(columns.gaps[runs.count])
          token = runStart + Int(columns.counts[runs.count])
          guard token <= head.tokens, runStart < token else { return nil }
          runs.append(runStart..<token)
        }
        token += Int(columns.tails[sample])
        guard token <= head.tokens else { return nil }
        samples.append(start..<token)
      }
      rowStarts.append(token)
      sampleStarts.append(samples.count)
      runStarts.append(runs.count)
    }
    guard token == head.tokens, samples.count == head.samples, runs.count == head.runs
    else { return nil }
    return Rows(
      tokens: tokens, rowStarts: rowStarts, sampleStarts: sampleStarts, samples: samples,
      places: columns.places, runStarts: runStarts, runs: runs,
      weights: columns.weights.map { Float(bitPattern: $0) })
  }
}

extension Rows {
  /// Bytes that the rows take in memory, nearly.
  var memorySize: Int {
    4 * (tokens.count + weights.count) + 8 * 3 * rowStarts.count
      + 16 * (samples.count + runs.count) + 12 * places.count
  }
}
