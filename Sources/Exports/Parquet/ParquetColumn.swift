import CZlib
import Files
import Masking
import Problems
import ShardWriter

/// One column of the row group in the making: a list a row, or one value a row. Values are gathered into pages, and
/// pages are compressed at once.
struct ParquetColumn {
  let column: ExportColumn
  /// Whether a row has one value, not a list: then there are no levels.
  let isScalar: Bool
  private let compressor: ZstdCompressor
  private let writer: ColumnWriter
  private var repetition = ParquetLevels()
  private var definition = ParquetLevels()
  private var values: ParquetValues
  private var pageLevels = 0
  private var pageRows = 0
  private var rows = 0
  /// Pages of the row group, with their headers.
  private(set) var pages: [UInt8] = []
  private(set) var index = ParquetPageIndex()
  /// The least and the greatest value of each page.
  private var extremes: ParquetValues
  /// Bytes of the pages before compression, headers included.
  private(set) var uncompressedSize = 0
  /// Levels of the row group: its values, and one for each empty list.
  private(set) var levels = 0

  private static let pageValues = 1 << 17

  init(_ column: ExportColumn, schema: ExportSchema, compressor: ZstdCompressor) {
    self.column = column
    self.compressor = compressor
    isScalar = column.isScalar(isPacked: schema.isPacked)
    writer = ColumnWriter(schema)
    values = ParquetValues(of: column.element)
    extremes = values
  }

  var encoding: ParquetEncoding { column.declaration.encoding }
  var bounds: (minimum: [UInt8], maximum: [UInt8])? { extremes.bounds }
  /// Empty lists of the row group.
  var nulls: Int { index.pages.reduce(0) { $0 + $1.nulls } }

  /// Appends a row; `place` says which it is.
  mutating func append(_ row: Int, of rows: Rows, at place: ExportPlace) throws(Problem) {
    let before = values.count
    writer.append(column, row, of: rows, at: place, to: &values)
    let count = values.count - before
    if isScalar {
      precondition(count == 1, "a row of one value has one")
    } else {
      repetition.append(0, count: 1)
      repetition.append(1, count: count - 1)
      definition.append(count > 0 ? 1 : 0, count: max(1, count))
    }
    pageLevels += max(1, count)
    pageRows += 1
    if pageLevels >= Self.pageValues { try flushPage() }
  }

  /// Compresses the values gathered into a page.
  mutating func flushPage() throws(Problem) {
    guard pageLevels > 0 else { return }
    var page: [UInt8] = []
    if !isScalar {
      repetition.take(into: &page)
      definition.take(into: &page)
    }
    values.append(to: &page, as: encoding)
    guard page.count < Int(Int32.max) else {
      throw Problem(kind: .unusable, reason: "a row is too long for a page of Parquet")
    }
    var compressed: [UInt8] = []
    try compressor.append(page, to: &compressed)
    let header = header(pageSize: page.count, compressed)
    let pageExtremes = values.extremes
    if pageExtremes.count == 0, values.count > 0 { index.hasBounds = false }
    index.pages.append(
      ParquetPageIndex.Page(
        offset: pages.count, size: header.count + compressed.count, firstRow: rows,
        bounds: pageExtremes.bounds, nulls: pageLevels - values.count))
    extremes.append(pageExtremes)
    pages += header
    pages += compressed
    uncompressedSize += header.count + page.count
    levels += pageLevels
    rows += pageRows
    pageLevels = 0
    pageRows = 0
    values.removeAll()
  }

  private func header(pageSize: Int, _ compressed: [UInt8]) -> [UInt8] {
    var header = ThriftWriter()
    header.i32(1, 0)
    header.i32(2, Int32(pageSize))
    header.i32(3, Int32(compressed.count))
    header.i32(4, Int32(bitPattern: Self.checksum(compressed)))
    header.structure(5) { data in
      data.i32(1, Int32(pageLevels))
      data.i32(2, encoding.rawValue)
      data.i32(3, ParquetEncoding.rle.rawValue)
      data.i32(4, ParquetEncoding.rle.rawValue)
    }
    header.end()
    return header.bytes
  }

  /// Begins the next row group.
  mutating func reset() {
    pages.removeAll(keepingCapacity: true)
    index = ParquetPageIndex()
    extremes.removeAll()
    uncompressedSize = 0
    levels = 0
    rows = 0
  }

  /// CRC-32 of a page's compressed bytes, as gzip has it.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer {
      unsafe UInt32(truncatingIfNeeded: crc32(0, $0.baseAddress, UInt32($0.count)))
    }
  }
}
