import Files
import Masking
import Problems
import TestSupport
import Testing

@testable import ShardWriter

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Damage of every kind, thrown at a small data set: `verify` reports each, and no reader returns a row that is
/// not the one that was written. PREP_DAMAGE says how many are tried; PREP_DAMAGE_SEED where they begin.
@Suite("A damaged data set") struct DamageCampaignTests {
  private static func environment(_ name: String, _ standard: Int) -> Int {
    FileSystem.environment(name).flatMap(Int.init) ?? standard
  }

  /// Three inputs, six shards: of several frames or none, rejects among them.
  private func publish(in folder: String) throws {
    let spec = ShardSpec.test()
    let writer = try ShardFileWriter(spec: spec)
    writer.tokensPerFrame = 300
    let output = try OutputFolder(folder)
    var builder = ManifestBuilder()
    for (input, blocks) in [2, 1, 3].enumerated() {
      for block in 0..<blocks {
        var generator = SeededGenerator(UInt64(input * 10 + block))
        // An empty file has a shard without rows.
        let count = input == 1 ? 0 : 12 + block
        let shard = try writer.encode(
          .random(rows: count, spec: spec, using: &generator),
          source: .test(input: input, of: 3, block: block, last: block == blocks - 1),
          totals: .test(rows: count, rejects: block),
          rejects: (0..<block).map { .test(UInt64($0)) })
        try output.publish(shard)
        try builder.add(shard.summary)
      }
    }
    try output.publish(builder.finish())
  }

  @Test("is reported by verify, and never gives a wrong row")
  func campaign() throws {
    let folder = try TemporaryFolder()
    try publish(in: folder.path)
    let rows = try DataSet(folder.path).map { try $0.get() }
    let frames = try DataSet(folder.path).frameStarts()
    let manifest = try Manifest(folder: folder.path)
    var files: [String: [UInt8]] = [:]
    for name in try AtomicFile.names(in: folder.path) ?? [] {
      files[name] = try ReadableFile(folder.file(name)).readAll()
    }
    let names = files.keys.sorted()
    let seed = Self.environment("PREP_DAMAGE_SEED", 1)
    for number in 0..<Self.environment("PREP_DAMAGE", 250) {
      var random = SeededGenerator(UInt64(seed + number))
      let damage = try damage(
        folder, files: files, names: names, manifest: manifest, using: &random)
      let note = Comment(rawValue: "damage \(seed + number): \(damage)")
      let reported = (try? DataSetVerifier(folder.path).damage.isEmpty) != true
      #expect(reported, note)
      if let dataSet = try? DataSet(folder.path, cacheSize: 1 << 12) {
        #expect(dataSet.count == rows.count, note)
        for (row, expected) in rows.enumerated() {
          if let read = try? dataSet.row(row) { #expect(read == expected, note) }
        }
        if let starts = try? dataSet.frameStarts() { #expect(starts == frames, note) }
      }
      for name in names {
        _ = FileSystem.removeFolder(folder.file(name))
        try AtomicFile.remove(folder.file(name))
        try AtomicFile.write(files[name] ?? [], name: name, in: folder.path)
      }
    }
    #expect(try DataSetVerifier(folder.path).damage.isEmpty)
  }

  /// Does one damage; what it was.
  private func damage(
    _ folder: TemporaryFolder, files: [String: [UInt8]], names: [String], manifest: Manifest,
    using random: inout SeededGenerator
  ) throws -> String {
    let name = names[Int.random(in: 0..<names.count, using: &random)]
    var bytes = files[name] ?? []
    let place = Int.random(in: 0..<bytes.count, using: &random)
    let action = Int.random(in: 0..<11, using: &random)
    func write() throws { try AtomicFile.write(bytes, name: name, in: folder.path) }
    switch action {
    case 0:
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try write()
      return "a bit of \(name) at \(place)"
    case 1:
      bytes.removeLast(bytes.count - place)
      try write()
      return "\(name) cut at \(place)"
    case 2:
      bytes += (0..<Int.random(in: 1...40, using: &random)).map { _ in 0 }
      try write()
      return "zeros behind \(name)"
    case 3:
      let end = min(bytes.count, place + Int.random(in: 1...64, using: &random))
      let old = bytes
      for index in place..<end { bytes[index] = UInt8.random(in: 0...255, using: &random) }
      if bytes == old { bytes[place] ^= 1 }
      try write()
      return "bytes \(place)..<\(end) of \(name) changed"
    case 4:
      bytes.remove(at: place)
      try write()
      return "byte \(place) of \(name) left out"
    case 5:
      bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      try write()
      return "a byte put into \(name) at \(place)"
    case 6:
      try AtomicFile.remove(folder.file(name))
      return "\(name) removed"
    case 7:
      let other = names.filter { $0 != name && files[$0] != files[name] }
      let source = other[Int.random(in: 0..<other.count, using: &random)]
      try AtomicFile.write(files[source] ?? [], name: name, in: folder.path)
      return "\(source) under the name \(name)"
    case 8:
      try AtomicFile.remove(folder.file(name))
      if Bool.random(using: &random) {
        try AtomicFile.makeFolder(folder.file(name))
        return "a folder in place of \(name)"
      }
      _ = unsafe mkfifo(folder.file(name), 0o600)
      return "a pipe in place of \(name)"
    default:
      var edited = manifest
      let what = edit(&edited, using: &random)
      try AtomicFile.write(edited.encoded(), name: Manifest.fileName, in: folder.path)
      return "the manifest's \(what)"
    }
  }

  /// Changes one thing that a manifest says.
  private func edit(_ manifest: inout Manifest, using random: inout SeededGenerator) -> String {
    let shard = Int.random(in: 0..<manifest.shards.count, using: &random)
    let other = (shard + 1) % manifest.shards.count
    let huge = UInt64(Int64.max)
    switch Int.random(in: 0..<20, using: &random) {
    case 0: manifest.shards[shard].firstRow += Int.random(in: 1...20, using: &random)
    case 1: manifest.shards[shard].totals.rows = huge
    case 2: manifest.shards[shard].totals.rows &-= 1
    case 3: manifest.shards[shard].name = "../" + manifest.shards[shard].name
    case 4: manifest.shards[shard].name = manifest.shards[other].name + "x"
    case 5: manifest.shards.remove(at: shard)
    case 6: manifest.shards.swapAt(shard, other)
    case 7: manifest.shards[shard].totals.tokens &+= 1
    case 8: manifest.shards[shard].totals.supervisedTokens = huge
    case 9: manifest.shards[shard].frameCount += 1
    case 10: manifest.shards[shard].frameCount = -1
    case 11: manifest.shards[shard].fileDigest = Digest128(low: 1, high: 2)
    case 12: manifest.shards[shard].contentDigest = Digest128(low: 1, high: 2)
    case 13: manifest.shards[shard].source.byteOffset &+= 1
    case 14: manifest.shards[shard].source.key = Digest128(low: 1, high: 2)
    case 15: manifest.inputs[0].byteCount += 1
    case 16: manifest.digest = Digest128(low: 3, high: 4)
    case 17: manifest.spec.contextLength += 1
    case 18: manifest.spec.padID += 1
    default: manifest.totals.rows -= 1
    }
    return "edit, shard \(shard): \(manifest.shards.count) shards"
  }
}
