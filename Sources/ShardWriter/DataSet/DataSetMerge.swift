import Files
import Problems

/// Joins the folders of partitions into the data set that a single run would have written.
public enum DataSetMerge {
  /// Links (or copies, to another disk) the shards of `parts` into `output`, then writes rejects and
  /// manifest there. Refuses parts of different specs, a block that is missing or given twice, and what `check` throws
  /// of the whole, before it writes. May be repeated after a crash.
  public static func merge(
    _ parts: [String], into output: String, check: (Manifest) throws(Problem) -> Void = { _ in }
  ) throws(Problem) -> Manifest {
    var builder = ManifestBuilder()
    var sources: [(part: String, shard: Manifest.Shard)] = []
    var seen: [(part: String, blocks: Digest128)] = []
    for part in parts {
      let manifest = try Manifest(folder: part)
      if let blocks = manifest.partition?.blocks { seen.append((part, blocks)) }
      for shard in manifest.shards {
        let reader = try ShardReader(AtomicFile.path(part, shard.name))
        let summary = ShardSummary(
          header: reader.header, index: reader.index, fileSize: reader.fileSize,
          fileDigest: shard.fileDigest)
        do throws(Problem) {
          try builder.add(summary)
        } catch {
          throw error.at(path: reader.path)
        }
        sources.append((part, shard))
      }
    }
    let manifest = try builder.finish()
    var blocks = BlocksDigest()
    for shard in manifest.shards { blocks.add(shard.source) }
    if let other = seen.first(where: { $0.blocks != blocks.digest }) {
      throw Problem(
        kind: .unusable, path: other.part,
        reason:
          "the input was changed between the parts: it did not have the blocks of all of them",
        remedy: "make all parts from the same files")
    }
    try check(manifest)
    let folder = try OutputFolder(output)
    if let finished = try folder.prepare(for: manifest.spec, overwrite: false), finished != manifest
    {
      throw Problem(
        kind: .unusable, path: output, reason: "the folder holds another data set",
        remedy: "choose another folder")
    }
    for (part, shard) in sources {
      try folder.adopt(shard, from: part)
    }
    try AtomicFile.sync(folder: output)
    try folder.publish(manifest)
    return manifest
  }
}

extension OutputFolder {
  /// Takes over a shard of another folder, comparing its bytes with their digest.
  fileprivate func adopt(_ shard: Manifest.Shard, from folder: String) throws(Problem) {
    let source = AtomicFile.path(folder, shard.name)
    let bytes = try ReadableFile(source).readAll()
    guard Digest128(of: bytes) == shard.fileDigest else {
      throw Problem(
        path: source, reason: "it is not the file that its manifest lists",
        remedy: "find out more with: prep verify \(folder)")
    }
    let temporary = AtomicFile.temporaryPath(shard.name, in: path)
    try AtomicFile.remove(temporary)
    if FileSystem.link(source, to: temporary) == nil {
      if let failure = FileSystem.rename(temporary, to: AtomicFile.path(path, shard.name)) {
        throw Problem.system(
          "cannot rename to it", path: AtomicFile.path(path, shard.name), failure)
      }
      // Renaming onto the same file does nothing and leaves the link.
      try AtomicFile.remove(temporary)
    } else {
      try AtomicFile.write(bytes, name: shard.name, in: path)
    }
  }
}
