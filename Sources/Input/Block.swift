import Files
import JSONText
import Problems

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A stretch of whole records of one input file: the unit of work, of resume and of storage.
///
/// One a worker, filled again for every block.
@safe public final class Block {
  /// Where it lies.
  public internal(set) var source: BlockSource
  /// Where its records lie, where lines do not tell.
  var records: [RecordPlace]?
  /// Records that cannot be read at all; each counts as one.
  package internal(set) var problems: [BlockProblem] = []
  /// First row of each row group of the table that it is of; empty for other files.
  var groupStarts: [Int] = []
  /// Bytes taken from the file up to its end, compressed as they are.
  public internal(set) var fileBytesRead = 0

  // SAFETY: allocated with `capacity` bytes and grown only by `reserve`; `count` plus JSON padding
  // never passes it. Freed in `deinit`. Pointers are handed out to closures only.
  private var storage: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0

  public init() {
    capacity = 1 << 20
    guard let memory = unsafe malloc(capacity) else { fatalError("out of memory for a block") }
    unsafe storage = unsafe memory
    source = BlockSource(
      input: 0, inputCount: 0, block: 0, isLastOfInput: false, file: [], byteOffset: 0,
      byteCount: 0,
      firstLine: 1, key: Digest128(low: 0, high: 0))
  }

  deinit { unsafe free(storage) }

  /// The bytes, followed by `JSONParser.padding` readable ones.
  package var bytes: UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: storage.assumingMemoryBound(to: UInt8.self), count: count)
  }

  func removeAll() {
    count = 0
    records = nil
    problems = []
  }

  /// Appends what `fill` writes; it returns the number of bytes. Space for `room` bytes is given.
  @discardableResult
  func append(
    room: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Problem) -> Int
  ) throws(Problem) -> Int {
    try reserve(count + room)
    let added = unsafe try fill(UnsafeMutableRawBufferPointer(start: storage + count, count: room))
    count += added
    unsafe (storage + count).initializeMemory(
      as: UInt8.self, repeating: 0, count: JSONParser.padding)
    return added
  }

  func append(_ bytes: UnsafeBufferPointer<UInt8>) throws(Problem) {
    unsafe try append(room: bytes.count) { room in
      unsafe room.copyMemory(from: UnsafeRawBufferPointer(bytes))
      return bytes.count
    }
  }

  /// Cuts the end off.
  func truncate(to newCount: Int) {
    guard newCount < count else { return }
    count = newCount
    unsafe (storage + count).initializeMemory(
      as: UInt8.self, repeating: 0, count: JSONParser.padding)
  }

  /// Makes room for `wanted` bytes in all, so that short reads need not move what is there. The system moves the pages of a long
  /// record; nothing is copied. Throws where there is no memory.
  func reserve(_ wanted: Int) throws(Problem) {
    let wanted = wanted + JSONParser.padding
    guard wanted > capacity else { return }
    // A quarter more than asked for: a long record comes in many short reads.
    let size = wanted + wanted / 4
    guard let memory = unsafe realloc(storage, size) else {
      throw Problem(
        .system, Place(file: String(decoding: source.file, as: UTF8.self)),
        reason: "there is no memory for \(size) bytes of records",
        remedy:
          "lower \(OptionName.maxRecordSize) or \(OptionName.blockSize), or use fewer \(OptionName.threads)"
      )
    }
    capacity = size
    unsafe storage = unsafe memory
  }
}

/// Where a record lies in its block.
package struct RecordPlace {
  package var start: Int
  package var end: Int
  /// Lines before it in the block.
  package var line: Int
}

/// A record that cannot be read.
package struct BlockProblem {
  /// Where it begins in the block, and lines before it.
  package var start: Int
  package var line: Int
  /// The first bytes of it.
  package var head: [UInt8]
  package var kind: Problem.Kind
  package var reason: String
  package var remedy: String
}

extension Block {
  /// Where a line of a table is, such as `row 17 of row group 3` (rows from 1, row groups from 0); empty for other files.
  package func rowPlace(line: UInt64) -> String {
    guard let group = groupStarts.lastIndex(where: { $0 < line }) else { return "" }
    return "row \(Int(line) - groupStarts[group]) of row group \(group)"
  }

  /// Sets the key: a digest of the bytes, of where they lie, and of the run's spec.
  package func setKey(spec: Digest128) {
    var bytes = spec.bytes
    bytes += unsafe Digest128(of: UnsafeRawBufferPointer(self.bytes)).bytes
    // What was read over, as the reader left it.
    bytes += source.key.bytes
    for number in [source.byteOffset, source.byteCount, source.firstLine] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> shift))
      }
    }
    bytes += source.file
    source.key = Digest128(of: bytes)
  }
}
