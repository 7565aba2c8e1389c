import Files
import Masking
import Problems

/// One shard, open for reading: header and index in memory, frames read and checked on demand.
///
/// Immutable and free of open files between reads: any number of threads may use it.
public final class ShardReader: Sendable {
  public let path: String
  public let header: ShardHeader
  public let index: ShardIndex
  /// Bytes of the file.
  public let fileSize: Int
  let seekTable: SeekTable
  /// What is learned of the rows, in place of what the run chose.
  private let learning: LearnedClasses?

  /// Reads and checks header, index and seek table; O(frames). Throws where one of them is damaged. `learning`: what is
  /// learned of the rows; nil for what the run chose.
  public init(_ path: String, learning: LearnedClasses? = nil) throws(Problem) {
    self.path = path
    self.learning = learning
    let file = try ReadableFile(path)
    fileSize = file.size
    let header = try Self.header(of: file)
    self.header = header
    let (table, tableStart) = try Self.seekTable(of: file)
    seekTable = table
    index = try Self.index(of: file, header: header, seekTable: table, seekTableStart: tableStart)
  }

  /// A reader of parts that were saved from a damaged shard.
  init(
    path: String, header: ShardHeader, index: ShardIndex, fileSize: Int, seekTable: SeekTable,
    learning: LearnedClasses?
  ) {
    self.path = path
    self.header = header
    self.index = index
    self.fileSize = fileSize
    self.seekTable = seekTable
    self.learning = learning
  }

  public var rowCount: Int { index.rowCount }

  /// Reads, checks and decodes a data frame. Frames that are intact stay readable whatever became of
  /// the others. O(frame).
  public func frame(_ number: Int) throws(Problem) -> Rows {
    try frame(number, in: ReadableFile(path))
  }

  func frame(_ number: Int, in file: ReadableFile) throws(Problem) -> Rows {
    guard index.frames.indices.contains(number) else {
      throw Problem(
        kind: .unusable, path: path, reason: "it has \(index.frames.count) data frames",
        remedy: "ask for one below that")
    }
    let frame = index.frames[number]
    var rows: Rows
    do throws(Problem) {
      let bytes = try file.read(Int(frame.size), at: Int(clamping: frame.offset))
      guard xxh3(bytes) == frame.fileDigest else {
        throw Problem(
          reason: "its bytes are not what was written (checksum)", remedy: Problem.rerun)
      }
      let content = try Self.content(of: bytes, frame: frame)
      rows = try FrameDecoder.rows(decoding: content, spec: header.spec)
    } catch {
      throw error.at(
        path: path, frame: number + 1, part: index.partName(number),
        offset: Int(clamping: frame.offset))
    }
    guard let learning else { return rows }
    rows = rows.relearned(learning, try classes(number, of: rows, in: file))
    return rows
  }

  /// The classes of the tokens of a data frame, of which these are the rows.
  private func classes(
    _ number: Int, of rows: borrowing Rows, in file: ReadableFile
  ) throws(Problem) -> RowClasses {
    guard header.features.contains(.classes), seekTable.entries.count == header.fileFrameCount
    else {
      throw Problem(
        kind: .unusable, path: path,
        reason: "it does not say of what class its tokens are: an older prep made it",
        remedy: "make the data set again")
    }
    // The frame stands before the index.
    let place = seekTable.entries.count - 2
    let start = seekTable.entries[..<place].reduce(0) { $0 + Int($1.size) }
    let content = start + 8
    do throws(Problem) {
      let list = try file.read(
        ClassesFrame.listSize(frames: header.frameCount), at: content)
      let entry = try ClassesFrame.entries(list, frames: header.frameCount)[number]
      guard entry.offset + entry.size + 16 <= Int(seekTable.entries[place].size) else {
        throw ClassesFrame.damaged("list leads out of the frame")
      }
      return try ClassesFrame.classes(
        file.read(entry.size, at: content + entry.offset), entry, of: rows)
    } catch {
      throw error.at(path: path, frame: place, part: "frame \(place) (classes)", offset: start)
    }
  }

  /// The content of a data frame, decompressed and compared with its digest.
  static func content(
    of bytes: [UInt8], frame: ShardIndex.Frame
  ) throws(Problem) -> [UInt8] {
    // zstd expands 128 KiB from few bytes, never more than some ten thousand times.
    guard Int(frame.contentSize) <= (bytes.count + 1024) * (1 << 17) else {
      throw Problem(reason: "its content size cannot be right", remedy: Problem.rerun)
    }
    let content = try ZstdDecompressor().decompress(bytes, size: Int(frame.contentSize))
    guard xxh3(content) == frame.contentDigest else {
      throw Problem(
        reason: "its content is not what was written (checksum)", remedy: Problem.rerun)
    }
    return content
  }

  /// The block's rejects as JSON lines, and how many they are.
  public func rejects() throws(Problem) -> (count: Int, lines: [UInt8]) {
    let number = header.frameCount + 1
    guard header.totals.rejectedCount > 0, seekTable.entries.count > number else { return (0, []) }
    let offset = seekTable.entries[..<number].reduce(0) { $0 + Int($1.size) }
    do throws(Problem) {
      let content = try Self.skippable(
        try ReadableFile(path), at: offset, variant: ShardFrameVariant.rejects, name: "rejects")
      return try RejectsFrame.decoded(content, decompressor: ZstdDecompressor())
    } catch {
      throw error.at(
        path: path, frame: number, part: "frame \(number) (rejects)", offset: offset)
    }
  }

  /// What the manifest keeps of this shard; reads the whole file for its digest.
  public func summary() throws(Problem) -> ShardSummary {
    let bytes = try ReadableFile(path).readAll()
    return ShardSummary(
      header: header, index: index, fileSize: bytes.count, fileDigest: Digest128(of: bytes))
  }
}

extension ShardReader {
  /// The content of the skippable frame of `variant` that begins at `offset`.
  static func skippable(
    _ file: ReadableFile, at offset: Int, variant: UInt32, name: String
  ) throws(Problem) -> [UInt8] {
    var head = ByteCursor(try file.read(8, at: offset))
    guard let magic: UInt32 = head.integer(), let size: UInt32 = head.integer(),
      magic == Zstd.skippableMagic + variant
    else {
      throw Problem(
        offset: offset, reason: "the \(name) does not begin here", remedy: Problem.rerun)
    }
    return try file.read(Int(size), at: offset + 8)
  }

  static func header(of file: ReadableFile) throws(Problem) -> ShardHeader {
    do throws(Problem) {
      var magic = ByteCursor(try file.read(min(16, file.size), at: 0))
      guard magic.integer() == Zstd.skippableMagic + ShardFrameVariant.header else {
        throw Problem(
          reason: "not a prep shard (its first bytes are wrong)",
          remedy: "the shards of a data set are named shard-*.zst")
      }
      return try ShardHeader(
        decoding: skippable(file, at: 0, variant: ShardFrameVariant.header, name: "header"))
    } catch {
      throw error.at(path: file.path, frame: 0, part: "frame 0 (header)", offset: 0)
    }
  }

  static func seekTable(
    of file: ReadableFile
  ) throws(Problem) -> (table: SeekTable, start: Int) {
    let footer = try file.read(
      min(SeekTable.footerSize, file.size), at: max(0, file.size - SeekTable.footerSize))
    guard let size = SeekTable.frameSize(footer: footer), size <= file.size,
      let table = SeekTable(decoding: try file.read(size, at: file.size - size))
    else {
      throw Problem(
        path: file.path, part: "seek table", offset: max(0, file.size - SeekTable.footerSize),
        reason: "the file does not end with a seek table: it was cut off or changed",
        remedy: Problem.rerun)
    }
    guard table.entries.reduce(size, { $0 + Int($1.size) }) == file.size else {
      throw Problem(
        path: file.path, part: "seek table", offset: file.size - size,
        reason: "its frames do not make up the file", remedy: Problem.rerun)
    }
    return (table, file.size - size)
  }

  static func index(
    of file: ReadableFile, header: ShardHeader, seekTable: SeekTable, seekTableStart: Int
  ) throws(Problem) -> ShardIndex {
    let number = seekTable.entries.count - 1
    let offset = seekTableStart - Int(seekTable.entries.last?.size ?? 0)
    do throws(Problem) {
      guard seekTable.entries.count == header.fileFrameCount else {
        throw Problem(
          reason: "the seek table does not have the header's frames", remedy: Problem.rerun)
      }
      let index = try ShardIndex(
        decoding: skippable(file, at: offset, variant: ShardFrameVariant.index, name: "index"))
      var start = Int(seekTable.entries[0].size)
      let matches =
        index.frames.count == header.frameCount
        && zip(index.frames, seekTable.entries.dropFirst()).allSatisfy { frame, entry in
          defer { start += Int(entry.size) }
          return frame.offset == UInt64(start) && frame.size == entry.size
            && frame.contentSize == entry.contentSize
        }
      guard matches, UInt64(index.rowCount) == header.totals.rows else {
        throw Problem(
          reason: "index, header and seek table do not agree", remedy: Problem.rerun)
      }
      return index
    } catch {
      throw error.at(
        path: file.path, frame: number, part: "frame \(number) (index)", offset: offset)
    }
  }
}
