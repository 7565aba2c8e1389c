import Files
import Masking
import Problems
import ShardWriter
import TestSupport
import Testing

@Suite("A shard gives back the rows that went in")
struct ShardRoundTripTests {
  @Test(
    "rows of any shape come back, for every width of id and alignment",
    arguments: [1, 300, 65_536, 65_537, 200_000, 1 << 24, Int(Int32.max)], [1, 8])
  func roundTrip(idCount: Int, alignment: Int) throws {
    var generator = SeededGenerator(UInt64(idCount &* 31 &+ alignment))
    let spec = ShardSpec.test(idCount: idCount, alignment: alignment)
    let folder = try TemporaryFolder()
    for weights in [false, true] {
      let rows = Rows.random(rows: 200, spec: spec, weights: weights, using: &generator)
      let shard = try ShardFileWriter(spec: spec).encode(
        rows, source: .test(), totals: .test(rows: 200, rejects: 2),
        rejects: [.test(3), .test(9)])
      try AtomicFile.write(shard.bytes, name: "s.zst", in: folder.path)
      let reader = try ShardReader(folder.file("s.zst"))
      #expect(reader.header == shard.summary.header)
      #expect(reader.index == shard.summary.index)
      #expect(try reader.summary() == shard.summary)
      #expect(try reader.rejects().count == 2)
      #expect(rows.checkInvariants())
      let read = try self.rows(of: reader)
      #expect(read.checkInvariants())
      #expect(read.elementsEqual(rows))
      #expect(reader.header.totals.tokens == UInt64(rows.tokens.count))
      #expect(reader.header.totals.rejected == ["invalid-json": 2])
      #expect(reader.header.totals.counters == ["truncated.prompt": 1])
    }
  }

  @Test("many rows are cut into frames of at most 256 Ki tokens, a longer row has its own")
  func frames() throws {
    let spec = ShardSpec.test(idCount: 100)
    var rows = Rows()
    for length in [200_000, 60_000, 3_000, 300_000, 1, 262_143] {
      rows.beginRow()
      rows.appendSample(
        (0..<length).map { UInt32($0 % 100) }, runs: [0..<1],
        place: SamplePlace(line: 0, byteOffset: 0))
    }
    let shard = try ShardFileWriter(spec: spec).encode(
      rows, source: .test(), totals: .test(rows: 6))
    #expect(shard.summary.index.frames.map(\.rows) == [2, 1, 1, 2])
    #expect(shard.summary.index.frames.map(\.tokens) == [260_000, 3_000, 300_000, 262_144])
    #expect((0..<7).map { shard.summary.index.frame(ofRow: $0) } == [0, 0, 1, 2, 3, 3, nil])
  }

  @Test("a block without rows gives a shard without frames")
  func empty() throws {
    let spec = ShardSpec.test()
    let folder = try TemporaryFolder()
    let shard = try ShardFileWriter(spec: spec).encode(
      Rows(), source: .test(), totals: .test(rows: 0, rejects: 1), rejects: [.test(1)])
    try AtomicFile.write(shard.bytes, name: "s.zst", in: folder.path)
    let reader = try ShardReader(folder.file("s.zst"))
    #expect(reader.rowCount == 0)
    #expect(
      String(decoding: try reader.rejects().lines, as: UTF8.self)
        == #"{"file":"data-0.jsonl","line":1,"offset":100,"reason":"invalid-json","#
        + #""message":"a \"quote\"\nand é","remedy":"mend it","record":""}"# + "\n")
  }

  @Test("rejects of several pieces come back as they were written, whole and in order")
  func manyRejects() throws {
    let spec = ShardSpec.test()
    let folder = try TemporaryFolder()
    let rejects = (1...30_000).map { Reject.test($0) }
    let shard = try ShardFileWriter(spec: spec).encode(
      Rows(), source: .test(), totals: .test(rows: 0, rejects: rejects.count), rejects: rejects)
    try AtomicFile.write(shard.bytes, name: "s.zst", in: folder.path)
    let (count, lines) = try ShardReader(folder.file("s.zst")).rejects()
    #expect(count == rejects.count)
    #expect(lines.count > 3 << 20)
    let expected = (1...30_000).map {
      #"{"file":"data-0.jsonl","line":\#($0),"offset":\#($0)00,"reason":"invalid-json","#
        + #""message":"a \"quote\"\nand é","remedy":"mend it","record":""}"# + "\n"
    }
    #expect(lines == Array(expected.joined().utf8))
  }

  @Test("the same rows give the same bytes, from a used writer too")
  func deterministic() throws {
    var generator = SeededGenerator(5)
    let spec = ShardSpec.test()
    let rows = Rows.random(rows: 50, spec: spec, using: &generator)
    let writer = try ShardFileWriter(spec: spec)
    let first = try writer.encode(rows, source: .test(), totals: .test(rows: 50))
    _ = try writer.encode(Rows(), source: .test(block: 1), totals: .test(rows: 0))
    let second = try writer.encode(rows, source: .test(), totals: .test(rows: 50))
    let third = try ShardFileWriter(spec: spec).encode(
      rows, source: .test(), totals: .test(rows: 50))
    #expect(first.bytes == second.bytes)
    #expect(first.bytes == third.bytes)
  }

  @Test("counts that do not add up, ids too high and runs out of place are refused")
  func refusals() throws {
    let writer = try ShardFileWriter(spec: .test(idCount: 10))
    #expect(throws: Problem.self) {
      try writer.encode(Rows(), source: .test(), totals: .test(rows: 1, rejects: 1))
    }
    for (tokens, run) in [([10], 0..<1), ([1], 0..<2), ([1], 1..<2), ([1], 0..<0)]
      as [([UInt32], Range<Int>)]
    {
      var rows = Rows()
      rows.beginRow()
      rows.appendSample(tokens, runs: [run], place: SamplePlace(line: 0, byteOffset: 0))
      #expect(throws: Problem.self) {
        try writer.encode(rows, source: .test(), totals: .test(rows: 1))
      }
    }
  }

  @Test(
    "columns of a row are, token by token, what runs, samples and weights say", arguments: [1, 4])
  func columns(alignment: Int) throws {
    var generator = SeededGenerator(11)
    let spec = ShardSpec.test(alignment: alignment)
    let rows = Rows.random(rows: 30, spec: spec, weights: true, using: &generator)
    let folder = try TemporaryFolder()
    let shard = try ShardFileWriter(spec: spec).encode(
      rows, source: .test(), totals: .test(rows: 30))
    try AtomicFile.write(shard.bytes, name: "s.zst", in: folder.path)
    for row in try ShardReader(folder.file("s.zst")).frame(0) {
      let tokens = row.tokens
      let ids = row.inputIDs(paddedTo: 256, pad: 3)
      let labels = row.labels(paddedTo: 256)
      let mask = row.attentionMask(paddedTo: 256)
      let positions = row.positionIDs(paddedTo: 256)
      let weights = row.weights(paddedTo: 256)
      #expect([ids.count, labels.count, mask.count, positions.count] == [256, 256, 256, 256])
      for token in 0..<256 {
        let sample = row.samples.first { $0.contains(token) }
        let run = row.runs.firstIndex { $0.contains(token) }
        #expect(ids[token] == (token < tokens.count ? tokens[token] : 3))
        #expect(labels[token] == (run == nil ? -100 : Int32(bitPattern: tokens[token])))
        #expect(mask[token] == (sample == nil ? 0 : 1))
        #expect(weights[token] == (run.map { row.runWeights[$0] } ?? 0))
        let start = sample?.lowerBound ?? row.samples.last { $0.upperBound <= token }?.upperBound
        #expect(positions[token] == UInt32(token - (start ?? 0)))
      }
    }
  }

  private func rows(of reader: ShardReader) throws -> Rows {
    var rows = Rows()
    for number in reader.index.frames.indices { rows.append(try reader.frame(number)) }
    return rows
  }
}
