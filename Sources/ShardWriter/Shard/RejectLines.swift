import Files
import JSONText
import Problems

/// The rejects of a block as the lines that `rejects.jsonl` has for them: written as they come and compressed by the
/// piece, since a block may reject every one of its records, and as lines they are several times its size.
public struct RejectLines {
  /// How many there are, by reason.
  public private(set) var reasons: [String: UInt64] = [:]
  public private(set) var count = 0
  /// The first of them, to show.
  public private(set) var first: [Reject] = []
  /// Bytes of the lines.
  private(set) var size = 0
  private let file: [UInt8]
  private let level: Int32
  /// Lines that are not compressed yet.
  private var writer = JSONWriter()
  /// zstd frames of the lines before them.
  private var frames: [UInt8] = []
  private var compressor: ZstdCompressor?

  private static let shownCount = 8
  private static let pieceSize = 1 << 20

  /// `file`: name of the input file, as it was given. `level`: zstd's, of all pieces but the last.
  public init(file: [UInt8], level: Int32) {
    self.file = file
    self.level = level
  }

  /// Throws where there is no memory to compress with.
  public mutating func append(_ reject: Reject) throws(Problem) {
    reasons[reject.reason, default: 0] += 1
    count += 1
    if first.count < Self.shownCount { first.append(reject) }
    let start = writer.bytes.count
    reject.write(file: file, to: &writer)
    size += writer.bytes.count - start
    guard writer.bytes.count >= Self.pieceSize else { return }
    if compressor == nil { compressor = try ZstdCompressor(level: level) }
    try compressor?.append(writer.bytes, to: &frames)
    writer.removeAll()
  }

  /// The lines as zstd frames, one after the other.
  func compressed(_ compressor: ZstdCompressor) throws(Problem) -> [UInt8] {
    var frames = frames
    if frames.isEmpty || !writer.bytes.isEmpty { try compressor.append(writer.bytes, to: &frames) }
    return frames
  }
}
