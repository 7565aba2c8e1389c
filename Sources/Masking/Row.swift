/// One row of `Rows`, seen by itself: positions count from its first token. Holds no copy.
public struct Row: Sendable {
  let rows: Rows
  let index: Int

  private var start: Int { rows.rowStarts[index] }

  /// Token ids, at most the context length. O(tokens).
  public var tokens: [UInt32] { Array(rows.tokens[rows.tokenRange(ofRow: index)]) }

  /// Tokens, without padding.
  public var count: Int { rows.tokenRange(ofRow: index).count }

  /// Tokens of each packed sample.
  public var samples: [Range<Int>] {
    rows.samples[rows.sampleRange(ofRow: index)].map { $0.shifted(by: -start) }
  }

  /// Supervised runs, ascending and disjoint.
  public var runs: [Range<Int>] {
    rows.runs[rows.runRange(ofRow: index)].map { $0.shifted(by: -start) }
  }

  /// Loss weight of each run.
  public var runWeights: [Float] {
    rows.runRange(ofRow: index).map { rows.weights.isEmpty ? 1 : rows.weights[$0] }
  }

  /// Where the record of each packed sample stands, counted from the beginning of its block.
  public var places: [SamplePlace] { Array(rows.places[rows.sampleRange(ofRow: index)]) }

  /// Tokens that the model learns from.
  public var supervisedCount: Int { runs.reduce(0) { $0 + $1.count } }

  /// Ids with padding up to `length`.
  public func inputIDs(paddedTo length: Int, pad: UInt32) -> [UInt32] {
    column(.inputIDs(pad: pad), length)
  }

  /// The id of each supervised token, `Rows.ignoredLabel` elsewhere and over padding. Aligned with the
  /// ids (the trainer shifts).
  public func labels(paddedTo length: Int) -> [Int32] { column(.labels(), length) }

  /// 1 over the samples' tokens, 0 over padding.
  public func attentionMask(paddedTo length: Int) -> [UInt8] { column(.attentionMask, length) }

  /// Positions that restart at 0 with each packed sample, and with the padding behind it.
  public func positionIDs(paddedTo length: Int) -> [UInt32] { column(.positionIDs, length) }

  /// Loss weight of each token; 0 where it is not supervised.
  public func weights(paddedTo length: Int) -> [Float] {
    var weights = [Float](repeating: 0, count: max(length, count))
    var span = weights.mutableSpan
    rows.fillWeights(index, into: &span)
    return weights
  }

  /// Where each packed sample begins, and where the last one ends: `cu_seqlens` of FlashAttention's
  /// variable-length kernels. With alignment, a sample's stretch includes the padding behind it.
  public var cumulativeSampleLengths: [Int] { samples.map(\.lowerBound) + [count] }

  /// A column of at least `length` elements.
  public func column<Element: FixedWidthInteger>(_ column: RowColumn, _ length: Int = 0)
    -> [Element]
  {
    var elements = [Element](repeating: 0, count: max(length, count))
    var span = elements.mutableSpan
    rows.fill(index, column, into: &span)
    return elements
  }
}

extension Row: Equatable {
  public static func == (one: Row, other: Row) -> Bool {
    one.tokens == other.tokens && one.samples == other.samples && one.runs == other.runs
      && one.runWeights == other.runWeights && one.places == other.places
  }
}

extension Rows: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { rowStarts.count - 1 }
  public subscript(row: Int) -> Row {
    precondition(indices.contains(row), "there is no such row")
    return Row(rows: self, index: row)
  }
}
