import Files
import Masking
import Problems
import ShardWriter

/// One `.npy` file a column, to be mapped into memory (`numpy.load(…, mmap_mode="r")`): of shape
/// (rows, length) where rows are padded. Where they are not, columns are flat, and row `r` is
/// `column[offsets[r]:offsets[r + 1]]`, with `offsets.npy` (`seq_offsets.npy` for `seq_lengths`).
///
/// Format: numpy.lib.format, version 1.0; the header is padded to 64 bytes.
final class NPYExporter: Exporter {
  private let schema: ExportSchema
  private var writer: ColumnWriter
  private var columns: [(column: ExportColumn, file: TemporaryFile, buffer: [UInt8], count: Int)] =
    []
  private var offsets: OffsetsFile?
  private var sequenceOffsets: OffsetsFile?

  private static let headerSize = 128
  private static let bufferSize = 1 << 20

  init(folder: String, schema: ExportSchema) throws(Problem) {
    self.schema = schema
    writer = ColumnWriter(schema)
    for column in schema.columns {
      let file = try TemporaryFile(name: column.name + ".npy", in: folder)
      try file.write([UInt8](repeating: 0, count: Self.headerSize))
      columns.append((column, file, [], 0))
    }
    if schema.length == nil { offsets = try OffsetsFile("offsets.npy", in: folder) }
    if schema.columns.contains(where: \.declaration.content.isOfSamples) {
      sequenceOffsets = try OffsetsFile("seq_offsets.npy", in: folder)
    }
  }

  func append(_ row: Int, of rows: Rows, at _: ExportPlace) throws(Problem) {
    for index in columns.indices {
      let column = columns[index].column
      writer.append(column, row, of: rows, to: &columns[index].buffer)
      columns[index].count += writer.count(column, row, of: rows)
      if columns[index].buffer.count >= Self.bufferSize { try flush(index) }
    }
    try offsets?.append(writer.length(row, of: rows))
    try sequenceOffsets?.append(rows.sampleRange(ofRow: row).count)
  }

  func finish() throws(Problem) {
    for index in columns.indices {
      try flush(index)
      let (column, file, _, count) = columns[index]
      let shape =
        if let length = schema.length, !column.declaration.content.isOfSamples {
          [schema.rows, length]
        } else {
          [count]
        }
      try file.write(Self.header(column.arrayElement.description, shape: shape), at: 0)
      try file.publish()
    }
    try offsets?.finish()
    try sequenceOffsets?.finish()
  }

  private func flush(_ index: Int) throws(Problem) {
    try columns[index].file.write(columns[index].buffer)
    columns[index].buffer.removeAll(keepingCapacity: true)
  }

  /// A header of 128 bytes for an array of `shape`.
  fileprivate static func header(_ description: String, shape: [Int]) -> [UInt8] {
    let numbers = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let dictionary = "{'descr': '\(description)', 'fortran_order': False, 'shape': (\(numbers)), }"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes.append(little: UInt16(headerSize - 10))
    bytes += dictionary.utf8
    bytes += repeatElement(UInt8(ascii: " "), count: max(0, headerSize - 1 - bytes.count))
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  /// An `.npy` file of int64 sums: 0, then the end of each row.
  private final class OffsetsFile {
    private let file: TemporaryFile
    private var buffer: [UInt8] = []
    private var sum: Int64 = 0
    private var count = 1

    init(_ name: String, in folder: String) throws(Problem) {
      file = try TemporaryFile(name: name, in: folder)
      try file.write([UInt8](repeating: 0, count: headerSize))
      buffer.append(little: sum)
    }

    func append(_ elements: Int) throws(Problem) {
      sum += Int64(elements)
      count += 1
      buffer.append(little: sum)
      guard buffer.count >= bufferSize else { return }
      try file.write(buffer)
      buffer.removeAll(keepingCapacity: true)
    }

    func finish() throws(Problem) {
      try file.write(buffer)
      try file.write(NPYExporter.header("<i8", shape: [count]), at: 0)
      try file.publish()
    }
  }
}
