import Files
import Masking
import Problems
import TestSupport
import Testing

@testable import ShardWriter

@Suite("Damage is found, named and contained")
struct ShardDamageTests {
  /// Two small data frames, rejects, index.
  private func shard() throws -> EncodedShard {
    var generator = SeededGenerator(3)
    let spec = ShardSpec.test(idCount: 70_000)
    var rows = Rows()
    for length in [200, 100] {
      rows.beginRow()
      rows.appendSample(
        repeatElement(UInt32.random(in: 0..<70_000, using: &generator), count: length),
        runs: [5..<12], place: SamplePlace(line: 1, byteOffset: 2))
    }
    let writer = try ShardFileWriter(spec: spec)
    writer.tokensPerFrame = 256
    return try writer.encode(
      rows, source: .test(), totals: .test(rows: 2, rejects: 1), rejects: [.test(2)])
  }

  /// The frame, as `verify` counts them, that holds a byte.
  private func frame(of offset: Int, in bytes: [UInt8]) -> Int {
    ShardLayout(bytes).spans.firstIndex { $0.range.contains(offset) } ?? -1
  }

  @Test(
    "one flipped bit in any byte is found, in the frame where it is; the other frames stay readable"
  )
  func flippedBits() throws {
    let shard = try shard()
    let folder = try TemporaryFolder()
    var builder = ManifestBuilder()
    try builder.add(shard.summary)
    let name = shard.summary.header.source.shardName
    let output = try OutputFolder(folder.path)
    try output.publish(shard)
    try output.publish(builder.finish())
    #expect(ShardVerifier(folder.file(name)).damage.isEmpty)
    let intact = try DataSet(folder.path)
    let rows = try [intact.row(0), intact.row(1)]

    for offset in shard.bytes.indices {
      var bytes = shard.bytes
      bytes[offset] ^= 1 << UInt8(offset % 8)
      try AtomicFile.write(bytes, name: name, in: folder.path)
      let damage = ShardVerifier(folder.file(name)).damage
      let hit = frame(of: offset, in: shard.bytes)
      #expect(
        damage.contains { $0.frame == hit && $0.file == folder.file(name) },
        "byte \(offset): \(damage)")
      guard offset % 5 == 0 else { continue }
      let dataSet = try DataSet(folder.path)
      for row in 0..<2 where hit != row + 1 {
        #expect((try? dataSet.row(row)) == rows[row], "byte \(offset), row \(row)")
      }
      if hit == 1 || hit == 2 {
        #expect(throws: Problem.self) { try dataSet.row(hit - 1) }
      }
    }
  }

  @Test("a file cut off anywhere is found")
  func truncation() throws {
    let shard = try shard()
    let folder = try TemporaryFolder()
    for size in 0..<shard.bytes.count {
      try AtomicFile.write(Array(shard.bytes[..<size]), name: "s.zst", in: folder.path)
      #expect(!ShardVerifier(folder.file("s.zst")).damage.isEmpty, "\(size)")
      #expect(throws: Problem.self) { try ShardReader(folder.file("s.zst")) }
    }
  }

  @Test("an unknown feature is refused, whatever else is right")
  func unknownFeature() throws {
    let shard = try shard()
    var bytes = shard.bytes
    let size = Int(bytes[4]) | Int(bytes[5]) << 8
    bytes[8 + 16 + 3] = 0x10
    bytes.put(little: xxh3(Array(bytes[8..<size])), at: size)
    let folder = try TemporaryFolder()
    try AtomicFile.write(bytes, name: "s.zst", in: folder.path)
    let error = #expect(throws: Problem.self) { try ShardReader(folder.file("s.zst")) }
    #expect(
      error?.description == folder.file("s.zst")
        + ": frame 0 (header) at byte 0: it needs features that this prep does not know (bits 28)"
        + " (read it with a newer prep)")
  }

  @Test("no content of a frame, however wrong, is read out of range")
  func hostileFrames() throws {
    var generator = SeededGenerator(9)
    let spec = ShardSpec.test(alignment: 4)
    let rows = Rows.random(rows: 20, spec: spec, weights: true, using: &generator)
    var encoder = FrameEncoder(rows, spec: spec)
    let content = try #require(try encoder.nextFrame()).content
    for _ in 0..<3000 {
      var bytes = content
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<min(bytes.count, 600), using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      guard let rows = try? FrameDecoder.rows(decoding: bytes, spec: spec) else { continue }
      #expect(rows.checkInvariants())
      for row in rows { _ = row.labels(paddedTo: 10) }
    }
  }
}
