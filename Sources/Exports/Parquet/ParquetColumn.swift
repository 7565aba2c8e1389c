import CZlib
import Files
import Masking
import Problems
import ShardWriter

/// One column of the row group in the making: a list a row. Values are gathered into pages, and pages
/// are compressed at once.
struct ParquetColumn {
  let column: ExportColumn
  private let compressor: ZstdCompressor
  private var writer: ColumnWriter
  private var repetition = ParquetLevels()
  private var definition = ParquetLevels()
  private var integers: [Int32] = []
  private var floats: [UInt8] = []
  private var pageLevels = 0
  /// Pages of the row group, with their headers.
  private(set) var pages: [UInt8] = []
  /// Bytes of the pages before compression, headers included.
  private(set) var uncompressedSize = 0
  /// Levels of the row group: its values, and one for each empty list.
  private(set) var levels = 0

  private static let pageValues = 1 << 17

  init(_ column: ExportColumn, schema: ExportSchema, compressor: ZstdCompressor) {
    self.column = column
    self.compressor = compressor
    writer = ColumnWriter(schema)
  }

  var encoding: ParquetEncoding { column.declaration.encoding }

  mutating func append(_ row: Int, of rows: Rows) throws(Problem) {
    let count = writer.count(column, row, of: rows)
    repetition.append(0, count: 1)
    repetition.append(1, count: count - 1)
    definition.append(count > 0 ? 1 : 0, count: max(1, count))
    pageLevels += max(1, count)
    if column.element == .float32 {
      writer.append(column, row, of: rows, to: &floats)
    } else {
      writer.append(column, row, of: rows, to: &integers)
    }
    if pageLevels >= Self.pageValues { try flushPage() }
  }

  /// Compresses the values gathered into a page.
  mutating func flushPage() throws(Problem) {
    guard pageLevels > 0 else { return }
    var page: [UInt8] = []
    page.reserveCapacity(integers.count * 4 + floats.count + 1024)
    repetition.take(into: &page)
    definition.take(into: &page)
    switch encoding {
    case .deltaBinaryPacked: ParquetEncoding.appendDelta(integers, to: &page)
    default:
      page.append(littles: integers)
      page += floats
    }
    guard page.count < Int(Int32.max) else {
      throw Problem(kind: .unusable, reason: "a row is too long for a page of Parquet")
    }
    var compressed: [UInt8] = []
    try compressor.append(page, to: &compressed)
    var header = ThriftWriter()
    header.i32(1, 0)
    header.i32(2, Int32(page.count))
    header.i32(3, Int32(compressed.count))
    header.i32(4, Int32(bitPattern: Self.checksum(compressed)))
    header.structure(5) { data in
      data.i32(1, Int32(pageLevels))
      data.i32(2, encoding.rawValue)
      data.i32(3, ParquetEncoding.rle.rawValue)
      data.i32(4, ParquetEncoding.rle.rawValue)
    }
    header.end()
    pages += header.bytes
    pages += compressed
    uncompressedSize += header.bytes.count + page.count
    levels += pageLevels
    pageLevels = 0
    integers.removeAll(keepingCapacity: true)
    floats.removeAll(keepingCapacity: true)
  }

  /// Begins the next row group.
  mutating func reset() {
    pages.removeAll(keepingCapacity: true)
    uncompressedSize = 0
    levels = 0
  }

  /// CRC-32 of a page's compressed bytes, as gzip has it.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer {
      unsafe UInt32(truncatingIfNeeded: crc32(0, $0.baseAddress, UInt32($0.count)))
    }
  }
}
