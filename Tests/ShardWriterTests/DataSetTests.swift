import Files
import Masking
import Problems
import TestSupport
import Testing

@testable import ShardWriter

@Suite("A folder of shards")
struct DataSetTests {
  let spec = ShardSpec.test()

  /// Shards of three inputs with 2, 1 and 3 blocks.
  private func shards(spec: ShardSpec) throws -> [EncodedShard] {
    let writer = try ShardFileWriter(spec: spec)
    var shards: [EncodedShard] = []
    for (input, blocks) in [2, 1, 3].enumerated() {
      for block in 0..<blocks {
        var generator = SeededGenerator(UInt64(input * 10 + block))
        let rows = 5 + input + block
        shards.append(
          try writer.encode(
            .random(rows: rows, spec: spec, using: &generator),
            source: .test(input: input, of: 3, block: block, last: block == blocks - 1),
            totals: .test(rows: rows, rejects: block),
            rejects: (0..<block).map { .test(UInt64($0)) }))
      }
    }
    return shards
  }

  private func publish(_ shards: [EncodedShard], _ folder: String) throws -> Manifest {
    let output = try OutputFolder(folder)
    var builder = ManifestBuilder()
    for shard in shards.shuffled() {
      try output.publish(shard)
      try builder.add(shard.summary)
    }
    let manifest = try builder.finish()
    try output.publish(manifest)
    return manifest
  }

  private func contents(_ folder: String) throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for name in try AtomicFile.names(in: folder) ?? [] {
      contents[name] = try ReadableFile(AtomicFile.path(folder, name)).readAll()
    }
    return contents
  }

  @Test(
    "a place that no file reaches is the end of this one",
    arguments: [0, 9, 10, 11, Int.max - 8, .max])
  func placesBeyond(offset: Int) throws {
    let folder = try TemporaryFolder()
    let file = try ReadableFile(folder.write("a", Array(repeating: 7, count: 10)))
    if offset == 0 {
      #expect(try file.read(10, at: offset).count == 10)
      #expect(throws: Problem.self) { try file.read(.max, at: offset) }
    } else {
      let problem = #expect(throws: Problem.self) { try file.read(10, at: offset) }
      #expect(problem?.kind == .damaged)
    }
  }

  @Test("a digest of the manifest that is not the shards' is told where all shards are opened")
  func forgedDigest() throws {
    let folder = try TemporaryFolder()
    var manifest = try publish(try shards(spec: spec), folder.path)
    let starts = try DataSet(folder.path).frameStarts()
    #expect(starts.last == manifest.rowCount)
    manifest.digest = Digest128(low: 1, high: 2)
    try AtomicFile.write(manifest.encoded(), name: Manifest.fileName, in: folder.path)
    let problem = #expect(throws: Problem.self) { try DataSet(folder.path).frameStarts() }
    #expect(problem?.reason == "its digest is not that of the shards")
    #expect(problem?.kind == .damaged)
  }

  @Test("rows have global numbers in the order of inputs and blocks, and know their records")
  func rows() throws {
    let folder = try TemporaryFolder()
    let shards = try shards(spec: spec)
    let manifest = try publish(shards, folder.path)
    let dataSet = try DataSet(folder.path, cacheSize: 1)
    #expect(dataSet.manifest == manifest)
    #expect(dataSet.count == 5 + 6 + 6 + 7 + 8 + 9)
    var row = 0
    for shard in shards {
      let reader = try ShardReader(folder.file(shard.summary.header.source.shardName))
      let frame = try reader.frame(0)
      for index in frame.indices {
        #expect(try dataSet.row(row) == frame[index])
        let place = try #require(try dataSet.places(ofRow: row).first)
        let origin = try #require(frame[index].places.first)
        #expect(place.file == reader.header.source.file)
        #expect(place.line == reader.header.source.firstLine + UInt64(origin.line))
        #expect(place.offset == reader.header.source.byteOffset + UInt64(origin.byteOffset))
        row += 1
      }
    }
    #expect(throws: Problem.self) { try dataSet.row(row) }
    #expect(throws: Problem.self) { try dataSet.row(-1) }
    #expect(throws: Problem.self) { try dataSet[row].get() }
    #expect(try dataSet.map { try $0.get() } == dataSet.indices.map { try dataSet.row($0) })
    #expect(manifest.totals.rejected == ["invalid-json": 4])
    #expect(manifest.inputs.map(\.blocks) == [2, 1, 3])
  }

  @Test("the manifest comes back from its bytes, and equal shards give equal bytes")
  func manifestBytes() throws {
    let one = try TemporaryFolder()
    let other = try TemporaryFolder()
    let manifest = try publish(try shards(spec: spec), one.path)
    _ = try publish(try shards(spec: spec), other.path)
    #expect(try Manifest(decoding: manifest.encoded()) == manifest)
    #expect(try contents(one.path) == contents(other.path))
    #expect(try contents(one.path).keys.sorted().suffix(6).first == "shard-00000-00000.zst")
  }

  @Test("an intact folder verifies; a changed, missing or foreign file is found by name")
  func verify() throws {
    let folder = try TemporaryFolder()
    _ = try publish(try shards(spec: spec), folder.path)
    let whole = try contents(folder.path)
    #expect(try DataSetVerifier(folder.path).damage.map(\.description) == [])
    for (name, bytes) in whole {
      // Every 97th byte of every file of the folder.
      for offset in stride(from: 0, to: bytes.count, by: 97) {
        var changed = bytes
        changed[offset] ^= 0x20
        try AtomicFile.write(changed, name: name, in: folder.path)
        let damage = try DataSetVerifier(folder.path).damage
        #expect(damage.contains { $0.file.contains(name) }, "\(name) byte \(offset): \(damage)")
      }
      try AtomicFile.remove(folder.file(name))
      #expect(
        try DataSetVerifier(folder.path).damage.contains { $0.file.contains(name) }, "\(name)")
      try AtomicFile.write(bytes, name: name, in: folder.path)
    }
    try AtomicFile.write(
      try #require(whole["shard-00000-00001.zst"]), name: "shard-00007-00000.zst", in: folder.path)
    #expect(
      try DataSetVerifier(folder.path).damage.map(\.reason) == ["the manifest does not list it"])
    try AtomicFile.remove(folder.file("shard-00007-00000.zst"))
    // Two shards change places.
    for (name, other) in [(1, 2), (2, 1)] {
      try AtomicFile.write(
        try #require(whole["shard-00002-0000\(other).zst"]), name: "shard-00002-0000\(name).zst",
        in: folder.path)
    }
    #expect(try DataSetVerifier(folder.path).damage.count == 2)
  }

  @Test("manifest and rejects can be made anew from the shards, byte for byte")
  func rebuild() throws {
    let folder = try TemporaryFolder()
    _ = try publish(try shards(spec: spec), folder.path)
    let whole = try contents(folder.path)
    try AtomicFile.remove(folder.file("manifest.sqlite"))
    try AtomicFile.remove(folder.file("rejects.jsonl"))
    #expect(try DataSetVerifier.rebuildManifest(folder.path).rowCount == 41)
    #expect(try contents(folder.path) == whole)
    try AtomicFile.remove(folder.file("shard-00002-00002.zst"))
    let error = #expect(throws: Problem.self) {
      try DataSetVerifier.rebuildManifest(folder.path)
    }
    #expect(
      error?.reason == "block 2 of input 2 (data-2.jsonl) has no shard")
  }

  @Test("a run goes on where it stopped, and only with its own spec")
  func resume() throws {
    let folder = try TemporaryFolder()
    let shards = try shards(spec: spec)
    let first = shards[0].summary.header.source
    do {
      let output = try OutputFolder(folder.path)
      #expect(try output.state() == .empty)
      #expect(try output.prepare(for: spec, overwrite: false) == nil)
      try output.publish(shards[0])
      // What a kill leaves: a part under a temporary name.
      _ = try AtomicFile.write([1, 2], name: "x", in: folder.path)
      _ = FileSystem.rename(
        folder.file("x"), to: AtomicFile.temporaryPath("shard-00000-00001.zst", in: folder.path))
      #expect(throws: Problem.self) { try OutputFolder(folder.path) }
    }
    let error = #expect(throws: Problem.self) { try DataSet(folder.path) }
    #expect(error?.reason == "an unfinished run: it has no manifest yet")
    let output = try OutputFolder(folder.path)
    #expect(try AtomicFile.names(in: folder.path) == ["shard-00000-00000.zst"])
    #expect(try output.state() == .unfinished(spec: spec))
    #expect(output.existing(first, spec: spec) == shards[0].summary)
    var changed = first
    changed.key = Digest128(low: 0, high: 0)
    #expect(output.existing(changed, spec: spec) == nil)
    #expect(output.existing(shards[1].summary.header.source, spec: spec) == nil)
    let otherSpec = ShardSpec.test(json: #"{"k":2}"#)
    #expect(output.existing(first, spec: otherSpec) == nil)
    #expect(throws: Problem.self) { try output.prepare(for: otherSpec, overwrite: false) }
    try AtomicFile.write([7], name: "notes.txt", in: folder.path)
    #expect(try output.prepare(for: otherSpec, overwrite: true) == nil)
    #expect(try AtomicFile.names(in: folder.path) == ["notes.txt"])
  }

  @Test("partitions merge into what one run writes, byte for byte")
  func merge() throws {
    let whole = try TemporaryFolder()
    let shards = try shards(spec: spec)
    _ = try publish(shards, whole.path)
    let parts = try (0..<3).map { _ in try TemporaryFolder() }
    for (index, part) in parts.enumerated() {
      var builder = ManifestBuilder(partition: Manifest.Partition(index: index, count: 3))
      let output = try OutputFolder(part.path)
      for shard in stride(from: index, to: shards.count, by: 3).map({ shards[$0] }) {
        try output.publish(shard)
        try builder.add(shard.summary)
      }
      try output.publish(builder.finish())
      #expect(try DataSetVerifier(part.path).damage.isEmpty)
    }
    // More workers than blocks: one got none.
    let idle = try TemporaryFolder()
    try OutputFolder(idle.path).publish(
      ManifestBuilder(partition: Manifest.Partition(index: 3, count: 4), spec: spec).finish())
    #expect(try DataSet(idle.path).count == 0)
    #expect(try DataSetVerifier(idle.path).damage.isEmpty)
    let merged = try TemporaryFolder()
    #expect(throws: Problem.self) {
      try DataSetMerge.merge(parts.dropLast().map(\.path), into: merged.path)
    }
    #expect(throws: Problem.self) {
      try DataSetMerge.merge((parts + [parts[0]]).map(\.path), into: merged.path)
    }
    for _ in 0..<2 {
      _ = try DataSetMerge.merge(([idle] + parts.reversed()).map(\.path), into: merged.path)
      #expect(try contents(merged.path) == contents(whole.path))
    }
  }
}
