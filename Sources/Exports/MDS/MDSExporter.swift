import Files
import Masking
import Problems
import ShardWriter

/// Columns as `ndarray`s of MosaicML streaming. Padded columns have their shape in the encoding
/// (`ndarray:int32:1024`), others carry it (`ndarray:int32`).
final class MDSExporter: Exporter {
  private let schema: ExportSchema
  private var writer: ColumnWriter
  /// Columns in the order of their names, as the format has them.
  private let columns: [ExportColumn]
  private let folder: MDSFolder

  init(folder: String, schema: ExportSchema) throws(Problem) {
    self.schema = schema
    writer = ColumnWriter(schema)
    guard (schema.length ?? 0) < 1 << 24 else {
      throw Problem(
        kind: .unusable, reason: "rows of \(schema.length ?? 0) tokens are too long for MDS")
    }
    columns = schema.columns.sorted { $0.name < $1.name }
    self.folder = try MDSFolder(
      folder,
      columns: columns.map { column in
        let element = column.arrayElement
        let length = Self.fixedLength(column, schema)
        return MDSFolder.Column(
          name: column.name,
          encoding: "ndarray:\(element.name)" + (length.map { ":\($0)" } ?? ""),
          size: length.map { $0 * element.size })
      }, level: schema.level, sizeLimit: schema.fileSize)
  }

  /// Elements of each value of a column; nil where they differ.
  private static func fixedLength(_ column: ExportColumn, _ schema: ExportSchema) -> Int? {
    column.declaration.content.isOfSamples ? nil : schema.length
  }

  func append(_ row: Int, of rows: Rows, at _: ExportPlace) throws(Problem) {
    let varying = columns.filter { Self.fixedLength($0, schema) == nil }
    guard varying.allSatisfy({ writer.count($0, row, of: rows) > 0 }) else {
      throw Problem(
        kind: .unusable, reason: "a row without tokens cannot be written as MDS",
        remedy: "export as parquet or npy")
    }
    try folder.append { sample in
      // Sizes of the columns without a fixed shape come first.
      for column in varying {
        let count = writer.count(column, row, of: rows)
        sample.append(
          little: UInt32(1 + Self.shapeSize(count) + count * column.arrayElement.size))
      }
      for column in columns {
        if Self.fixedLength(column, schema) == nil {
          Self.appendShape(writer.count(column, row, of: rows), to: &sample)
        }
        writer.append(column, row, of: rows, to: &sample)
      }
    }
  }

  /// Bytes of the smallest integer type that holds an array's length.
  private static func shapeSize(_ count: Int) -> Int {
    count < 1 << 8 ? 1 : count < 1 << 16 ? 2 : 4
  }

  /// One dimension: `(ndim << 2) | code of the length's type`, then the length.
  private static func appendShape(_ count: Int, to sample: inout [UInt8]) {
    switch shapeSize(count) {
    case 1:
      sample.append(1 << 2)
      sample.append(UInt8(count))
    case 2:
      sample.append(1 << 2 | 1)
      sample.append(little: UInt16(count))
    default:
      sample.append(1 << 2 | 2)
      sample.append(little: UInt32(count))
    }
  }

  func finish() throws(Problem) { try folder.finish() }
}
