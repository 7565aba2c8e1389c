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
}
