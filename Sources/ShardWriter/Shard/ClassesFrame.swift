import Files
import Masking
import Problems

/// The classes of the tokens of a shard's rows, in a skippable frame of their own: a data frame, and the digest of a data
/// set, are what they would be without. Layout: docs/FORMAT.md, "Classes".
enum ClassesFrame {
  static let magic = Array("prepclas".utf8)
  /// Bytes of an entry of the list: size, content size, XXH3 of the bytes.
  static let entrySize = 16

  /// Content of the skippable frame: magic, number of data frames, their entries, a zstd frame for each, XXH3.
  static func encoded(
    _ contents: [[UInt8]], compressor: ZstdCompressor
  ) throws(Problem) -> [UInt8] {
    var frames: [UInt8] = []
    var bytes = magic
    bytes.append(little: UInt32(contents.count))
    bytes.append(little: UInt32(0))
    for content in contents {
      let start = frames.count
      try compressor.append(content, to: &frames)
      bytes.append(little: UInt32(frames.count - start))
      bytes.append(little: UInt32(content.count))
      bytes.append(little: xxh3(frames[start...]))
    }
    bytes += frames
    bytes.append(little: xxh3(bytes))
    return bytes
  }

  /// Where the classes of a data frame stand.
  struct Entry {
    /// From the beginning of the skippable frame's content.
    var offset: Int
    var size: Int
    var contentSize: Int
    var digest: UInt64
  }

  /// Reads the list from the content's first bytes.
  static func entries(_ bytes: [UInt8], frames: Int) throws(Problem) -> [Entry] {
    var cursor = ByteCursor(bytes)
    guard cursor.take(8).map(Array.init) == magic, cursor.integer() == UInt32(frames),
      cursor.integer() == UInt32(0)
    else { throw damaged("beginning is wrong") }
    var entries: [Entry] = []
    var offset = listSize(frames: frames)
    for _ in 0..<frames {
      guard let size: UInt32 = cursor.integer(), let contentSize: UInt32 = cursor.integer(),
        let digest: UInt64 = cursor.integer()
      else { throw damaged("list is too short") }
      entries.append(
        Entry(offset: offset, size: Int(size), contentSize: Int(contentSize), digest: digest))
      offset += Int(size)
    }
    return entries
  }

  static func listSize(frames: Int) -> Int { 16 + frames * entrySize }

  /// The classes of a data frame, from its zstd frame and its rows.
  static func classes(
    _ bytes: [UInt8], _ entry: Entry, of rows: borrowing Rows
  ) throws(Problem) -> RowClasses {
    guard xxh3(bytes) == entry.digest else { throw damaged("checksum is wrong") }
    guard entry.contentSize <= (bytes.count + 1024) * (1 << 17) else {
      throw damaged("content size cannot be right")
    }
    let content = try ZstdDecompressor().decompress(bytes, size: entry.contentSize)
    guard let classes = ClassColumns.classes(decoding: content, of: rows) else {
      throw damaged("columns do not make up the rows")
    }
    return classes
  }

  static func damaged(_ what: String) -> Problem {
    Problem(reason: "the classes' \(what)", remedy: Problem.rerun)
  }
}
