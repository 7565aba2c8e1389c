import Files
import Masking
import Problems
import ShardWriter

/// Parquet files `train-00000.parquet`, …: a required list column for each array, with an explicit
/// schema (int32; int8 for the mask), zstd pages with CRC, and the data set's digest and spec in the footer.
///
/// Format: apache/parquet-format 2.10, parquet.thrift; data pages version 1, which every reader has.
final class ParquetExporter: Exporter {
  private let folder: String
  private let schema: ExportSchema
  private let compressor: ZstdCompressor
  private var columns: [ParquetColumn]
  private var file: TemporaryFile?
  private var fileCount = 0
  private var rowsInGroup = 0
  private var elementsInGroup = 0
  private var groups: [Group] = []

  private struct Group {
    var rows: Int
    var offset: Int
    var chunks: [Chunk]
  }

  private struct Chunk {
    var column: ExportColumn
    var encoding: ParquetEncoding
    var offset: Int
    var levels: Int
    var size: Int
    var uncompressedSize: Int
  }

  /// Elements of a column in a row group at which the next one begins.
  private static let groupElements = 1 << 21

  init(folder: String, schema: ExportSchema) throws(Problem) {
    self.folder = folder
    self.schema = schema
    let compressor = try ZstdCompressor(level: schema.level)
    self.compressor = compressor
    columns = schema.columns.map { ParquetColumn($0, schema: schema, compressor: compressor) }
  }

  func append(_ row: Int, of rows: Rows) throws(Problem) {
    for index in columns.indices { try columns[index].append(row, of: rows) }
    rowsInGroup += 1
    elementsInGroup += schema.length ?? rows.tokenRange(ofRow: row).count
    if elementsInGroup >= Self.groupElements { try writeGroup() }
  }

  /// Ends the last file; without rows, an empty one, so that readers find the schema.
  func finish() throws(Problem) {
    try writeGroup()
    if file != nil || fileCount == 0 { try finishFile() }
  }

  private func openFile() throws(Problem) -> TemporaryFile {
    if let file { return file }
    let name = "train-\(ExportFolder.digits(fileCount))\(schema.parquetSuffix)"
    let opened = try TemporaryFile(name: name, in: folder)
    try opened.write(Array("PAR1".utf8))
    file = opened
    fileCount += 1
    return opened
  }

  private func writeGroup() throws(Problem) {
    guard rowsInGroup > 0 else { return }
    let file = try openFile()
    var group = Group(rows: rowsInGroup, offset: file.size, chunks: [])
    for index in columns.indices {
      try columns[index].flushPage()
      let column = columns[index]
      group.chunks.append(
        Chunk(
          column: column.column, encoding: column.encoding, offset: file.size,
          levels: column.levels, size: column.pages.count,
          uncompressedSize: column.uncompressedSize))
      try file.write(column.pages)
      columns[index].reset()
    }
    groups.append(group)
    rowsInGroup = 0
    elementsInGroup = 0
    if file.size >= schema.fileSize { try finishFile() }
  }

  private func finishFile() throws(Problem) {
    let file = try openFile()
    var bytes = footer()
    bytes.append(little: UInt32(bytes.count))
    bytes += "PAR1".utf8
    try file.write(bytes)
    try file.publish()
    self.file = nil
    groups = []
  }

  /// FileMetaData of parquet.thrift.
  private func footer() -> [UInt8] {
    var writer = ThriftWriter()
    writer.i32(1, 2)
    writer.structures(2, SchemaElement.elements(of: schema.columns)) { $1.write(to: &$0) }
    writer.i64(3, groups.reduce(0) { $0 + $1.rows })
    writer.structures(4, Array(groups.enumerated())) { writer, element in
      Self.write(element.element, ordinal: element.offset, to: &writer)
    }
    let facts =
      [("prep.digest", Array(schema.digest.utf8)), ("prep.spec", schema.spec)]
      + (schema.learn.map { [("prep.learn", Array($0.utf8))] } ?? [])
    writer.structures(5, facts) { writer, fact in
      writer.string(1, fact.0.utf8)
      writer.string(2, fact.1)
    }
    writer.string(6, "prep version 1".utf8)
    writer.end()
    return writer.bytes
  }

  /// RowGroup, with its ColumnChunks.
  private static func write(_ group: Group, ordinal: Int, to writer: inout ThriftWriter) {
    writer.structures(1, group.chunks) { writer, chunk in
      writer.i64(2, chunk.offset)
      writer.structure(3) { data in
        data.i32(1, SchemaElement.type(of: chunk.column))
        data.i32s(2, [ParquetEncoding.rle.rawValue, chunk.encoding.rawValue])
        data.strings(3, [chunk.column.name, "list", "element"])
        data.i32(4, 6)  // ZSTD
        data.i64(5, chunk.levels)
        data.i64(6, chunk.uncompressedSize)
        data.i64(7, chunk.size)
        data.i64(9, chunk.offset)
      }
    }
    writer.i64(2, group.chunks.reduce(0) { $0 + $1.uncompressedSize })
    writer.i64(3, group.rows)
    writer.i64(5, group.offset)
    writer.i64(6, group.chunks.reduce(0) { $0 + $1.size })
    if let ordinal = Int16(exactly: ordinal) { writer.i16(7, ordinal) }
  }
}

/// One node of a Parquet schema, depth first.
private struct SchemaElement {
  var name: String
  /// parquet.thrift's Type; nil for a group.
  var type: Int32?
  /// 0 required, 2 repeated; nil for the root.
  var repetition: Int32?
  var children = 0
  var column: ExportColumn?
  var isList = false

  /// INT32, or FLOAT for weights.
  static func type(of column: ExportColumn) -> Int32 { column.element == .float32 ? 4 : 1 }

  /// For each column: a required list of required elements.
  static func elements(of columns: [ExportColumn]) -> [SchemaElement] {
    var elements = [SchemaElement(name: "schema", children: columns.count)]
    for column in columns {
      elements.append(
        SchemaElement(name: column.name, repetition: 0, children: 1, isList: true))
      elements.append(SchemaElement(name: "list", repetition: 2, children: 1))
      elements.append(
        SchemaElement(name: "element", type: type(of: column), repetition: 0, column: column))
    }
    return elements
  }

  func write(to writer: inout ThriftWriter) {
    if let type { writer.i32(1, type) }
    if let repetition { writer.i32(3, repetition) }
    writer.string(4, name.utf8)
    if children > 0 { writer.i32(5, Int32(children)) }
    if isList {
      writer.i32(6, 3)
      writer.structure(10) { $0.structure(3) { _ in } }
    } else if let column, column.element != .float32 {
      let bits: Int8 = column.element == .int8 ? 8 : 32
      writer.i32(6, bits == 8 ? 15 : 17)
      writer.structure(10) { logical in
        logical.structure(10) { integer in
          integer.i8(1, bits)
          integer.bool(2, true)
        }
      }
    }
  }
}
