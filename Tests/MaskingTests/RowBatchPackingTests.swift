import Testing

@testable import Masking

@Suite("Packed rows")
struct RowBatchPackingTests {
  /// Samples of the given lengths, tokens numbered through, the last half of each supervised.
  static func samples(_ lengths: [Int], weights: Bool = false) -> RowBatch {
    var batch = RowBatch()
    var next: UInt32 = 100
    for (line, length) in lengths.enumerated() {
      batch.beginRow()
      let half = UInt32(length / 2)
      batch.appendSegment(
        tokens: next..<next + UInt32(length),
        runs: half == 0 ? [] : [SupervisedRun(start: UInt32(length) - half, count: half)],
        weights: weights && half > 0 ? [Float(line)] : [],
        origin: SampleOrigin(line: UInt32(line), byteOffset: UInt32(line * 10)))
      next += UInt32(length)
    }
    return batch
  }

  @Test("hold whole samples with their runs, weights and origins, shifted to the row")
  func packed() {
    let batch = Self.samples([4, 6, 5, 2], weights: true).packed(capacity: 10)
    #expect(batch.rowLengths == [10, 7])
    #expect(batch.segmentCounts == [2, 2])
    #expect(batch.segmentLengths == [4, 6, 5, 2])
    #expect(batch.tokens == Array(100..<117))
    #expect(
      batch.runs == [
        SupervisedRun(start: 2, count: 2), SupervisedRun(start: 7, count: 3),
        SupervisedRun(start: 3, count: 2), SupervisedRun(start: 6, count: 1),
      ])
    #expect(batch.runWeights == [0, 1, 2, 3])
    #expect(batch.origins.map(\.line) == [0, 1, 2, 3])
  }

  @Test("begin each sample at a multiple of the alignment, with padding that nobody attends to")
  func aligned() {
    let batch = Self.samples([3, 5]).packed(capacity: 16, alignment: 8, pad: 7)
    #expect(batch.tokens == [100, 101, 102, 7, 7, 7, 7, 7, 103, 104, 105, 106, 107])
    let row = Row(
      tokens: batch.tokens, runs: batch.runs, segmentLengths: batch.segmentLengths,
      segmentAlignment: 8, origins: batch.origins)
    #expect(row.attentionMask(paddedTo: 16) == [1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0])
    #expect(row.positionIDs(paddedTo: 16) == [0, 1, 2, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2])
    #expect(row.cumulativeSegmentLengths == [0, 8, 13])
    let i = Row.ignoredLabel
    #expect(
      row.labels(paddedTo: 16) == [i, i, 102, i, i, i, i, i, i, i, i, 106, 107, i, i, i])
  }

  @Test("of split text are full but for the last, and lose nothing")
  func split() {
    let batch = Self.samples([7, 1, 12]).packedSplitting(capacity: 8)
    #expect(batch.rowLengths == [8, 8, 4])
    #expect(batch.tokens == Array(100..<120))
    #expect(batch.segmentLengths == [7, 1, 8, 4])
    #expect(batch.origins.map(\.line) == [0, 1, 2, 2])
    #expect(
      batch.runs == [
        SupervisedRun(start: 4, count: 3), SupervisedRun(start: 6, count: 2),
        SupervisedRun(start: 0, count: 4),
      ])
  }

  /// The tokens and labels of each sample, by its first token.
  private static func samples(of batch: RowBatch, alignment: Int) -> [UInt32: [[UInt32]]] {
    var found: [UInt32: [[UInt32]]] = [:]
    var token = 0
    var segment = 0
    var run = 0
    for row in 0..<batch.rowCount {
      let runs = Array(batch.runs[run..<run + Int(batch.runCounts[row])])
      run += runs.count
      let supervised = Set(runs.flatMap { $0.start..<$0.start + $0.count })
      var place = 0
      for _ in 0..<batch.segmentCounts[row] {
        place = PackingPlan.aligned(place, to: alignment)
        let end = place + Int(batch.segmentLengths[segment])
        let tokens = Array(batch.tokens[token + place..<token + end])
        let labels = (place..<end).map { UInt32(supervised.contains(UInt32($0)) ? 1 : 0) }
        found[tokens.first ?? 0] = [tokens, labels]
        place = end
        segment += 1
      }
      #expect(place == Int(batch.rowLengths[row]))
      token += place
    }
    return found
  }

  @Test(
    "of any capacity and alignment hold every sample whole, once, and never too much",
    arguments: [1, 2, 7, 16, 64, 100, 1000, 4096, 5000])
  func anyCapacity(capacity: Int) {
    var random = SplitMix(state: UInt64(capacity))
    for alignment in [1, 2, 8, 16] where alignment <= capacity {
      let lengths = (0..<200).map { _ in
        1
          + Int(
            random.next() % UInt64(capacity / Int.random(in: 1...min(4, capacity), using: &random)))
      }
      let batch = Self.samples(lengths)
      let packed = batch.packed(capacity: capacity, alignment: alignment, pad: 9)
      #expect(
        Self.samples(of: packed, alignment: alignment) == Self.samples(of: batch, alignment: 1))
      #expect(packed.segmentLengths.count == lengths.count)
      #expect(packed.rowLengths.allSatisfy { $0 <= capacity })
      #expect(
        batch.packed(capacity: capacity, alignment: alignment, pad: 9).tokens == packed.tokens)

      let split = batch.packedSplitting(capacity: capacity)
      #expect(split.tokens == batch.tokens)
      #expect(split.rowLengths.dropLast().allSatisfy { $0 == capacity })
      #expect(split.runs.reduce(0) { $0 + $1.count } == batch.runs.reduce(0) { $0 + $1.count })
    }
  }

  @Test("of several batches are those of one, weights or not", arguments: [true, false])
  func appended(weights: Bool) {
    let first = Self.samples([3, 5])
    var second = Self.samples([4, 1, 6], weights: weights)
    second.append(first)
    var joined = first
    joined.append(second)
    #expect(joined.rowLengths == [3, 5, 4, 1, 6, 3, 5])
    #expect(joined.tokens == first.tokens + Self.samples([4, 1, 6]).tokens + first.tokens)
    #expect(joined.runCounts == [1, 1, 1, 0, 1, 1, 1])
    #expect(joined.runWeights == (weights ? [1, 1, 0, 2, 1, 1] : []))
  }
}
