import Files
import Masking
import Problems
import Synchronization

/// The rows of a folder of shards, by number. Thread-safe; decoded frames are kept up to a budget.
public final class DataSet: Sendable {
  public let folder: String
  public let manifest: Manifest
  private let cache: FrameCache
  private let learning: LearnedClasses?
  /// The loss by which its rows are read, in place of the run's; nil where none was chosen.
  public let learnedAs: String?

  /// Opens a finished data set; O(shards). `cacheSize`: bytes of decoded frames to keep.
  public convenience init(_ folder: String, cacheSize: Int = 256 << 20) throws(Problem) {
    self.init(
      try Manifest(folder: folder), of: folder, cacheSize: cacheSize, learning: nil, as: nil)
  }

  /// Opens a data set of which other tokens are learned than the run chose: `learning`, which the caller found to give
  /// the rows of a run with that loss. `name`: what the loss is called.
  package init(
    _ manifest: Manifest, of folder: String, cacheSize: Int, learning: LearnedClasses?,
    as name: String?
  ) {
    self.folder = folder
    self.manifest = manifest
    self.learning = learning
    learnedAs = name
    cache = FrameCache(budget: cacheSize)
  }

  /// Whether some row holds several samples.
  public var isPacked: Bool {
    manifest.shards.contains { $0.samplesInRows != $0.totals.rows }
  }
  public var contextLength: Int { manifest.spec.contextLength }
  public var padID: UInt32 { manifest.spec.padID }

  /// Where a sample's record stands in the input.
  public struct Place: Hashable, Sendable {
    /// Name of the input file, as it was given.
    public var file: [UInt8]
    /// Line, from 1.
    public var line: UInt64
    /// Byte offset (decompressed).
    public var offset: UInt64
    public var sampleIndex: UInt32
  }

  /// A row within the rows of its frame.
  public struct Location: Sendable {
    /// Shard, by its place in the manifest.
    public var shard: Int
    public var rows: Rows
    /// Row within the frame.
    public var row: Int
  }

  /// Finds a row and decodes its frame unless it is kept. O(log shards + log frames) where it is.
  public func locate(_ row: Int) throws(Problem) -> Location {
    guard row >= 0, row < count else {
      throw Problem(
        kind: .unusable, path: folder, reason: "there is no row \(row)",
        remedy: count == 0 ? "the data set has no rows" : "rows go from 0 to \(count - 1)")
    }
    let shard = shardIndex(ofRow: row)
    let entry = manifest.shards[shard]
    let rowInShard = row - entry.firstRow
    let reader = try reader(shard)
    guard let number = reader.index.frame(ofRow: rowInShard) else {
      throw Problem(
        path: reader.path,
        reason: "it has \(reader.rowCount) rows, the manifest says \(entry.rows)",
        remedy: Manifest.rebuild)
    }
    let rows = try cache.rows(shard: shard, frame: number) { () throws(Problem) in
      try reader.frame(number)
    }
    return Location(
      shard: shard, rows: rows, row: rowInShard - Int(reader.index.frames[number].firstRow))
  }

  /// A row. Keeps the rows of its frame in memory.
  public func row(_ row: Int) throws(Problem) -> Row {
    let location = try locate(row)
    return location.rows[location.row]
  }

  /// The record of each sample of a row.
  public func places(ofRow row: Int) throws(Problem) -> [Place] {
    let location = try locate(row)
    let source = manifest.shards[location.shard].source
    return location.rows[location.row].places.map {
      Place(
        file: source.file, line: source.firstLine + UInt64($0.line),
        offset: source.byteOffset + UInt64($0.byteOffset), sampleIndex: $0.sampleIndex)
    }
  }

  /// Throws where the manifest's digest is not that of the shards. Opens every shard: O(frames).
  public func checkDigest() throws(Problem) { _ = try frameStarts() }

  /// First row of each data frame, ascending, then the number of rows. Opens every shard: O(frames). Throws where the
  /// manifest's digest is not theirs.
  public func frameStarts() throws(Problem) -> [Int] {
    var starts: [Int] = []
    var digests: [UInt8] = []
    for (number, shard) in manifest.shards.enumerated() {
      for frame in try reader(number).index.frames {
        digests.append(little: frame.contentDigest)
        if frame.rows > 0 { starts.append(shard.firstRow + Int(frame.firstRow)) }
      }
    }
    guard Digest128(of: digests) == manifest.digest else {
      throw Problem(
        path: AtomicFile.path(folder, Manifest.fileName),
        reason: "its digest is not that of the shards", remedy: Manifest.rebuild)
    }
    return starts + [count]
  }

  /// The shard that holds a row, by its place in the manifest. `row` is in range.
  public func shardIndex(ofRow row: Int) -> Int {
    let shards = manifest.shards
    var low = 0
    var high = shards.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if shards[middle].firstRow <= row { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// A shard's reader, opened at its first use. Refuses a shard that is not the manifest's.
  public func reader(_ shard: Int) throws(Problem) -> ShardReader {
    let entry = manifest.shards[shard]
    return try cache.reader(shard) { () throws(Problem) in
      let path = AtomicFile.path(folder, entry.name)
      let reader: ShardReader
      do throws(Problem) {
        reader = try ShardReader(path, learning: learning)
      } catch {
        // What is intact stays readable; a read of the damaged part says what is wrong.
        guard error.kind == .damaged,
          let saved = ShardReader(
            salvaging: path, listed: entry, spec: manifest.spec, learning: learning)
        else { throw error }
        reader = saved
      }
      // An index made from what was saved has all frames too, or rows would be counted from the wrong one.
      guard entry.isShard(reader, of: manifest.spec) else {
        throw Problem(
          path: reader.path, reason: "it is not the shard that the manifest lists, or is damaged",
          remedy: "find out more with: prep verify \(folder)")
      }
      return reader
    }
  }
}

extension DataSet: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { manifest.rowCount }

  /// A row, or why it cannot be read: `for row in dataSet { try row.get() }`.
  public subscript(row: Int) -> Result<Row, Problem> {
    do throws(Problem) { return .success(try self.row(row)) } catch { return .failure(error) }
  }
}

/// Decoded frames and open readers, the least recently used given up first.
private final class FrameCache: Sendable {
  private struct Key: Hashable {
    var shard: Int
    var frame: Int
  }

  private struct State {
    var frames: [Key: (rows: Rows, lastUse: Int)] = [:]
    var readers: [Int: (reader: ShardReader, lastUse: Int)] = [:]
    var size = 0
    var clock = 0
  }

  private let budget: Int
  private let state = Mutex(State())
  private static let readerLimit = 1024

  init(budget: Int) { self.budget = budget }

  /// A frame's rows, decoded by `load` where it is not kept. Several threads may load one frame at once;
  /// none waits for another's.
  func rows(
    shard: Int, frame: Int, load: () throws(Problem) -> Rows
  ) throws(Problem) -> Rows {
    let key = Key(shard: shard, frame: frame)
    let kept = state.withLock { state -> Rows? in
      state.clock += 1
      state.frames[key]?.lastUse = state.clock
      return state.frames[key]?.rows
    }
    if let kept { return kept }
    let rows = try load()
    state.withLock { state in
      guard state.frames[key] == nil else { return }
      state.size += rows.memorySize
      while state.size > budget,
        let oldest = state.frames.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        state.size -= oldest.value.rows.memorySize
        state.frames[oldest.key] = nil
      }
      state.frames[key] = (rows, state.clock)
    }
    return rows
  }

  func reader(_ shard: Int, open: () throws(Problem) -> ShardReader) throws(Problem)
    -> ShardReader
  {
    let kept = state.withLock { state -> ShardReader? in
      state.clock += 1
      state.readers[shard]?.lastUse = state.clock
      return state.readers[shard]?.reader
    }
    if let kept { return kept }
    let reader = try open()
    state.withLock { state in
      if state.readers.count >= Self.readerLimit,
        let oldest = state.readers.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        state.readers[oldest.key] = nil
      }
      state.readers[shard] = (reader, state.clock)
    }
    return reader
  }
}
