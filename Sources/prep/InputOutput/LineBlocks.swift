import JSONText
import SystemPackage

/// Whole lines of a file in blocks of about a size, to be worked on by several threads.
struct LineBlocks {
  struct Block: Sendable {
    let file: String
    /// Number of the first line.
    let firstLine: Int
    fileprivate let bytes: [UInt8]
    fileprivate let count: Int

    /// Calls `body` with the number and the bytes of each line, its line feed included. `JSONParser.padding` bytes are
    /// readable behind each.
    func forEachLine(_ body: (Int, UnsafeBufferPointer<UInt8>) throws -> Void) throws {
      unsafe try bytes.withUnsafeBufferPointer { bytes in
        var start = 0
        var number = firstLine
        while start < count {
          var end = start
          while end < count, unsafe bytes[end] != UInt8(ascii: "\n") { end += 1 }
          end = min(end + 1, count)
          unsafe try body(number, UnsafeBufferPointer(rebasing: bytes[start..<end]))
          number += 1
          start = end
        }
      }
    }
  }

  private let name: String
  private let file: FileDescriptor
  private let isOwned: Bool
  private let size: Int
  private var rest: [UInt8] = []
  private var line = 1
  private var isAtEnd = false

  init(_ path: String, size: Int) throws(InputError) {
    name = path == "-" ? "standard input" : path
    isOwned = path != "-"
    self.size = size
    do {
      file =
        try isOwned ? FileDescriptor.open(FilePath(path), .readOnly) : FileDescriptor.standardInput
    } catch {
      throw InputError(file: path, reason: "cannot be read: \(error)", remedy: "check the path")
    }
  }

  /// The next lines; nil at the end. A block is larger than `size` only where one line is.
  mutating func next() throws -> Block? {
    var bytes = rest
    rest = []
    var wanted = size
    while !isAtEnd {
      try fill(&bytes, upTo: wanted)
      if isAtEnd { break }
      if let feed = bytes.lastIndex(of: UInt8(ascii: "\n")) {
        rest = Array(bytes[(feed + 1)...])
        bytes.removeSubrange((feed + 1)...)
        break
      }
      wanted *= 2
    }
    guard !bytes.isEmpty else { return nil }
    let count = bytes.count
    let first = line
    for byte in bytes where byte == UInt8(ascii: "\n") { line += 1 }
    bytes += repeatElement(0, count: JSONParser.padding)
    return Block(file: name, firstLine: first, bytes: bytes, count: count)
  }

  func close() {
    if isOwned { try? file.close() }
  }

  private mutating func fill(_ bytes: inout [UInt8], upTo wanted: Int) throws {
    var count = bytes.count
    guard wanted > count else { return }
    bytes += repeatElement(0, count: wanted - count)
    while count < wanted {
      do {
        let read = unsafe try bytes.withUnsafeMutableBytes {
          unsafe try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count..<wanted]))
        }
        if read == 0 {
          isAtEnd = true
          break
        }
        count += read
      } catch {
        throw InputError(file: name, reason: "cannot be read: \(error)", remedy: "check the path")
      }
    }
    bytes.removeSubrange(count...)
  }
}
