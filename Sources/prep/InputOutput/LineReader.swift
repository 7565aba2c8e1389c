import JSONText
import Pipeline
import Problems
import SystemPackage

/// The lines of a file or of standard input (`-`), one after the other, in a buffer that grows to the longest line.
/// Behind every line `JSONParser.padding` bytes are readable.
struct LineReader {
  let name: String
  /// Number of the current line, from 1.
  private(set) var line = 0
  private let file: FileDescriptor
  private let isOwned: Bool
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  init(_ path: String) throws(Problem) {
    name = path == "-" ? "standard input" : path
    isOwned = path != "-"
    buffer = [UInt8](repeating: 0, count: (1 << 20) + JSONParser.padding)
    do {
      file =
        try isOwned ? FileDescriptor.open(FilePath(path), .readOnly) : FileDescriptor.standardInput
    } catch {
      throw Problem(
        .inputUnreadable, Place(file: path), reason: "cannot be read: \(error)",
        remedy: "check the path")
    }
  }

  /// Calls `body` with the next line, without its line feed; nil at the end.
  mutating func next<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) throws
    -> Result?
  {
    var scanned = start
    while true {
      if let feed = buffer[scanned..<end].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = feed + 1 }
        return unsafe try take(start..<feed, body)
      }
      scanned = end
      if isAtEnd {
        guard start < end else { return nil }
        defer { start = end }
        return unsafe try take(start..<end, body)
      }
      scanned -= start
      try fill()
      scanned += start
    }
  }

  func close() {
    if isOwned { try? file.close() }
  }

  private mutating func take<Result>(
    _ range: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) throws -> Result {
    line += 1
    return unsafe try buffer.withUnsafeBufferPointer {
      unsafe try body(UnsafeBufferPointer(rebasing: $0[range]))
    }
  }

  private mutating func fill() throws {
    if start > 0 {
      buffer.replaceSubrange(0..<end - start, with: buffer[start..<end])
      end -= start
      start = 0
    }
    if end + JSONParser.padding + (1 << 16) > buffer.count {
      buffer += [UInt8](repeating: 0, count: buffer.count)
    }
    let limit = buffer.count - JSONParser.padding
    let count: Int
    do {
      count = unsafe try buffer.withUnsafeMutableBytes {
        unsafe try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[end..<limit]))
      }
    } catch {
      throw Problem(
        .inputUnreadable, Place(file: name), reason: "cannot be read: \(error)",
        remedy: "check the path")
    }
    if count == 0 { isAtEnd = true }
    end += count
  }
}
