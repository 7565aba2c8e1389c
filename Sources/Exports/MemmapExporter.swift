import Files
import Masking
import Problems
import ShardWriter

/// OLMo-core's memory maps, without header: `token_ids_part_00000.npy` (u16 where every id fits, else u32),
/// `labels_mask_part_00000.npy` (a byte a token, 1 where it is learned; not shifted), and
/// `token_ids_part_00000.csv.gz`, a line `start,end` for each sample.
///
/// A sample is a document. Padding between packed samples is left out, and the first token of a sample is never
/// learned: OLMo-core joins documents and shifts over what it joined.
/// Format: allenai/OLMo-core 3.0, `src/olmo_core/data/numpy_dataset.py` and `utils.py` (`iter_document_indices`).
final class MemmapExporter: Exporter {
  private let folder: String
  private let schema: ExportSchema
  private var part: Part?
  private var partCount = 0
  private var ids: [UInt32] = []
  private var mask: [UInt8] = []

  init(folder: String, schema: ExportSchema) throws(Problem) {
    self.folder = folder
    self.schema = schema
  }

  func append(_ row: Int, of rows: Rows, at _: ExportPlace) throws(Problem) {
    let range = rows.tokenRange(ofRow: row)
    ids.removeAll(keepingCapacity: true)
    mask.removeAll(keepingCapacity: true)
    ids.append(zeros: range.count) { rows.fill(row, .inputIDs(pad: 0), into: &$0) }
    mask.append(zeros: range.count) { rows.fill(row, .lossMask(masksFirst: true), into: &$0) }
    let part = try openPart()
    for sample in rows.samples[rows.sampleRange(ofRow: row)] {
      let tokens = sample.lowerBound - range.lowerBound..<sample.upperBound - range.lowerBound
      try part.append(ids[tokens], mask[tokens])
    }
    if part.size >= schema.fileSize { try finishPart() }
  }

  private func openPart() throws(Problem) -> Part {
    if let part { return part }
    let opened = try Part(partCount, in: folder, isNarrow: schema.fits16Bits)
    part = opened
    partCount += 1
    return opened
  }

  private func finishPart() throws(Problem) {
    try openPart().finish()
    part = nil
  }

  func finish() throws(Problem) {
    if part != nil || partCount == 0 { try finishPart() }
  }

  /// The three files of one part.
  private final class Part {
    private let isNarrow: Bool
    private let ids: TemporaryFile
    private let mask: TemporaryFile
    private let bounds: TemporaryFile
    private let gzip: GzipWriter
    private var idBytes: [UInt8] = []
    private var maskBytes: [UInt8] = []
    private var lines: [UInt8] = []
    private var tokens = 0

    init(_ number: Int, in folder: String, isNarrow: Bool) throws(Problem) {
      let digits = ExportFolder.digits(number)
      guard let gzip = GzipWriter() else {
        throw Problem(kind: .unusable, reason: "gzip needs more memory than there is")
      }
      self.gzip = gzip
      self.isNarrow = isNarrow
      ids = try TemporaryFile(name: "token_ids_part_\(digits).npy", in: folder)
      mask = try TemporaryFile(name: "labels_mask_part_\(digits).npy", in: folder)
      bounds = try TemporaryFile(name: "token_ids_part_\(digits).csv.gz", in: folder)
    }

    /// Bytes of ids.
    var size: Int { tokens * (isNarrow ? 2 : 4) }

    func append(_ newIDs: ArraySlice<UInt32>, _ newMask: ArraySlice<UInt8>) throws(Problem) {
      if isNarrow {
        idBytes.append(littles: newIDs.map { UInt16(truncatingIfNeeded: $0) })
      } else {
        idBytes.append(littles: Array(newIDs))
      }
      maskBytes += newMask
      lines += "\(tokens),\(tokens + newIDs.count)\n".utf8
      tokens += newIDs.count
      if idBytes.count >= 1 << 20 { try flush(atEnd: false) }
    }

    private func flush(atEnd: Bool) throws(Problem) {
      try ids.write(idBytes)
      try mask.write(maskBytes)
      var compressed: [UInt8] = []
      gzip.append(lines, atEnd: atEnd, to: &compressed)
      try bounds.write(compressed)
      idBytes.removeAll(keepingCapacity: true)
      maskBytes.removeAll(keepingCapacity: true)
      lines.removeAll(keepingCapacity: true)
    }

    func finish() throws(Problem) {
      try flush(atEnd: true)
      try mask.publish()
      try bounds.publish()
      try ids.publish()
    }
  }
}
