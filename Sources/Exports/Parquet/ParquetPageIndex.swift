/// What is known of the pages of a column chunk, by which a reader finds rows and skips pages: parquet.thrift's
/// OffsetIndex and ColumnIndex. Pages begin with a row.
struct ParquetPageIndex {
  struct Page {
    /// From the first byte of the chunk.
    var offset: Int
    /// With its header.
    var size: Int
    /// Of the row group, from 0.
    var firstRow: Int
    var bounds: (minimum: [UInt8], maximum: [UInt8])?
    /// Empty lists, which have a level and no value.
    var nulls: Int
  }

  var pages: [Page] = []
  /// Whether every page without bounds has no values at all: where one has values that cannot be ordered, readers get no index.
  var hasBounds = true

  /// `chunk`: where the chunk begins in its file.
  func offsetIndex(chunk: Int) -> [UInt8] {
    var writer = ThriftWriter()
    writer.structures(1, pages) { writer, page in
      writer.i64(1, chunk + page.offset)
      writer.i32(2, Int32(page.size))
      writer.i64(3, page.firstRow)
    }
    writer.end()
    return writer.bytes
  }

  var columnIndex: [UInt8] {
    var writer = ThriftWriter()
    writer.bools(1, pages.map { $0.bounds == nil })
    writer.binaries(2, pages.map { $0.bounds?.minimum ?? [] })
    writer.binaries(3, pages.map { $0.bounds?.maximum ?? [] })
    // Pages are in the order of rows.
    writer.i32(4, 0)
    writer.i64s(5, pages.map(\.nulls))
    writer.end()
    return writer.bytes
  }
}
