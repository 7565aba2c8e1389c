import Files
import Problems

/// The index of a data set: its inputs, spec, shards and totals. Made from the shards alone
/// (`ManifestBuilder`), so equal shards give an equal manifest.
public struct Manifest: Hashable, Sendable {
  /// One input file.
  public struct Input: Hashable, Sendable {
    /// Its name as given.
    public var file: [UInt8]
    /// Bytes (decompressed) in the blocks listed.
    public var byteCount: UInt64
    /// Blocks listed.
    public var blocks: Int
    public var records: UInt64
  }

  /// One shard.
  public struct Shard: Hashable, Sendable {
    public var name: String
    public var source: BlockSource
    /// Row of the data set that its first row is.
    public var firstRow: Int
    public var totals: Totals
    /// Samples of all rows: one that was split counts once for each row.
    public var samplesInRows: UInt64
    public var frameCount: Int
    /// Bytes of the file.
    public var fileSize: Int
    public var fileDigest: Digest128
    /// XXH3 of the frames' content digests.
    public var contentDigest: Digest128

    public var rows: Int { Int(totals.rows) }
  }

  /// Which part of the blocks a folder holds: the `index`th (from 0) of `count`.
  public struct Partition: Hashable, Sendable {
    public var index: Int
    public var count: Int
    /// Of all blocks of the input, those of other parts too; nil where nobody read them.
    public internal(set) var blocks: Digest128?

    public init(index: Int, count: Int) {
      self.index = index
      self.count = count
    }
  }

  public var spec: ShardSpec
  public var inputs: [Input]
  /// In the order of inputs and their blocks.
  public var shards: [Shard]
  public var totals: Totals
  /// XXH3 (128 bits) of all data frames' content digests, in order: depends on the rows, their order
  /// and their frames, not on threads, level or zstd version.
  public var digest: Digest128
  /// nil for a whole data set.
  public var partition: Partition?

  public static let fileName = "manifest.sqlite"
  public static let rejectsFileName = "rejects.jsonl"

  public var rowCount: Int { Int(totals.rows) }
  /// Bytes of all shards.
  public var fileSize: Int { shards.reduce(0) { $0 + $1.fileSize } }
}

/// Gathers the shards of a run, in any order, into its manifest.
public struct ManifestBuilder: Sendable {
  private var shards: [(shard: Manifest.Shard, digests: [UInt64])] = []
  private var spec: ShardSpec?
  private var partition: Manifest.Partition?

  /// `partition`: the part of the blocks that the folder holds; nil for all of them. `spec`: what the
  /// shards must have; needed for a partition that got no block.
  public init(partition: Manifest.Partition? = nil, spec: ShardSpec? = nil) {
    self.partition = partition
    self.spec = spec
  }

  public var count: Int { shards.count }

  /// Adds a shard. Throws where its spec is not that of the others.
  public mutating func add(_ summary: ShardSummary) throws(Problem) {
    let header = summary.header
    if let spec, spec != header.spec {
      throw Problem(
        kind: .unusable, path: header.source.shardName,
        reason: "its spec (\(header.spec.digest)) is not that of the others (\(spec.digest))",
        remedy: "keep the shards of different runs in different folders")
    }
    spec = header.spec
    shards.append(
      (
        Manifest.Shard(
          name: header.source.shardName, source: header.source, firstRow: 0, totals: header.totals,
          samplesInRows: header.samplesInRows, frameCount: header.frameCount,
          fileSize: summary.fileSize,
          fileDigest: summary.fileDigest, contentDigest: summary.contentDigest),
        summary.index.frames.map(\.contentDigest)
      ))
  }

  /// The manifest. Throws where a block is missing (unless the folder is a partition) or given twice.
  public func finish() throws(Problem) -> Manifest { try finish(isPart: partition != nil) }

  /// The same for a run that read all blocks of its input, also where it made shards of a part of them.
  public mutating func finish(seen: BlocksDigest) throws(Problem) -> Manifest {
    partition?.blocks = seen.digest
    return try finish()
  }

  /// What is there of a run that ended early; nil where there is nothing. Not to be published.
  public var unfinished: Manifest? { try? finish(isPart: true) }

  private func finish(isPart: Bool) throws(Problem) -> Manifest {
    let ordered = shards.sorted {
      ($0.shard.source.input, $0.shard.source.block)
        < ($1.shard.source.input, $1.shard.source.block)
    }
    guard let spec, !ordered.isEmpty || isPart else {
      throw Problem(kind: .unusable, reason: "there are no shards", remedy: "run prep run first")
    }
    var manifest = Manifest(
      spec: spec, inputs: [], shards: [], totals: Totals(), digest: Digest128(of: []),
      partition: partition)
    manifest.inputs = Array(
      repeating: Manifest.Input(file: [], byteCount: 0, blocks: 0, records: 0),
      count: ordered.first?.shard.source.inputCount ?? 0)
    var digests: [UInt8] = []
    var previous: BlockSource?
    for (shard, frameDigests) in ordered {
      let source = shard.source
      try Self.check(source, after: previous, isPart: isPart)
      previous = source
      var shard = shard
      shard.firstRow = manifest.rowCount
      manifest.shards.append(shard)
      manifest.totals += shard.totals
      manifest.inputs[source.input].file = source.file
      manifest.inputs[source.input].byteCount += source.byteCount
      manifest.inputs[source.input].blocks += 1
      manifest.inputs[source.input].records += shard.totals.records
      for digest in frameDigests { digests.append(little: digest) }
    }
    if !isPart { try Self.checkEnd(previous) }
    manifest.digest = Digest128(of: digests)
    return manifest
  }

  /// Throws unless the last block ends the last input.
  static func checkEnd(_ last: BlockSource?) throws(Problem) {
    guard let last, !last.isLastOfInput || last.input != last.inputCount - 1 else { return }
    throw missing(
      input: last.isLastOfInput ? last.input + 1 : last.input,
      block: last.isLastOfInput ? 0 : last.block + 1, file: last.isLastOfInput ? [] : last.file)
  }

  /// Throws unless a block is one that may follow `previous`: the next one, or of a part any later one.
  static func check(
    _ source: BlockSource, after previous: BlockSource?, isPart: Bool
  ) throws(Problem) {
    guard source.input < source.inputCount,
      previous?.inputCount ?? source.inputCount == source.inputCount
    else {
      throw Problem(
        kind: .unusable, path: source.shardName,
        reason: "it comes from a run with \(source.inputCount) inputs, the others do not",
        remedy: "keep the shards of different runs in different folders")
    }
    if let previous, previous.input == source.input, previous.block == source.block {
      throw Problem(
        kind: .unusable, path: source.shardName, reason: "this block is given twice",
        remedy: "give every partition once")
    }
    if let previous, (source.input, source.block) < (previous.input, previous.block) {
      throw Problem(
        kind: .unusable, path: source.shardName, reason: "the blocks are not in order",
        remedy: "give every partition once")
    }
    if let previous, previous.input == source.input {
      let end = previous.byteOffset.addingReportingOverflow(previous.byteCount)
      let follows = source.block == previous.block + 1
      guard previous.file == source.file, !previous.isLastOfInput, !end.overflow,
        follows ? source.byteOffset == end.partialValue : source.byteOffset >= end.partialValue,
        source.firstLine >= previous.firstLine
      else {
        throw Problem(
          kind: .unusable, path: source.shardName,
          reason:
            "this block and block \(previous.block) were not cut from the same bytes of input "
            + "\(source.input) (\(String(decoding: source.file, as: UTF8.self)))",
          remedy: "make all parts from the same files")
      }
    }
    guard !isPart else { return }
    let expected: (Int, Int) =
      if let previous {
        previous.isLastOfInput ? (previous.input + 1, 0) : (previous.input, previous.block + 1)
      } else { (0, 0) }
    guard (source.input, source.block) == expected else {
      throw missing(
        input: expected.0, block: expected.1, file: expected.0 == source.input ? source.file : [])
    }
  }

  private static func missing(input: Int, block: Int, file: [UInt8]) -> Problem {
    let name = file.isEmpty ? "" : " (\(String(decoding: file, as: UTF8.self)))"
    return Problem(
      kind: .unusable, reason: "block \(block) of input \(input)\(name) has no shard",
      remedy: "finish the run: run the same prep run again, or every partition to prep merge")
  }
}

extension Manifest.Partition {
  /// Reads `i/n`, with 0 ≤ i < n; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]), index >= 0,
      index < count
    else { return nil }
    self.init(index: index, count: count)
  }
}
