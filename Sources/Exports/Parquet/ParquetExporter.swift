import Files
import Masking
import Problems
import ShardWriter

/// Parquet files `train-00000.parquet`, …: a required list column for each array, with an explicit
/// schema (int32; int8 for the mask), and where each row comes from; zstd pages with CRC, statistics and a page index,
/// and the data set's digest and spec in the footer.
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
    var bounds: (minimum: [UInt8], maximum: [UInt8])?
    var nulls: Int
    var index: ParquetPageIndex
    /// Where the two parts of the page index lie, when they are written.
    var offsetIndex = 0..<0
    var columnIndex = 0..<0
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

  func append(_ row: Int, of rows: Rows, at place: ExportPlace) throws(Problem) {
    for index in columns.indices { try columns[index].append(row, of: rows, at: place) }
    rowsInGroup += 1
    elementsInGroup += schema.length ?? rows.tokenRange(ofRow: row).count
    if elementsInGroup >= min(Self.groupElements, schema.fileSize) { try writeGroup() }
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
          uncompressedSize: column.uncompressedSize, bounds: column.bounds, nulls: column.nulls,
          index: column.index))
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
    try writePageIndex(to: file)
    var bytes = footer()
    bytes.append(little: UInt32(bytes.count))
    bytes += "PAR1".utf8
    try file.write(bytes)
    try file.publish()
    self.file = nil
    groups = []
  }

  /// The page index lies between the last row group and the footer: first what the values are, then where they are.
  private func writePageIndex(to file: TemporaryFile) throws(Problem) {
    for group in groups.indices {
      for chunk in groups[group].chunks.indices where groups[group].chunks[chunk].index.hasBounds {
        let start = file.size
        try file.write(groups[group].chunks[chunk].index.columnIndex)
        groups[group].chunks[chunk].columnIndex = start..<file.size
      }
    }
    for group in groups.indices {
      for chunk in groups[group].chunks.indices {
        let start = file.size
        let entry = groups[group].chunks[chunk]
        try file.write(entry.index.offsetIndex(chunk: entry.offset))
        groups[group].chunks[chunk].offsetIndex = start..<file.size
      }
    }
  }

  /// FileMetaData of parquet.thrift.
  private func footer() -> [UInt8] {
    var writer = ThriftWriter()
    writer.i32(1, 2)
    writer.structures(
      2, ParquetSchemaElement.elements(of: schema.columns, isPacked: schema.isPacked)
    ) { $1.write(to: &$0) }
    writer.i64(3, groups.reduce(0) { $0 + $1.rows })
    writer.structures(4, Array(groups.enumerated())) { writer, element in
      write(element.element, ordinal: element.offset, to: &writer)
    }
    let facts =
      [("prep.digest", Array(schema.digest.utf8)), ("prep.spec", schema.spec)]
      + (schema.learn.map { [("prep.learn", Array($0.utf8))] } ?? [])
    writer.structures(5, facts) { writer, fact in
      writer.string(1, fact.0.utf8)
      writer.string(2, fact.1)
    }
    writer.string(6, "prep version 1".utf8)
    // Without an order of its values a column's statistics mean nothing: that of their type.
    writer.structures(7, schema.columns) { writer, _ in writer.structure(1) { _ in } }
    writer.end()
    return writer.bytes
  }

  /// RowGroup, with its ColumnChunks.
  private func write(_ group: Group, ordinal: Int, to writer: inout ThriftWriter) {
    writer.structures(1, group.chunks) { writer, chunk in
      writer.i64(2, chunk.offset)
      writer.structure(3) { data in
        data.i32(1, ParquetSchemaElement.type(of: chunk.column))
        data.i32s(2, [ParquetEncoding.rle.rawValue, chunk.encoding.rawValue])
        data.strings(3, ParquetSchemaElement.path(of: chunk.column, isPacked: schema.isPacked))
        data.i32(4, 6)  // ZSTD
        data.i64(5, chunk.levels)
        data.i64(6, chunk.uncompressedSize)
        data.i64(7, chunk.size)
        data.i64(9, chunk.offset)
        data.structure(12) { statistics in
          statistics.i64(3, chunk.nulls)
          guard let bounds = chunk.bounds else { return }
          statistics.string(5, bounds.maximum)
          statistics.string(6, bounds.minimum)
        }
      }
      writer.i64(4, chunk.offsetIndex.lowerBound)
      writer.i32(5, Int32(chunk.offsetIndex.count))
      guard chunk.index.hasBounds else { return }
      writer.i64(6, chunk.columnIndex.lowerBound)
      writer.i32(7, Int32(chunk.columnIndex.count))
    }
    writer.i64(2, group.chunks.reduce(0) { $0 + $1.uncompressedSize })
    writer.i64(3, group.rows)
    writer.i64(5, group.offset)
    writer.i64(6, group.chunks.reduce(0) { $0 + $1.size })
    if let ordinal = Int16(exactly: ordinal) { writer.i16(7, ordinal) }
  }
}
