import Files
import Problems

/// The rejects of a shard's block: JSON lines, compressed, in a skippable frame, so that the rows'
/// content stays apart and `rejects.jsonl` can be made anew from the shards.
enum RejectsFrame {
  static let magic = Array("preprejs".utf8)

  /// Content of the skippable frame: magic, number of rejects, bytes of the lines, zstd frames, XXH3.
  static func encoded(
    _ rejects: RejectLines, compressor: ZstdCompressor
  ) throws(Problem) -> [UInt8] {
    guard rejects.size < Int(UInt32.max) else {
      throw Problem(
        kind: .unusable, reason: "the rejects of one block take 4 GiB", remedy: "use smaller blocks"
      )
    }
    var bytes = magic
    bytes.append(little: UInt32(rejects.count))
    bytes.append(little: UInt32(rejects.size))
    bytes += try rejects.compressed(compressor)
    bytes.append(little: xxh3(bytes))
    return bytes
  }

  /// The JSON lines, and how many they are.
  static func decoded(
    _ bytes: [UInt8], decompressor: ZstdDecompressor
  ) throws(Problem) -> (count: Int, lines: [UInt8]) {
    var cursor = ByteCursor(bytes)
    guard cursor.take(8).map(Array.init) == magic, let count: UInt32 = cursor.integer(),
      let size: UInt32 = cursor.integer(), cursor.remaining >= 8
    else { throw Problem(reason: "the rejects' beginning is wrong", remedy: Problem.rerun) }
    var end = ByteCursor(bytes[(bytes.count - 8)...])
    guard end.integer() == xxh3(bytes.dropLast(8)) else {
      throw Problem(reason: "the rejects' checksum is wrong", remedy: Problem.rerun)
    }
    let lines = try decompressor.decompress(Array(bytes[16..<bytes.count - 8]), size: Int(size))
    return (Int(count), lines)
  }
}
