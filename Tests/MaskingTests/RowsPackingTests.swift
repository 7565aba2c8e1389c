import Testing

@testable import Masking

@Suite("Packed rows")
struct RowsPackingTests {
  /// Samples of the given lengths, tokens numbered through, the last half of each supervised.
  static func samples(_ lengths: [Int], weights: Bool = false) -> Rows {
    var rows = Rows()
    var next: UInt32 = 100
    for (line, length) in lengths.enumerated() {
      rows.beginRow()
      let half = length / 2
      rows.appendSample(
        next..<next + UInt32(length), runs: half == 0 ? [] : [length - half..<length],
        weights: weights && half > 0 ? [Float(line)] : [],
        place: SamplePlace(line: UInt32(line), byteOffset: UInt32(line * 10)))
      next += UInt32(length)
    }
    return rows
  }

  @Test("hold whole samples with their runs, weights and places, as positions in all tokens")
  func packed() {
    let rows = Self.samples([4, 6, 5, 2], weights: true).packed(capacity: 10)
    #expect(rows.checkInvariants())
    #expect(rows.rowStarts == [0, 10, 17])
    #expect(rows.sampleStarts == [0, 2, 4])
    #expect(rows.samples == [0..<4, 4..<10, 10..<15, 15..<17])
    #expect(rows.tokens == Array(100..<117))
    #expect(rows.runs == [2..<4, 7..<10, 13..<15, 16..<17])
    #expect(rows[1].runs == [3..<5, 6..<7])
    #expect(rows.weights == [0, 1, 2, 3])
    #expect(rows.places.map(\.line) == [0, 1, 2, 3])
  }

  @Test("begin each sample at a multiple of the alignment, with padding that nobody attends to")
  func aligned() {
    let rows = Self.samples([3, 5]).packed(capacity: 16, alignment: 8, pad: 7)
    #expect(rows.checkInvariants())
    #expect(rows.tokens == [100, 101, 102, 7, 7, 7, 7, 7, 103, 104, 105, 106, 107])
    let row = rows[0]
    #expect(row.attentionMask(paddedTo: 16) == [1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0])
    #expect(row.positionIDs(paddedTo: 16) == [0, 1, 2, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2])
    #expect(row.cumulativeSampleLengths == [0, 8, 13])
    #expect(Array(rows.sampleLengths(ofRow: 0)) == [8, 5])
    let i: Int32 = -100
    #expect(
      row.labels(paddedTo: 16) == [i, i, 102, i, i, i, i, i, i, i, i, 106, 107, i, i, i])
    let mask: [Int8] = row.column(.lossMask(), 16)
    #expect(mask == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0])
  }

  @Test("may leave the first label of each sample out, so that none is predicted across samples")
  func maskedFirst() {
    var rows = Rows()
    rows.beginRow()
    for line in 0..<2 {
      rows.appendSample(
        [5, 6], runs: [0..<2], place: SamplePlace(line: UInt32(line), byteOffset: 0))
    }
    let labels: [Int64] = rows[0].column(.labels(masksFirst: true), 5)
    #expect(labels == [-100, 6, -100, 6, -100])
    #expect(rows[0].labels(paddedTo: 5) == [5, 6, 5, 6, -100])
  }

  @Test("have a loss mask for shifted targets that does not reach over samples")
  func targetMask() {
    var rows = Rows()
    rows.beginRow()
    for (runs, alignment) in [([0..<1, 2..<4], 1), ([0..<3], 8), ([1..<2], 8)] {
      rows.appendSample(
        [1, 2, 3, 4], runs: runs, place: SamplePlace(line: 0, byteOffset: 0), alignment: alignment)
    }
    #expect(rows.checkInvariants())
    let mask: [Int8] = rows[0].column(.targetMask, 22)
    // Token i is a 1 where token i + 1 of its sample is learned; first tokens are no targets.
    #expect(mask == [0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
  }

  @Test("of split text are full but for the last, and lose nothing")
  func split() {
    let rows = Self.samples([7, 1, 12]).packedSplitting(capacity: 8)
    #expect(rows.checkInvariants())
    #expect(rows.rowStarts == [0, 8, 16, 20])
    #expect(rows.tokens == Array(100..<120))
    #expect(rows.samples.map(\.count) == [7, 1, 8, 4])
    #expect(rows.places.map(\.line) == [0, 1, 2, 2])
    #expect(rows.map(\.runs) == [[4..<7], [6..<8], [0..<4]])
  }

  /// The tokens and labels of each sample, by its first token.
  private static func samples(of rows: Rows) -> [UInt32: [[Int64]]] {
    var found: [UInt32: [[Int64]]] = [:]
    for row in rows {
      let mask: [Int64] = row.column(.lossMask())
      for sample in row.samples {
        let tokens = row.tokens[sample]
        found[tokens.first ?? 0] = [tokens.map(Int64.init), Array(mask[sample])]
      }
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
      let rows = Self.samples(lengths)
      let packed = rows.packed(capacity: capacity, alignment: alignment, pad: 9)
      #expect(packed.checkInvariants())
      #expect(Self.samples(of: packed) == Self.samples(of: rows))
      #expect(packed.samples.count == lengths.count)
      #expect(
        packed.allSatisfy { row in
          row.count <= capacity && row.samples.allSatisfy { $0.lowerBound % alignment == 0 }
        })

      let split = rows.packedSplitting(capacity: capacity)
      #expect(split.checkInvariants())
      #expect(split.tokens == rows.tokens)
      #expect(split.dropLast().allSatisfy { $0.count == capacity })
      #expect(split.supervisedCount == rows.supervisedCount)
    }
  }

  @Test("of several are those of one, weights or not", arguments: [true, false])
  func appended(weights: Bool) {
    let first = Self.samples([3, 5])
    var second = Self.samples([4, 1, 6], weights: weights)
    second.append(first)
    var joined = first
    joined.append(second)
    #expect(joined.checkInvariants())
    #expect(joined.map(\.count) == [3, 5, 4, 1, 6, 3, 5])
    #expect(joined.tokens == first.tokens + Self.samples([4, 1, 6]).tokens + first.tokens)
    #expect(joined.map(\.runs.count) == [1, 1, 1, 0, 1, 1, 1])
    #expect(joined.weights == (weights ? [1, 1, 0, 2, 1, 1] : []))
    #expect(joined[6] == first[1])
    joined.removeAll()
    #expect(joined.checkInvariants() && joined.isEmpty)
  }

  @Test("with columns that do not fit each other break the invariants")
  func invariants() {
    func rows(
      samples: [Range<Int>] = [0..<2], places: Int = 1, runs: [Range<Int>] = [],
      starts: [Int] = [0, 2],
      weights: [Float] = []
    ) -> Rows {
      Rows(
        tokens: [1, 2], rowStarts: starts, sampleStarts: [0, samples.count], samples: samples,
        places: Array(repeating: SamplePlace(line: 0, byteOffset: 0), count: places),
        runStarts: [0, runs.count], runs: runs, weights: weights)
    }
    #expect(rows().checkInvariants())
    #expect(rows(runs: [0..<1, 1..<2], weights: [1, 2]).checkInvariants())
    #expect(!rows(samples: [0..<1]).checkInvariants())
    #expect(!rows(samples: [0..<2, 1..<2], places: 2).checkInvariants())
    #expect(!rows(places: 2).checkInvariants())
    #expect(!rows(runs: [1..<1]).checkInvariants())
    #expect(!rows(runs: [1..<2, 0..<1]).checkInvariants())
    #expect(!rows(starts: [0, 1]).checkInvariants())
    #expect(!rows(runs: [0..<2], weights: [1, 2]).checkInvariants())
  }
}
