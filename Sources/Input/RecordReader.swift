import Files
import JSONText
import Problems

/// The records of files, in order, each with its place: for what needs no blocks of its own.
public struct RecordReader: Sendable {
  private let files: [InputFile]
  private static let blockSize = 1 << 20
  /// Bytes that a record may have.
  private let maximumRecordSize: Int

  public init(_ files: [InputFile], maximumRecordSize: Int = 1 << 30) {
    self.files = files
    self.maximumRecordSize = maximumRecordSize
  }

  /// Calls `body` with each record until it returns false. `JSONParser.padding` bytes are readable behind
  /// the record. Memory: a block, or the longest record. What is wrong with a record that cannot be read at all is given to
  /// `unreadable`, or thrown.
  public func read(
    unreadable: (Problem) throws -> Bool = { throw $0 },
    _ body: (UnsafeBufferPointer<UInt8>, Place) throws -> Bool
  ) throws {
    let reader = BlockReader(
      files: files, blockSize: Self.blockSize, maximumRecordSize: maximumRecordSize)
    let block = Block()
    while try reader.next(into: block) {
      guard unsafe try block.forEachRecord(unreadable: unreadable, body) else { return }
    }
  }
}

extension Block {
  /// Calls `body` with each record, and `unreadable` with what is wrong with one that cannot be read at all (or throws that),
  /// until one of them returns false; whether none did.
  @discardableResult
  public func forEachRecord(
    unreadable: (Problem) throws -> Bool = { throw $0 },
    _ body: (UnsafeBufferPointer<UInt8>, Place) throws -> Bool
  ) throws -> Bool {
    var place = Place(file: String(decoding: source.file, as: UTF8.self), line: 0)
    var cursor = RecordCursor(self)
    while let record = cursor.next() {
      place.line = Int(source.firstLine) + record.line
      place.byteOffset = Int(source.byteOffset) + record.start
      let text = unsafe UnsafeBufferPointer(rebasing: bytes[record.start..<record.end])
      guard unsafe try body(text, place) else { return false }
    }
    for problem in problems {
      let problem = Problem(
        problem.kind, Place(file: place.file, line: Int(source.firstLine) + problem.line),
        reason: problem.reason, remedy: problem.remedy)
      guard try unreadable(problem) else { return false }
    }
    return true
  }

  /// Calls `body` with each line, its line feed included, and its place.
  public func forEachLine(
    _ body: (UnsafeBufferPointer<UInt8>, Place) throws -> Void
  ) throws {
    var line = Int(source.firstLine)
    let file = String(decoding: source.file, as: UTF8.self)
    var start = 0
    while start < count {
      let end = unsafe bytes.newline(from: start).map { $0 + 1 } ?? count
      unsafe try body(
        UnsafeBufferPointer(rebasing: bytes[start..<end]), Place(file: file, line: line))
      line += 1
      start = end
    }
  }
}
