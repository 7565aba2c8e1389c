import Masking
import ShardWriter
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
      let batch = RowBatch.random(rows: 200, spec: spec, weights: weights, using: &generator)
      let shard = try ShardFileWriter(spec: spec).encode(
        batch, source: .test(), totals: .test(rows: 200, rejects: 2),
        rejects: [.test(3), .test(9)])
      try AtomicFile.write(shard.bytes, name: "s.zst", in: folder.path)
      let reader = try ShardReader(folder.file("s.zst"))
      #expect(reader.header == shard.summary.header)
      #expect(reader.index == shard.summary.index)
      #expect(try reader.summary() == shard.summary)
      #expect(try reader.rejects().count == 2)
      #expect(try rows(of: reader) == expectedRows(batch, alignment: alignment))
      #expect(reader.header.totals.tokens == UInt64(batch.tokens.count))
      #expect(reader.header.totals.rejected == ["invalid-json": 2])
      #expect(reader.header.totals.counters == ["truncated.prompt": 1])
    }
  }

  @Test("many rows are cut into frames of at most 256 Ki tokens, a longer row has its own")
  func frames() throws {
    let spec = ShardSpec.test(idCount: 100)
    var batch = RowBatch()
    for length in [200_000, 60_000, 3_000, 300_000, 1, 262_143] {
      batch.beginRow()
      batch.appendSegment(
        tokens: (0..<length).map { UInt32($0 % 100) }, runs: [SupervisedRun(start: 0, count: 1)],
        origin: SampleOrigin(line: 0, byteOffset: 0))
    }
    let shard = try ShardFileWriter(spec: spec).encode(
      batch, source: .test(), totals: .test(rows: 6))
    #expect(shard.summary.index.frames.map(\.rows) == [2, 1, 1, 2])
    #expect(shard.summary.index.frames.map(\.tokens) == [260_000, 3_000, 300_000, 262_144])
    #expect((0..<7).map { shard.summary.index.frame(ofRow: $0) } == [0, 0, 1, 2, 3, 3, nil])
  }

  @Test("a block without rows gives a shard without frames")
  func empty() throws {
    let spec = ShardSpec.test()
    let folder = try TemporaryFolder()
    let shard = try ShardFileWriter(spec: spec).encode(
      RowBatch(), source: .test(), totals: .test(rows: 0, rejects: 1), rejects: [.test(1)])
    try AtomicFile.write(shard.bytes, name: "s.zst", in: folder.path)
    let reader = try ShardReader(folder.file("s.zst"))
    #expect(reader.rowCount == 0)
    #expect(
      String(decoding: try reader.rejects().lines, as: UTF8.self)
        == #"{"file":"data-0.jsonl","line":1,"offset":100,"reason":"invalid-json","#
        + #""message":"a \"quote\"\nand é","remedy":"mend it","record":""}"# + "\n")
  }

  @Test("the same rows give the same bytes, from a used writer too")
  func deterministic() throws {
    var generator = SeededGenerator(5)
    let spec = ShardSpec.test()
    let batch = RowBatch.random(rows: 50, spec: spec, using: &generator)
    let writer = try ShardFileWriter(spec: spec)
    let first = try writer.encode(batch, source: .test(), totals: .test(rows: 50))
    _ = try writer.encode(RowBatch(), source: .test(block: 1), totals: .test(rows: 0))
    let second = try writer.encode(batch, source: .test(), totals: .test(rows: 50))
    let third = try ShardFileWriter(spec: spec).encode(
      batch, source: .test(), totals: .test(rows: 50))
    #expect(first.bytes == second.bytes)
    #expect(first.bytes == third.bytes)
  }

  @Test("counts that do not add up, ids too high and runs out of place are refused")
  func refusals() throws {
    let writer = try ShardFileWriter(spec: .test(idCount: 10))
    #expect(throws: ShardError.self) {
      try writer.encode(RowBatch(), source: .test(), totals: .test(rows: 1, rejects: 1))
    }
    for (tokens, run) in [
      ([10], SupervisedRun(start: 0, count: 1)), ([1], SupervisedRun(start: 0, count: 2)),
      ([1], SupervisedRun(start: 1, count: 1)), ([1], SupervisedRun(start: 0, count: 0)),
    ] as [([UInt32], SupervisedRun)] {
      var batch = RowBatch()
      batch.beginRow()
      batch.appendSegment(
        tokens: tokens, runs: [run], origin: SampleOrigin(line: 0, byteOffset: 0))
      #expect(throws: ShardError.self) {
        try writer.encode(batch, source: .test(), totals: .test(rows: 1))
      }
    }
  }

  @Test("padded columns are those of Row", arguments: [1, 4])
  func paddedColumns(alignment: Int) throws {
    var generator = SeededGenerator(11)
    let spec = ShardSpec.test(alignment: alignment)
    let batch = RowBatch.random(rows: 30, spec: spec, weights: true, using: &generator)
    let folder = try TemporaryFolder()
    let shard = try ShardFileWriter(spec: spec).encode(
      batch, source: .test(), totals: .test(rows: 30))
    try AtomicFile.write(shard.bytes, name: "s.zst", in: folder.path)
    let frame = try ShardReader(folder.file("s.zst")).frame(0)
    for row in 0..<30 {
      var ids = [Int32](repeating: 7, count: 256 * 2)
      var labels = ids
      var positions = ids
      var mask = [UInt8](repeating: 9, count: 256 * 2)
      unsafe ids.withUnsafeMutableBufferPointer { ids in
        unsafe labels.withUnsafeMutableBufferPointer { labels in
          unsafe positions.withUnsafeMutableBufferPointer { positions in
            unsafe mask.withUnsafeMutableBufferPointer { mask in
              let columns = unsafe PaddedColumns(
                rows: 2, length: 256, inputIDs: ids.baseAddress, labels: labels.baseAddress,
                attentionMask: mask.baseAddress, positionIDs: positions.baseAddress)
              #expect(frame.fill(row: row, slot: 1, of: columns, pad: 3) != nil)
              #expect(frame.fill(row: row, slot: 2, of: columns, pad: 3) == nil)
            }
          }
        }
      }
      let expected = frame.row(row)
      #expect(
        ids[256...].map { UInt32(bitPattern: $0) } == expected.inputIDs(paddedTo: 256, pad: 3))
      #expect(Array(labels[256...]) == expected.labels(paddedTo: 256))
      #expect(Array(mask[256...]) == expected.attentionMask(paddedTo: 256))
      #expect(
        positions[256...].map { UInt32(bitPattern: $0) } == expected.positionIDs(paddedTo: 256))
      #expect(ids[..<256].allSatisfy { $0 == 7 })
    }
  }

  private func rows(of reader: ShardReader) throws -> [Row] {
    try (0..<reader.index.frames.count).flatMap { number in
      let frame = try reader.frame(number)
      return (0..<frame.rowCount).map(frame.row)
    }
  }

  /// The naive reading of a batch.
  private func expectedRows(_ batch: RowBatch, alignment: Int) -> [Row] {
    var token = 0
    var segment = 0
    var run = 0
    return (0..<batch.rowCount).map { row in
      let tokens = Array(batch.tokens[token..<token + Int(batch.rowLengths[row])])
      let segments = segment..<segment + Int(batch.segmentCounts[row])
      let runs = run..<run + Int(batch.runCounts[row])
      token += tokens.count
      segment = segments.upperBound
      run = runs.upperBound
      return Row(
        tokens: tokens, runs: Array(batch.runs[runs]),
        runWeights: batch.runWeights.isEmpty ? [] : Array(batch.runWeights[runs]),
        segmentLengths: Array(batch.segmentLengths[segments]), segmentAlignment: alignment,
        origins: Array(batch.origins[segments]))
    }
  }
}
