import Files
import Problems

/// Checks a whole folder: every shard, the manifest against the shards, `rejects.jsonl` against both.
public struct DataSetVerifier {
  /// All damage found, shard by shard.
  public private(set) var damage: [Problem] = []
  /// What is odd but loses nothing, such as temporary files of a killed run.
  public private(set) var notes: [String] = []
  /// The manifest as the shards give it; nil where that cannot be made.
  public private(set) var rebuilt: Manifest?
  public private(set) var shardCount = 0
  /// Shards that were found damaged or missing, by name.
  public private(set) var damagedShards: Set<String> = []

  private let folder: String
  private var rejectsDigestMatches = true

  /// Checks the folder. `progress` is called after each shard with its number and how many there are.
  /// Memory: one shard. Throws only where there is nothing to check.
  public init(
    _ folder: String, partition: Manifest.Partition? = nil,
    progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(Problem) {
    self.folder = folder
    guard let names = try AtomicFile.names(in: folder) else {
      throw Problem(
        kind: .unusable, path: folder, reason: "there is no such folder", remedy: "check the path")
    }
    for name in names where AtomicFile.isTemporary(name) {
      notes.append(
        "\(AtomicFile.path(folder, name)): left by a run that was killed; the next run removes it")
    }
    let (manifest, stored) = try readManifest(names)
    let present = names.filter(OutputFolder.isShard)
    let listed = Set(manifest?.shards.map(\.name) ?? present)
    if let manifest {
      for shard in manifest.shards where !present.contains(shard.name) {
        report(
          shard.name, "the manifest lists it, and the folder does not have it",
          "run the same prep run again; it makes this one again")
      }
      for name in present where !listed.contains(name) {
        report(
          name, "the manifest does not list it",
          "move it away, or rebuild the manifest: prep verify \(OptionName.rebuildManifest) \(folder)"
        )
      }
    }
    try checkShards(
      present.filter(listed.contains), manifest: manifest,
      partition: partition ?? manifest?.partition,
      rejects: names.contains(Manifest.rejectsFileName), progress: progress)
    compare(manifest, stored: stored)
  }

  /// The manifest and its bytes; a damaged one is reported, and its shards are checked without it.
  private mutating func readManifest(
    _ names: [String]
  ) throws(Problem) -> (Manifest?, [UInt8]) {
    guard names.contains(Manifest.fileName) else {
      _ = try names.contains(where: OutputFolder.isShard) ? nil : Manifest(folder: folder)
      damage.append(
        Problem(
          path: AtomicFile.path(folder, Manifest.fileName),
          reason: "there is no manifest: an unfinished run, or it was lost",
          remedy: "run the same prep run again, or \(Manifest.rebuild)"))
      return (nil, [])
    }
    do throws(Problem) {
      let stored = try ReadableFile(AtomicFile.path(folder, Manifest.fileName)).readAll()
      return (try Manifest(decoding: stored), stored)
    } catch {
      damage.append(error.at(path: AtomicFile.path(folder, Manifest.fileName)))
      return (nil, [])
    }
  }

  private mutating func checkShards(
    _ names: [String], manifest: Manifest?, partition: Manifest.Partition?,
    rejects hasRejects: Bool,
    progress: (Int, Int) -> Void
  ) throws(Problem) {
    var builder = ManifestBuilder(partition: partition, spec: manifest?.spec)
    var rejects = RejectsComparison(hasRejects ? folder : nil)
    var entries: [String: Manifest.Shard] = [:]
    for shard in manifest?.shards ?? [] { entries[shard.name] = shard }
    shardCount = manifest?.shards.count ?? names.count
    // In the order of inputs and blocks, which names keep while numbers have five digits.
    let ordered = manifest.map { $0.shards.map(\.name).filter(Set(names).contains) } ?? names
    for (number, name) in ordered.enumerated() {
      let shard = ShardVerifier(AtomicFile.path(folder, name))
      damage += shard.damage
      if !shard.damage.isEmpty { damagedShards.insert(name) }
      if let summary = shard.summary { check(summary, name: name, listed: entries[name], &builder) }
      rejects.compare(shard.rejects)
      progress(number + 1, names.count)
    }
    rejectsDigestMatches = rejects.finish()
    guard damagedShards.isEmpty else { return }
    do throws(Problem) {
      rebuilt = try builder.finish()
    } catch {
      damage.append(error.at(path: folder))
    }
    if !rejectsDigestMatches {
      damage.append(
        Problem(
          path: AtomicFile.path(folder, Manifest.rejectsFileName),
          reason: hasRejects ? "it does not hold the rejects of the shards" : "it is missing",
          remedy: Manifest.rebuild))
    }
  }

  private mutating func check(
    _ summary: ShardSummary, name: String, listed: Manifest.Shard?, _ builder: inout ManifestBuilder
  ) {
    if summary.header.source.shardName != name {
      report(
        name, "it is the shard of another block, \(summary.header.source.shardName)",
        "give it that name")
    } else if let listed,
      listed.fileDigest != summary.fileDigest || listed.fileSize != summary.fileSize
    {
      damage.append(
        Problem(
          path: AtomicFile.path(folder, Manifest.fileName),
          reason: "its entry of \(name) is not that of the file, which is intact",
          remedy: Manifest.rebuild))
    } else {
      do throws(Problem) {
        try builder.add(summary)
      } catch {
        damage.append(error.at(path: AtomicFile.path(folder, name)))
      }
    }
  }

  /// The manifest must be, byte for byte, what the shards give.
  private mutating func compare(_ manifest: Manifest?, stored: [UInt8]) {
    guard let manifest, let rebuilt, damage.isEmpty else { return }
    let path = AtomicFile.path(folder, Manifest.fileName)
    if manifest != rebuilt {
      damage.append(
        Problem(
          path: path, reason: "its entries are not those of the shards", remedy: Manifest.rebuild))
    } else if let bytes = try? rebuilt.encoded(), bytes != stored {
      let offset = zip(bytes, stored).enumerated().first { $1.0 != $1.1 }?.offset
      damage.append(
        Problem(
          path: path, offset: offset ?? min(bytes.count, stored.count),
          reason: "its bytes are not what was written", remedy: Manifest.rebuild))
    }
  }

  private mutating func report(_ name: String, _ reason: String, _ remedy: String) {
    damagedShards.insert(name)
    damage.append(
      Problem(path: AtomicFile.path(folder, name), reason: reason, remedy: remedy))
  }
}

/// Compares `rejects.jsonl` with the rejects of the shards, piece by piece.
struct RejectsComparison {
  private let file: ReadableFile?
  private var position = 0
  private var matches: Bool

  init(_ folder: String?) {
    file = folder.flatMap { try? ReadableFile(AtomicFile.path($0, Manifest.rejectsFileName)) }
    matches = file != nil
  }

  mutating func compare(_ lines: [UInt8]) {
    guard matches, let file, !lines.isEmpty else { return }
    matches = (try? file.read(lines.count, at: position)) == lines
    position += lines.count
  }

  /// Whether the file held these lines and no others.
  func finish() -> Bool { matches && position == file?.size }
}

extension DataSetVerifier {
  /// Makes manifest and `rejects.jsonl` anew from the shards. Refuses where a shard is damaged or missing.
  public static func rebuildManifest(
    _ folder: String, partition: Manifest.Partition? = nil
  ) throws(Problem) -> Manifest {
    let output = try OutputFolder(existing: folder)
    var builder = ManifestBuilder(
      partition: partition ?? (try? Manifest(folder: folder))?.partition)
    for name in try AtomicFile.names(in: folder) ?? [] where OutputFolder.isShard(name) {
      let shard = ShardVerifier(AtomicFile.path(folder, name))
      guard let summary = shard.summary else {
        throw shard.damage.first
          ?? Problem(path: AtomicFile.path(folder, name), reason: "it is damaged")
      }
      guard summary.header.source.shardName == name else {
        throw Problem(
          path: AtomicFile.path(folder, name),
          reason: "it is the shard of another block, \(summary.header.source.shardName)",
          remedy: "give it that name")
      }
      try builder.add(summary)
    }
    let manifest: Manifest
    do throws(Problem) {
      manifest = try builder.finish()
    } catch {
      throw error.at(path: folder)
    }
    try output.publish(manifest)
    return manifest
  }
}
