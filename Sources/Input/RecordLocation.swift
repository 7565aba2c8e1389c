import Files
import Problems

/// Finds single records again: by number, or by the place that a shard names.
public enum RecordLocation {
  /// A record as it stands in its file.
  public struct Record: Hashable, Sendable {
    public var bytes: [UInt8]
    public var file: String
    /// From 1.
    public var line: Int
    /// In bytes (decompressed).
    public var offset: Int
    /// Why it cannot be read at all, where it cannot.
    public var problem: String?
  }

  /// Records number `range` (from 0) of the files, in order; as many as there are. Reads the files up
  /// to there. `maximumSize`: bytes that a record may have.
  public static func records(
    _ range: Range<Int>, of files: [InputFile], maximumSize: Int = 16 << 20
  ) throws(Problem) -> [Record] {
    let reader = BlockReader(files: files, blockSize: 1 << 20, maximumRecordSize: maximumSize)
    let block = Block()
    var found: [Record] = []
    var number = 0
    while number < range.upperBound, try reader.next(into: block) {
      let source = block.source
      func add(_ bytes: [UInt8], line: Int, start: Int, problem: String?) {
        if range.contains(number) {
          found.append(
            Record(
              bytes: bytes, file: String(decoding: source.file, as: UTF8.self),
              line: Int(source.firstLine) + line, offset: Int(source.byteOffset) + start,
              problem: problem))
        }
        number += 1
      }
      var cursor = RecordCursor(block)
      while let place = cursor.next() {
        let wanted = range.contains(number)
        add(
          wanted ? unsafe Array(block.bytes[place.start..<place.end]) : [], line: place.line,
          start: place.start, problem: nil)
      }
      for problem in block.problems {
        add(problem.head, line: problem.line, start: problem.start, problem: problem.reason)
      }
    }
    return found
  }

  /// The record that begins at a byte of a file. Reads the file up to there.
  public static func record(
    at offset: Int, of path: String, maximumSize: Int = 16 << 20
  ) throws(Problem) -> [UInt8] {
    let file = InputFiles.file(path)
    let source = try ByteSource(file)
    var skipped = 0
    let chunk = Block()
    while skipped < offset {
      chunk.removeAll()
      let count = unsafe try chunk.append(room: min(1 << 20, offset - skipped)) {
        out throws(Problem) -> Int in
        unsafe try source.read(into: out)
      }
      guard count > 0 else {
        throw Problem(
          .inputUnreadable, Place(file: path, byteOffset: skipped),
          reason: "the file ends before byte \(offset)",
          remedy: "it is not the file that was read then")
      }
      skipped += count
    }
    chunk.removeAll()
    var splitter = ValueSplitter()
    splitter.beginBlock(isStartOfFile: false)
    var places: [RecordPlace] = []
    while chunk.count <= maximumSize {
      let before = chunk.count
      let count = unsafe try chunk.append(room: 1 << 16) { out throws(Problem) -> Int in
        unsafe try source.read(into: out)
      }
      switch file.form {
      case .lines, .table:
        if let end = unsafe chunk.bytes.newline(from: before) {
          return unsafe Array(chunk.bytes[..<end])
        }
      case .values:
        unsafe splitter.scan(chunk.bytes, until: .max, into: &places)
        if let first = places.first {
          return unsafe Array(chunk.bytes[first.start..<first.end])
        }
      }
      if count == 0 { break }
    }
    return unsafe Array(chunk.bytes)
  }
}
