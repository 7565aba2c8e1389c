import CPrepABI
import InstructionFormat
import Masking
import Pipeline
import Tokenizer

/// A pipeline and what its handle keeps.
final class OpenPipeline: Sendable {
  let spec: RunSpec
  private let encoders: Pool<RecordEncoder>

  init(_ options: RunOptions) throws(Failure) {
    do throws(RunError) {
      let (spec, tokenizer) = try options.resolve()
      self.spec = spec
      encoders = Pool { RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder()) }
    } catch {
      if case .tokenizer(let error) = error { throw Failure(error) }
      throw .spec("\(error)")
    }
  }

  func encode(_ batch: TextBatch, threads: Int32) throws(Failure) -> EncodedRows {
    guard batch.count <= Int(UInt32.max) else { throw .argument("too many records for a batch") }
    let parts = try batch.map(threads: threads) { (records) throws(Failure) in
      try self.encoders.use { (encoder) throws(Failure) in
        Self.encode(records, of: batch, with: encoder)
      }
    }
    var rows = RowBatch()
    for part in parts { rows.append(part.rows) }
    guard rows.tokens.count <= Int(UInt32.max) else {
      throw .argument("the rows have more than 2^32 tokens: encode fewer records at once")
    }
    return EncodedRows(
      spec.packed(rows), rejects: parts.flatMap(\.rejects), padID: spec.padID,
      segmentAlignment: spec.segmentAlignment)
  }

  /// What consecutive records became; the origin's line is the record's index in the batch.
  private struct Part: Sendable {
    var rows = RowBatch()
    var rejects: [EncodedRows.Reject] = []
  }

  private static func encode(
    _ records: Range<Int>, of batch: TextBatch, with encoder: RecordEncoder
  ) -> Part {
    var part = Part()
    for record in records {
      do throws(RecordError) {
        try unsafe batch.bytes.withUnsafeBufferPointer { (bytes) throws(RecordError) in
          let text = unsafe UnsafeBufferPointer(rebasing: bytes[batch.range(of: record)])
          unsafe try encoder.encode(padded: text) { sample, _, _, index in
            part.rows.beginRow()
            part.rows.appendSegment(
              tokens: sample.tokens, runs: sample.runs, weights: sample.weights,
              origin: SampleOrigin(
                line: UInt32(truncatingIfNeeded: record), byteOffset: 0,
                sampleIndex: UInt32(truncatingIfNeeded: index)))
          }
        }
      } catch {
        part.rejects.append(
          EncodedRows.Reject(
            record: Int64(record), reason: CText(error.kind.rawValue),
            message: CText(error.description)))
      }
    }
    return part
  }
}

/// The rows of a batch of records.
final class EncodedRows: RowColumns, Sendable {
  let tokens: [UInt32]
  let rowStarts: [UInt32]
  let segmentStarts: [UInt32]
  let segments: [Range<UInt32>]
  let runStarts: [UInt32]
  let runs: [Range<UInt32>]
  let runWeights: [Float]
  /// Index in the batch of each row's first record.
  let records: [Int64]
  let rejects: [Reject]
  let padID: UInt32

  struct Reject: Sendable {
    var record: Int64
    var reason: CText
    var message: CText
  }

  var rowCount: Int { records.count }

  /// O(rows + segments + runs); `batch` has at most 2^32 tokens.
  init(_ batch: RowBatch, rejects: [Reject], padID: UInt32, segmentAlignment: Int) {
    tokens = batch.tokens
    runWeights = batch.runWeights
    rowStarts = Self.starts(batch.rowLengths)
    segmentStarts = Self.starts(batch.segmentCounts)
    runStarts = Self.starts(batch.runCounts)
    var segments: [Range<UInt32>] = []
    var runs: [Range<UInt32>] = []
    var records: [Int64] = []
    for row in 0..<batch.rowCount {
      let base = rowStarts[row]
      var place = 0
      for index in Int(segmentStarts[row])..<Int(segmentStarts[row + 1]) {
        place = PackingPlan.aligned(place, to: segmentAlignment)
        let begin = base + UInt32(place)
        segments.append(begin..<begin + batch.segmentLengths[index])
        place += Int(batch.segmentLengths[index])
      }
      for run in batch.runs[Int(runStarts[row])..<Int(runStarts[row + 1])] {
        runs.append(base + run.start..<base + run.start + run.count)
      }
      records.append(Int64(batch.origins[Int(segmentStarts[row])].line))
    }
    self.segments = segments
    self.runs = runs
    self.records = records
    self.rejects = rejects
    self.padID = padID
  }

  private static func starts(_ counts: [UInt32]) -> [UInt32] {
    var starts: [UInt32] = [0]
    starts.reserveCapacity(counts.count + 1)
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    return starts
  }
}
