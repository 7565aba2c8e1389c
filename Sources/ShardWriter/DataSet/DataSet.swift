import Masking
import Synchronization

/// The rows of a folder of shards, by number. Thread-safe; decoded frames are kept up to a budget.
public final class DataSet: Sendable {
  public let folder: String
  public let manifest: Manifest
  private let cache: FrameCache

  /// Opens a finished data set; O(shards). `cacheSize`: bytes of decoded frames to keep.
  public init(_ folder: String, cacheSize: Int = 256 << 20) throws(ShardError) {
    self.folder = folder
    manifest = try Manifest(folder: folder)
    cache = FrameCache(budget: cacheSize)
  }

  public var rowCount: Int { manifest.rowCount }
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

  /// A row within its decoded frame.
  public struct Location: Sendable {
    /// Shard, by its place in the manifest.
    public var shard: Int
    public var frame: DecodedFrame
    /// Row within the frame.
    public var row: Int
  }

  /// Finds a row and decodes its frame unless it is kept. O(log shards + log frames) where it is.
  public func locate(_ row: Int) throws(ShardError) -> Location {
    guard row >= 0, row < rowCount else {
      throw ShardError(
        kind: .unusable, path: folder, reason: "there is no row \(row)",
        remedy: rowCount == 0 ? "the data set has no rows" : "rows go from 0 to \(rowCount - 1)")
    }
    let shard = shardIndex(ofRow: row)
    let entry = manifest.shards[shard]
    let rowInShard = row - entry.firstRow
    let reader = try reader(shard)
    guard let number = reader.index.frame(ofRow: rowInShard) else {
      throw ShardError(
        path: reader.path,
        reason: "it has \(reader.rowCount) rows, the manifest says \(entry.rows)",
        remedy: Manifest.rebuild)
    }
    let frame = try cache.frame(shard: shard, number: number) { () throws(ShardError) in
      try reader.frame(number)
    }
    return Location(
      shard: shard, frame: frame, row: rowInShard - Int(reader.index.frames[number].firstRow))
  }

  /// A copy of a row.
  public func row(_ row: Int) throws(ShardError) -> Row {
    let location = try locate(row)
    return location.frame.row(location.row)
  }

  /// The record of each segment of a row.
  public func places(ofRow row: Int) throws(ShardError) -> [Place] {
    let location = try locate(row)
    let source = manifest.shards[location.shard].source
    return location.frame.origins[location.frame.segmentRange(location.row)].map {
      Place(
        file: source.file, line: source.firstLine + UInt64($0.line),
        offset: source.byteOffset + UInt64($0.byteOffset), sampleIndex: $0.sampleIndex)
    }
  }

  /// Copies rows into the caller's arrays, the nth of `rows` into slot n. Throws where a row is missing,
  /// damaged or longer than the arrays' length.
  public func fill(_ rows: some Sequence<Int>, into columns: PaddedColumns) throws(ShardError) {
    var slot = 0
    var last: (row: Int, location: Location)?
    for row in rows {
      // Neighbours share a frame: no search, no lock.
      var location: Location
      if let last, case let inFrame = last.location.row + row - last.row,
        inFrame >= 0, inFrame < last.location.frame.rowCount
      {
        location = last.location
        location.row = inFrame
      } else {
        location = try locate(row)
      }
      last = (row, location)
      guard location.frame.fill(row: location.row, slot: slot, of: columns, pad: padID) != nil
      else {
        throw ShardError(
          kind: .unusable, path: folder,
          reason: slot >= columns.rows
            ? "more rows than the arrays hold (\(columns.rows))"
            : "row \(row) has \(location.frame.range(ofRow: location.row).count) tokens,"
              + " the arrays hold \(columns.length)",
          remedy: "make the arrays larger")
      }
      slot += 1
    }
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
  public func reader(_ shard: Int) throws(ShardError) -> ShardReader {
    let entry = manifest.shards[shard]
    return try cache.reader(shard) { () throws(ShardError) in
      let path = AtomicFile.path(folder, entry.name)
      let reader: ShardReader
      do throws(ShardError) {
        reader = try ShardReader(path)
      } catch {
        // What is intact stays readable; a read of the damaged part says what is wrong.
        guard error.kind == .damaged,
          let saved = ShardReader(salvaging: path, listed: entry, spec: manifest.spec)
        else { throw error }
        reader = saved
      }
      guard reader.header.spec == manifest.spec, reader.header.source == entry.source,
        reader.header.totals.rows == entry.totals.rows
      else {
        throw ShardError(
          path: reader.path, reason: "it is not the shard that the manifest lists",
          remedy: Manifest.rebuild)
      }
      return reader
    }
  }
}

/// Decoded frames and open readers, the least recently used given up first.
private final class FrameCache: Sendable {
  private struct Key: Hashable {
    var shard: Int
    var frame: Int
  }

  private struct State {
    var frames: [Key: (frame: DecodedFrame, lastUse: Int)] = [:]
    var readers: [Int: (reader: ShardReader, lastUse: Int)] = [:]
    var size = 0
    var clock = 0
  }

  private let budget: Int
  private let state = Mutex(State())
  private static let readerLimit = 1024

  init(budget: Int) { self.budget = budget }

  /// The frame, decoded by `load` where it is not kept. Several threads may load one frame at once;
  /// none waits for another's.
  func frame(
    shard: Int, number: Int, load: () throws(ShardError) -> DecodedFrame
  ) throws(ShardError) -> DecodedFrame {
    let key = Key(shard: shard, frame: number)
    let kept = state.withLock { state -> DecodedFrame? in
      state.clock += 1
      state.frames[key]?.lastUse = state.clock
      return state.frames[key]?.frame
    }
    if let kept { return kept }
    let frame = try load()
    state.withLock { state in
      guard state.frames[key] == nil else { return }
      state.size += frame.memorySize
      while state.size > budget,
        let oldest = state.frames.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        state.size -= oldest.value.frame.memorySize
        state.frames[oldest.key] = nil
      }
      state.frames[key] = (frame, state.clock)
    }
    return frame
  }

  func reader(_ shard: Int, open: () throws(ShardError) -> ShardReader) throws(ShardError)
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
