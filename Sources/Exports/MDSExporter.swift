import Files
import JSONText
import Masking
import Problems
import ShardWriter

/// MosaicML streaming's shards, version 2, compressed as a whole with zstd, with hashes of both forms.
///
/// Format: mosaicml/streaming 0.13, `streaming/base/format/mds`. Padded columns have their shape in
/// the encoding (`ndarray:int32:1024`), others carry it (`ndarray:int32`).
final class MDSExporter: Exporter {
  private let folder: String
  private let schema: ExportSchema
  private var writer: ColumnWriter
  /// Columns in the order of their names, as the format has them.
  private let columns: [ExportColumn]
  private let compressor: ZstdCompressor
  private var samples: [UInt8] = []
  private var ends: [Int] = []
  private var shards: [Shard] = []

  private struct Shard {
    var samples: Int
    var raw: File
    var zipped: File
  }

  private struct File {
    var name: String
    var bytes: Int
    var hash: String
  }

  /// Bytes of a shard before compression.
  private static let sizeLimit = 1 << 26

  init(folder: String, schema: ExportSchema) throws(Problem) {
    self.folder = folder
    self.schema = schema
    writer = ColumnWriter(schema)
    columns = schema.columns.sorted { $0.name < $1.name }
    compressor = try ZstdCompressor(level: schema.level)
    guard (schema.length ?? 0) < 1 << 24 else {
      throw Problem(
        kind: .unusable, reason: "rows of \(schema.length ?? 0) tokens are too long for MDS")
    }
  }

  private func hasFixedShape(_ column: ExportColumn) -> Bool {
    schema.length != nil && !column.declaration.content.isOfSamples
  }

  func append(_ row: Int, of rows: Rows) throws(Problem) {
    let start = samples.count
    // Sizes of the columns without a fixed shape come first.
    for column in columns where !hasFixedShape(column) {
      let count = writer.count(column, row, of: rows)
      guard count > 0 else {
        throw Problem(
          kind: .unusable, reason: "a row without tokens cannot be written as MDS",
          remedy: "export as parquet or npy")
      }
      samples.append(little: UInt32(1 + Self.shapeSize(count) + count * column.arrayElement.size))
    }
    for column in columns {
      if !hasFixedShape(column) { appendShape(writer.count(column, row, of: rows)) }
      writer.append(column, row, of: rows, to: &samples)
    }
    ends.append(samples.count)
    if samples.count + (samples.count - start) > Self.sizeLimit { try writeShard() }
  }

  /// Bytes of the smallest integer type that holds an array's length.
  private static func shapeSize(_ count: Int) -> Int {
    count < 1 << 8 ? 1 : count < 1 << 16 ? 2 : 4
  }

  /// One dimension: `(ndim << 2) | code of the length's type`, then the length.
  private func appendShape(_ count: Int) {
    switch Self.shapeSize(count) {
    case 1:
      samples.append(1 << 2)
      samples.append(UInt8(count))
    case 2:
      samples.append(1 << 2 | 1)
      samples.append(little: UInt16(count))
    default:
      samples.append(1 << 2 | 2)
      samples.append(little: UInt32(count))
    }
  }

  private func writeShard() throws(Problem) {
    guard !ends.isEmpty else { return }
    var writer = JSONWriter()
    writer.beginObject()
    writeConfiguration(to: &writer)
    writer.endObject()
    var raw: [UInt8] = []
    raw.reserveCapacity(samples.count + ends.count * 4 + writer.bytes.count + 8)
    raw.append(little: UInt32(ends.count))
    let base = 4 + 4 * (ends.count + 1) + writer.bytes.count
    for end in [0] + ends { raw.append(little: UInt32(base + end)) }
    raw += writer.bytes
    raw += samples
    var zipped: [UInt8] = []
    try compressor.append(raw, to: &zipped)
    let digits = String(shards.count)
    let name = "shard." + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ".mds"
    try AtomicFile.write(zipped, name: name + ".zstd", in: folder)
    shards.append(
      Shard(
        samples: ends.count, raw: File(name: name, bytes: raw.count, hash: Self.hash(raw)),
        zipped: File(name: name + ".zstd", bytes: zipped.count, hash: Self.hash(zipped))))
    samples.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  private static func hash(_ bytes: [UInt8]) -> String {
    let digits = String(xxh3(bytes), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  func finish() throws(Problem) {
    try writeShard()
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("version")
    writer.int(2)
    writer.key("shards")
    writer.beginArray()
    for shard in shards {
      writer.beginObject()
      writeConfiguration(to: &writer)
      writer.key("samples")
      writer.int(shard.samples)
      write(shard.raw, as: "raw_data", to: &writer)
      write(shard.zipped, as: "zip_data", to: &writer)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    try AtomicFile.write(writer.bytes, name: "index.json", in: folder)
  }

  private func writeConfiguration(to writer: inout JSONWriter) {
    func list<Value>(_ key: StaticString, _ values: [Value], _ write: (Value) -> Void) {
      writer.key(key)
      writer.beginArray()
      values.forEach(write)
      writer.endArray()
    }
    list("column_encodings", columns) { column in
      let shape = hasFixedShape(column) ? ":\(schema.length ?? 0)" : ""
      writer.string("ndarray:\(column.arrayElement.name)\(shape)")
    }
    list("column_names", columns) { writer.string($0.name) }
    list("column_sizes", columns) { column in
      hasFixedShape(column)
        ? writer.int((schema.length ?? 0) * column.arrayElement.size) : writer.null()
    }
    writer.key("compression")
    writer.string("zstd:\(max(1, schema.level))")
    list("hashes", ["xxh3_64"]) { writer.string($0) }
    writer.key("format")
    writer.string("mds")
    writer.key("size_limit")
    writer.int(Self.sizeLimit)
    writer.key("version")
    writer.int(2)
  }

  private func write(_ file: File, as key: StaticString, to writer: inout JSONWriter) {
    writer.key(key)
    writer.beginObject()
    writer.key("basename")
    writer.string(file.name)
    writer.key("bytes")
    writer.int(file.bytes)
    writer.key("hashes")
    writer.beginObject()
    writer.key("xxh3_64")
    writer.string(file.hash)
    writer.endObject()
    writer.endObject()
  }
}
