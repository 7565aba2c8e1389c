import Files
import JSONText
import Masking
import Problems
import ShardWriter

/// A folder as `datasets.Dataset.save_to_disk` leaves it, which `datasets.load_from_disk` maps into memory:
/// `data-00000.arrow`, … (Arrow IPC streams), and `state.json`, which lists them.
///
/// Format: huggingface/datasets, `src/datasets/arrow_dataset.py`, `save_to_disk` and `load_from_disk`. The features of
/// `dataset_info.json` are left out, so that they are those of the Arrow schema in every version of `datasets`:
/// the names of its feature types changed between them.
final class ArrowExporter: Exporter {
  private let folder: String
  private let schema: ExportSchema
  private let writer: ColumnWriter
  private let elements: [ExportElement]
  private var batch: [ArrowMessage.Lists]
  private var rowsInBatch = 0
  private var file: TemporaryFile?
  private var files: [String] = []
  private var integers: [Int32] = []

  /// Bytes of a column in a batch at which the next one begins; a file has at least one batch.
  private static let batchSize = 1 << 23

  init(folder: String, schema: ExportSchema) throws(Problem) {
    self.folder = folder
    self.schema = schema
    writer = ColumnWriter(schema)
    elements = schema.columns.map(\.element)
    batch = schema.columns.map { _ in ArrowMessage.Lists() }
  }

  func append(_ row: Int, of rows: Rows, at _: ExportPlace) throws(Problem) {
    for (index, column) in schema.columns.enumerated() {
      switch elements[index] {
      case .float32:
        var writer = writer
        writer.append(column, row, of: rows, to: &batch[index].elements)
      case let element:
        integers.removeAll(keepingCapacity: true)
        writer.append(column, row, of: rows, to: &integers)
        if element == .int8 {
          batch[index].elements.append(
            contentsOf: integers.lazy.map { UInt8(truncatingIfNeeded: $0) })
        } else {
          batch[index].elements.append(littles: integers)
        }
      }
      batch[index].offsets.append(
        Int32(clamping: batch[index].elements.count / elements[index].size))
    }
    rowsInBatch += 1
    let limit = min(Self.batchSize, schema.fileSize)
    if batch.contains(where: { $0.elements.count >= limit }) { try writeBatch() }
  }

  private func openFile() throws(Problem) -> TemporaryFile {
    if let file { return file }
    let opened = try TemporaryFile(
      name: "data-\(ExportFolder.digits(files.count)).arrow", in: folder)
    try opened.write(
      ArrowMessage.schema(
        zip(schema.columns, elements).map { ArrowMessage.Column(name: $0.name, element: $1) }))
    files.append(opened.name)
    file = opened
    return opened
  }

  private func writeBatch() throws(Problem) {
    guard rowsInBatch > 0 else { return }
    let file = try openFile()
    try file.write(ArrowMessage.batch(batch, of: elements, rows: rowsInBatch))
    for index in batch.indices {
      batch[index].offsets.removeSubrange(1...)
      batch[index].elements.removeAll(keepingCapacity: true)
    }
    rowsInBatch = 0
    if file.size >= schema.fileSize { try finishFile() }
  }

  private func finishFile() throws(Problem) {
    let file = try openFile()
    try file.write(ArrowMessage.end)
    try file.publish()
    self.file = nil
  }

  /// Ends the last file; without rows, an empty one, so that readers find the schema.
  func finish() throws(Problem) {
    try writeBatch()
    if file != nil || files.isEmpty { try finishFile() }
    try AtomicFile.write(Array("{}\n".utf8), name: "dataset_info.json", in: folder)
    var state = JSONWriter()
    state.beginObject()
    state.array("_data_files", files) { name, writer in
      writer.beginObject()
      writer.key("filename")
      writer.string(name)
      writer.endObject()
    }
    // By it `datasets` knows what it derived from these rows.
    state.key("_fingerprint")
    state.string(String(schema.digest.prefix(16)))
    for key in ["_format_columns", "_format_type", "_split"] {
      state.key(key)
      state.null()
    }
    state.key("_format_kwargs")
    state.beginObject()
    state.endObject()
    state.key("_output_all_columns")
    state.bool(false)
    state.endObject()
    state.newline()
    try AtomicFile.write(state.bytes, name: "state.json", in: folder)
  }
}
