import Files
import JSONText
import Problems

/// MosaicML streaming's shards, version 2, compressed as a whole with zstd, with hashes of both forms: samples in,
/// `shard.00000.mds.zstd`, … and `index.json` out.
///
/// Format: mosaicml/streaming 0.13, `streaming/base/format/mds`.
final class MDSFolder {
  /// A column, in the order of their names.
  struct Column {
    var name: String
    /// As streaming names it: `ndarray:int32:1024`, `json`.
    var encoding: String
    /// Bytes of each value; nil where they differ: then a sample begins with them.
    var size: Int?
  }

  private let folder: String
  private let columns: [Column]
  private let level: Int32
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
  private let sizeLimit: Int

  /// `sizeLimit`: bytes of a shard before compression.
  init(_ folder: String, columns: [Column], level: Int32, sizeLimit: Int) throws(Problem) {
    self.folder = folder
    self.columns = columns
    self.level = level
    self.sizeLimit = min(sizeLimit, 1 << 31)
    compressor = try ZstdCompressor(level: level)
  }

  /// Appends a sample, which `body` writes: the sizes of its columns that have none, then the columns.
  func append(_ body: (inout [UInt8]) -> Void) throws(Problem) {
    let start = samples.count
    body(&samples)
    ends.append(samples.count)
    if samples.count + (samples.count - start) > sizeLimit { try writeShard() }
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
    let name = "shard.\(ExportFolder.digits(shards.count)).mds"
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

  /// Writes the last shard and the index.
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
    writer.array("column_encodings", columns) { $1.string($0.encoding) }
    writer.array("column_names", columns) { $1.string($0.name) }
    writer.array("column_sizes", columns) { column, writer in
      if let size = column.size { writer.int(size) } else { writer.null() }
    }
    writer.key("compression")
    writer.string("zstd:\(max(1, level))")
    writer.array("hashes", ["xxh3_64"]) { $1.string($0) }
    writer.key("format")
    writer.string("mds")
    writer.key("size_limit")
    writer.int(sizeLimit)
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
