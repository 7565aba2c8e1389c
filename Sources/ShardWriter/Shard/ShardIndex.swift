import Files
import Problems

/// The row index of a shard: where each data frame lies, which rows it holds, and its digests.
public struct ShardIndex: Hashable, Sendable {
  /// One data frame.
  public struct Frame: Hashable, Sendable {
    /// First byte in the file.
    public var offset: UInt64
    /// Bytes in the file.
    public var size: UInt32
    /// Bytes of its content.
    public var contentSize: UInt32
    /// Its first row in the shard.
    public var firstRow: UInt32
    public var rows: UInt32
    public var samples: UInt32
    public var tokens: UInt32
    /// XXH3 (64 bits) of its content.
    public var contentDigest: UInt64
    /// XXH3 (64 bits) of its bytes in the file.
    public var fileDigest: UInt64
  }

  public var frames: [Frame]

  static let magic = Array("prepindx".utf8)
  static let frameSize = 48

  init(frames: [Frame]) { self.frames = frames }

  public var rowCount: Int { frames.last.map { Int($0.firstRow) + Int($0.rows) } ?? 0 }

  /// XXH3 (128 bits) of the data frames' content digests, in order.
  public var contentDigest: Digest128 {
    var bytes: [UInt8] = []
    for frame in frames { bytes.append(little: frame.contentDigest) }
    return Digest128(of: bytes)
  }

  /// The data frame that holds a row; nil for a row that is not in the shard. O(log frames).
  public func frame(ofRow row: Int) -> Int? {
    guard row >= 0, row < rowCount else { return nil }
    var low = 0
    var high = frames.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if Int(frames[middle].firstRow) <= row { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// How errors name a data frame. Frames count from 0, the header; data frames follow it.
  func partName(_ number: Int) -> String {
    let frame = frames[number]
    return frame.rows == 0
      ? "frame \(number + 1) (data)"
      : "frame \(number + 1) (data, rows \(frame.firstRow) to \(frame.firstRow + frame.rows - 1))"
  }

  /// The content of the index's skippable frame.
  func encoded() -> [UInt8] {
    var bytes = Self.magic
    bytes.append(little: UInt32(frames.count))
    bytes.append(little: UInt32(0))
    for frame in frames {
      bytes.append(little: frame.offset)
      for number in [
        frame.size, frame.contentSize, frame.firstRow, frame.rows, frame.samples, frame.tokens,
      ] {
        bytes.append(little: number)
      }
      bytes.append(little: frame.contentDigest)
      bytes.append(little: frame.fileDigest)
    }
    bytes.append(little: xxh3(bytes))
    return bytes
  }

  init(decoding bytes: [UInt8]) throws(Problem) {
    func damaged(_ what: String) -> Problem {
      Problem(reason: "the index's \(what)", remedy: Problem.rerun)
    }
    var cursor = ByteCursor(bytes)
    guard cursor.take(8).map(Array.init) == Self.magic, let count: UInt32 = cursor.integer(),
      let _: UInt32 = cursor.integer(), bytes.count == 24 + Int(count) * Self.frameSize
    else { throw damaged("beginning or size is wrong") }
    var end = ByteCursor(bytes[(bytes.count - 8)...])
    guard end.integer() == xxh3(bytes.dropLast(8)) else { throw damaged("checksum is wrong") }
    var frames: [Frame] = []
    frames.reserveCapacity(Int(count))
    var firstRow: UInt32 = 0
    for _ in 0..<count {
      guard let offset: UInt64 = cursor.integer(), let size: UInt32 = cursor.integer(),
        let contentSize: UInt32 = cursor.integer(), let first: UInt32 = cursor.integer(),
        let rows: UInt32 = cursor.integer(), let samples: UInt32 = cursor.integer(),
        let tokens: UInt32 = cursor.integer(), let contentDigest: UInt64 = cursor.integer(),
        let fileDigest: UInt64 = cursor.integer(), first == firstRow,
        let next = Optional(firstRow.addingReportingOverflow(rows)), !next.overflow
      else { throw damaged("rows do not follow each other") }
      firstRow = next.partialValue
      frames.append(
        Frame(
          offset: offset, size: size, contentSize: contentSize, firstRow: first, rows: rows,
          samples: samples, tokens: tokens, contentDigest: contentDigest, fileDigest: fileDigest))
    }
    self.frames = frames
  }
}
