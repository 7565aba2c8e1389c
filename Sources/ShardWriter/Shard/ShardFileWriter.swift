import Files
import Masking
import Problems

/// A shard as bytes, ready to be published under its name.
public struct EncodedShard: Sendable {
  public var bytes: [UInt8]
  public var summary: ShardSummary
}

/// What the manifest keeps of a shard.
public struct ShardSummary: Hashable, Sendable {
  public var header: ShardHeader
  public var index: ShardIndex
  /// Bytes of the file.
  public var fileSize: Int
  /// XXH3 (128 bits) of the file.
  public var fileDigest: Digest128

  public var contentDigest: Digest128 { index.contentDigest }
}

/// Turns the rows of one block into one shard. One a worker: it keeps its zstd context.
///
/// The bytes depend on the arguments, the level and the zstd version alone.
public final class ShardFileWriter {
  public let spec: ShardSpec
  private let compressor: ZstdCompressor
  /// Fewer for tests, which want many frames of few rows.
  var tokensPerFrame = FrameEncoder.tokensPerFrame

  /// `level`: zstd's compression level.
  public init(spec: ShardSpec, level: Int32 = 3) throws(Problem) {
    guard Zstd.accepts(level: level) else {
      throw Problem(
        kind: .unusable, reason: "zstd has no compression level \(level)",
        remedy: "use a \(OptionName.level) from 1 to 22")
    }
    guard spec.idCount <= Int(Int32.max), (1...Int(Int32.max)).contains(spec.contextLength),
      (1...spec.contextLength).contains(spec.sampleAlignment)
    else {
      throw Problem(
        kind: .unusable,
        reason: "context length, id count or sample alignment is beyond what a shard can hold")
    }
    self.spec = spec
    compressor = try ZstdCompressor(level: level)
  }

  /// Encodes a block's rows and rejects.
  ///
  /// Of `totals`, the caller counts `records`, `accepted`, `samples`, `truncated` and `counters`; rows,
  /// tokens, supervised tokens and rejects by reason are counted here, from what is stored. Throws
  /// where `records` is not `accepted` + rejects. O(tokens).
  public func encode(
    _ rows: Rows, source: BlockSource, totals: Totals, rejects: RejectLines
  ) throws(Problem) -> EncodedShard {
    var totals = totals
    totals.rejected = rejects.reasons
    guard totals.records == totals.accepted + UInt64(rejects.count) else {
      throw Problem(
        kind: .unusable, path: source.shardName,
        reason: "\(totals.records) records are not \(totals.accepted) accepted"
          + " and \(rejects.count) rejected", remedy: "this is a bug in prep: please report it")
    }
    totals.rows = UInt64(rows.count)
    totals.tokens = UInt64(rows.tokens.count)
    totals.supervisedTokens = UInt64(rows.supervisedCount)

    var data: [UInt8] = []
    var seekTable = SeekTable()
    var index = ShardIndex(frames: [])
    var features: ShardFeatures = spec.sampleAlignment > 1 ? .alignment : []
    var samples = 0
    var classes: [[UInt8]] = []
    var encoder = FrameEncoder(rows, spec: spec, tokensPerFrame: tokensPerFrame)
    while let frame = try encoder.nextFrame() {
      let entry = try append(frame, to: &data)
      index.frames.append(entry)
      seekTable.entries.append(
        SeekTable.Entry(
          size: entry.size, contentSize: entry.contentSize, checksum: Self.checksum(data)))
      if frame.hasWeights { features.insert(.weights) }
      samples += frame.samples
      if let known = frame.classes { classes.append(known) }
    }
    if classes.count == index.frames.count { features.insert(.classes) }
    let header = ShardHeader(
      spec: spec, source: source, totals: totals, samplesInRows: UInt64(samples),
      frameCount: index.frames.count, features: features)
    var bytes: [UInt8] = []
    Zstd.appendSkippable(header.encoded(), variant: ShardFrameVariant.header, to: &bytes)
    seekTable.entries.insert(Self.entry(bytes.count), at: 0)
    for frame in index.frames.indices { index.frames[frame].offset += UInt64(bytes.count) }
    bytes += data
    if rejects.count > 0 {
      let content = try RejectsFrame.encoded(rejects, compressor: compressor)
      Zstd.appendSkippable(content, variant: ShardFrameVariant.rejects, to: &bytes)
      seekTable.entries.append(Self.entry(content.count + 8))
    }
    if features.contains(.classes) {
      let content = try ClassesFrame.encoded(classes, compressor: compressor)
      Zstd.appendSkippable(content, variant: ShardFrameVariant.classes, to: &bytes)
      seekTable.entries.append(Self.entry(content.count + 8))
    }
    let content = index.encoded()
    Zstd.appendSkippable(content, variant: ShardFrameVariant.index, to: &bytes)
    seekTable.entries.append(Self.entry(content.count + 8))
    Zstd.appendSkippable(seekTable.encoded(), variant: SeekTable.variant, to: &bytes)
    return EncodedShard(
      bytes: bytes,
      summary: ShardSummary(
        header: header, index: index, fileSize: bytes.count, fileDigest: Digest128(of: bytes)))
  }

  /// Compresses a frame; its offset counts from the first data frame.
  private func append(
    _ frame: FrameEncoder.Frame, to data: inout [UInt8]
  ) throws(Problem) -> ShardIndex.Frame {
    let start = data.count
    try compressor.append(frame.content, to: &data)
    return ShardIndex.Frame(
      offset: UInt64(start), size: UInt32(data.count - start),
      contentSize: UInt32(frame.content.count), firstRow: UInt32(frame.rows.lowerBound),
      rows: UInt32(frame.rows.count), samples: UInt32(frame.samples), tokens: UInt32(frame.tokens),
      contentDigest: xxh3(frame.content), fileDigest: xxh3(data[start...]))
  }

  /// The last four bytes of a zstd frame: its content's checksum, which the seek table repeats.
  private static func checksum(_ data: [UInt8]) -> UInt32 {
    var cursor = ByteCursor(data[(data.count - 4)...])
    return cursor.integer() ?? 0
  }

  private static func entry(_ size: Int) -> SeekTable.Entry {
    SeekTable.Entry(size: UInt32(size), contentSize: 0, checksum: SeekTable.emptyChecksum)
  }
}

/// Which of the 16 magic numbers of skippable frames is whose.
enum ShardFrameVariant {
  static let header: UInt32 = 0
  static let index: UInt32 = 1
  static let rejects: UInt32 = 2
  static let classes: UInt32 = 3
}
