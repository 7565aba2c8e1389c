import Files
import Problems
import SystemPackage

/// The folder that a run writes: shards as they come, then `rejects.jsonl`, the manifest last.
///
/// A folder with shards and no manifest is an unfinished run, which the same spec may go on with.
/// Locked while it is open, so that two runs cannot mix. Thread-safe.
public final class OutputFolder: Sendable {
  public let path: String
  private let lock: FileDescriptor

  /// What a folder holds.
  public enum State: Hashable, Sendable {
    /// It does not exist or holds no file of prep.
    case empty
    /// Shards of one spec and no manifest.
    case unfinished(spec: ShardSpec)
    /// A manifest.
    case finished(Manifest)
  }

  /// Makes the folder where it is missing, locks it, and removes temporary files that a killed run left.
  public convenience init(_ path: String) throws(Problem) {
    try AtomicFile.makeFolder(path)
    try self.init(existing: path)
  }

  /// The same for a folder that must exist.
  public init(existing path: String) throws(Problem) {
    self.path = path
    do {
      lock = try FileDescriptor.open(
        FilePath(path), .readOnly, options: [.closeOnExec, .directory])
    } catch {
      throw Problem.system("cannot open the folder", path: path, error)
    }
    guard FileSystem.lock(lock.rawValue) else {
      try? lock.close()
      throw Problem(
        kind: .unusable, path: path, reason: "another prep is writing to this folder",
        remedy: "wait for it, or choose another \(OptionName.output)")
    }
    for name in try AtomicFile.names(in: path) ?? [] where AtomicFile.isTemporary(name) {
      try AtomicFile.remove(AtomicFile.path(path, name))
    }
  }

  deinit { try? lock.close() }

  /// Whether `name` is a shard's.
  static func isShard(_ name: String) -> Bool { name.hasPrefix("shard-") && name.hasSuffix(".zst") }

  /// The folder's state. Reads the manifest, or the header of the first shard that has one.
  public func state() throws(Problem) -> State {
    let names = try AtomicFile.names(in: path) ?? []
    if names.contains(Manifest.fileName) {
      do throws(Problem) {
        return .finished(try Manifest(folder: path))
      } catch {
        // Shards are the truth, and a damaged manifest is made from them again.
        guard error.kind == .damaged else { throw error }
      }
    }
    for name in names where Self.isShard(name) {
      if let file = try? ReadableFile(AtomicFile.path(path, name)),
        let header = try? ShardReader.header(of: file)
      {
        return .unfinished(spec: header.spec)
      }
    }
    return .empty
  }

  /// Makes ready for a run with `spec`: refuses a folder that holds another one's shards, unless
  /// `overwrite`, which removes prep's own files and no others. Returns the manifest of a finished run.
  public func prepare(for spec: ShardSpec, overwrite: Bool) throws(Problem) -> Manifest? {
    if overwrite {
      try removeOwnFiles()
      return nil
    }
    let found: ShardSpec
    switch try state() {
    case .empty:
      try refuseForeignFiles()
      return nil
    case .unfinished(let other): found = other
    case .finished(let manifest):
      if manifest.spec == spec { return manifest }
      found = manifest.spec
    }
    guard found.digest == spec.digest else {
      throw Problem(
        kind: .unusable, path: path,
        reason: "the folder holds shards of another spec: "
          + found.differences(from: spec).joined(separator: "; "),
        remedy: "choose another \(OptionName.output), or replace them with \(OptionName.overwrite)")
    }
    return nil
  }

  /// A folder that prep has not written to, and that is not empty, is somebody else's.
  private func refuseForeignFiles() throws(Problem) {
    let foreign = try (AtomicFile.names(in: path) ?? []).filter {
      !Self.isOwn($0) && !$0.hasPrefix(".")
    }
    guard !foreign.isEmpty else { return }
    throw Problem(
      kind: .unusable, path: path,
      reason: "the folder holds files that prep did not write: "
        + foreign.prefix(3).joined(separator: ", ") + (foreign.count > 3 ? ", …" : ""),
      remedy: "choose another \(OptionName.output), or add to them with \(OptionName.overwrite)")
  }

  private static func isOwn(_ name: String) -> Bool {
    isShard(name) || name == Manifest.fileName || name == Manifest.rejectsFileName
      || AtomicFile.isTemporary(name)
  }

  /// Whether all files of a finished run are there: shards of their size, or with `everyByte` of their
  /// bytes, and the rejects. O(shards), or O(bytes).
  public func isWhole(_ manifest: Manifest, everyByte: Bool) -> Bool {
    for shard in manifest.shards {
      guard let file = try? ReadableFile(AtomicFile.path(path, shard.name)),
        file.size == shard.fileSize
      else { return false }
      guard everyByte else { continue }
      guard let bytes = try? file.readAll(), Digest128(of: bytes) == shard.fileDigest else {
        return false
      }
    }
    if everyByte {
      let stored = try? ReadableFile(AtomicFile.path(path, Manifest.fileName)).readAll()
      guard let stored, stored == (try? manifest.encoded()) else { return false }
    }
    var rejects = RejectsComparison(path)
    for shard in manifest.shards where shard.totals.rejectedCount > 0 {
      guard let reader = try? ShardReader(AtomicFile.path(path, shard.name)),
        let lines = try? reader.rejects().lines
      else { return false }
      rejects.compare(lines)
    }
    return rejects.finish()
  }

  /// The shard of a block, where the folder has it whole: same key, spec and place, every checksum right.
  public func existing(_ source: BlockSource, spec: ShardSpec) -> ShardSummary? {
    let path = AtomicFile.path(path, source.shardName)
    guard let reader = try? ShardReader(path), reader.header.source == source,
      reader.header.spec == spec, let file = try? ReadableFile(path),
      let bytes = try? file.readAll()
    else { return nil }
    for frame in reader.index.frames {
      let range = Int(frame.offset)..<Int(frame.offset) + Int(frame.size)
      guard xxh3(bytes[range]) == frame.fileDigest else { return nil }
    }
    guard (try? reader.rejects()) != nil else { return nil }
    return ShardSummary(
      header: reader.header, index: reader.index, fileSize: bytes.count,
      fileDigest: Digest128(of: bytes))
  }

  /// Publishes a shard: durable and whole under its name when this returns.
  public func publish(_ shard: EncodedShard) throws(Problem) {
    try AtomicFile.write(shard.bytes, name: shard.summary.header.source.shardName, in: path)
  }

  /// Closes the run: removes shards that are not the manifest's, writes `rejects.jsonl` from the
  /// shards, then the manifest.
  public func publish(_ manifest: Manifest) throws(Problem) {
    let names = Set(manifest.shards.map(\.name))
    for name in try AtomicFile.names(in: path) ?? []
    where Self.isShard(name) && !names.contains(name) {
      try AtomicFile.remove(AtomicFile.path(path, name))
    }
    try publishRejects(manifest)
    try AtomicFile.write(manifest.encoded(), name: Manifest.fileName, in: path)
  }

  /// Writes `rejects.jsonl` from the shards; alone, where there are too many to publish the run.
  public func publishRejects(_ manifest: Manifest) throws(Problem) {
    let rejects = try TemporaryFile(name: Manifest.rejectsFileName, in: path)
    for shard in manifest.shards where shard.totals.rejectedCount > 0 {
      try rejects.write(ShardReader(AtomicFile.path(path, shard.name)).rejects().lines)
    }
    try rejects.publish()
  }

  /// Removes the manifest first, so that a crash in between leaves an unfinished run; then rejects and shards.
  public func removeOwnFiles() throws(Problem) {
    try AtomicFile.remove(AtomicFile.path(path, Manifest.fileName))
    try AtomicFile.sync(folder: path)
    try AtomicFile.remove(AtomicFile.path(path, Manifest.rejectsFileName))
    for name in try AtomicFile.names(in: path) ?? [] where Self.isShard(name) {
      try AtomicFile.remove(AtomicFile.path(path, name))
    }
  }
}

extension Manifest {
  /// Reads a folder's manifest.
  public init(folder: String) throws(Problem) {
    switch FileSystem.kind(of: folder) {
    case .folder: break
    case nil:
      throw Problem(
        kind: .unusable, path: folder, reason: "there is no such folder", remedy: "check the path")
    case .file, .other:
      throw Problem(
        kind: .unusable, path: folder, reason: "it is a file, and a data set is a folder",
        remedy: "name a folder that prep run wrote")
    }
    let path = AtomicFile.path(folder, Self.fileName)
    let bytes: [UInt8]
    do throws(Problem) {
      bytes = try ReadableFile(path).readAll()
    } catch {
      guard let names = try? AtomicFile.names(in: folder), !names.contains(Self.fileName) else {
        throw error
      }
      throw names.contains(where: OutputFolder.isShard)
        ? Problem(
          kind: .unusable, path: folder, reason: "an unfinished run: it has no manifest yet",
          remedy: "run the same prep run again; it resumes where it stopped")
        : Problem(
          kind: .unusable, path: folder, reason: "not a prep data set: no \(Self.fileName)",
          remedy: "name a folder that prep run wrote")
    }
    do throws(Problem) {
      try self.init(decoding: bytes)
    } catch {
      throw error.at(path: path)
    }
  }
}
