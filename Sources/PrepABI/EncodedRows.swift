import CPrepABI
import InstructionFormat
import Masking
import Pipeline
import Problems
import Tokenizer

/// A pipeline and what its handle keeps.
final class OpenPipeline: Sendable {
  let spec: RunSpec
  private let encoders: Pool<RecordEncoder>

  init(_ options: RunOptions) throws(Problem) {
    let (spec, tokenizer) = try options.resolve()
    self.spec = spec
    encoders = Pool { RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder()) }
  }

  func encode(_ batch: TextBatch, threads: Int32) throws(Problem) -> EncodedRows {
    guard batch.count <= Int(UInt32.max) else { throw .argument("too many records for a batch") }
    let parts = try batch.map(threads: threads) { (records) throws(Problem) in
      try self.encoders.use { (encoder) throws(Problem) in
        Self.encode(records, of: batch, with: encoder)
      }
    }
    var rows = Rows()
    for part in parts { rows.append(part.rows) }
    return EncodedRows(
      rows: spec.packed(rows), rejects: parts.flatMap(\.rejects), padID: spec.padID)
  }

  /// What consecutive records became; the place's line is the record's index in the batch.
  private struct Part: Sendable {
    var rows = Rows()
    var rejects: [EncodedRows.Reject] = []
  }

  private static func encode(
    _ records: Range<Int>, of batch: TextBatch, with encoder: RecordEncoder
  ) -> Part {
    var part = Part()
    for record in records {
      do throws(Problem) {
        try unsafe batch.bytes.withUnsafeBufferPointer { (bytes) throws(Problem) in
          let text = unsafe UnsafeBufferPointer(rebasing: bytes[batch.range(of: record)])
          unsafe try encoder.encode(padded: text) { sample, _, _, index in
            part.rows.append(
              sample,
              place: SamplePlace(
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

/// The rows of a batch of records, and the records that gave none.
final class EncodedRows: Sendable {
  let rows: Rows
  let rejects: [Reject]
  let padID: UInt32

  struct Reject: Sendable {
    var record: Int64
    var reason: CText
    var message: CText
  }

  init(rows: Rows, rejects: [Reject], padID: UInt32) {
    self.rows = rows
    self.rejects = rejects
    self.padID = padID
  }

  /// Index in the batch of a row's first record.
  func record(ofRow row: Int) -> Int64 { Int64(rows.places[rows.sampleStarts[row]].line) }
}
