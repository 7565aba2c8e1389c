/// One stored sequence, unpadded, and what a training step wants of it.
public struct Row: Hashable, Sendable {
  /// Token ids, at most the context length.
  public var tokens: [UInt32]
  /// Supervised runs, ascending and disjoint.
  public var runs: [SupervisedRun]
  /// Loss weight of each run; empty when every weight is 1.
  public var runWeights: [Float]
  /// Tokens of each packed sample; sums to `tokens.count` unless segments are aligned.
  public var segmentLengths: [UInt32]
  /// Each segment begins at the next multiple of this; 1 where they adjoin.
  public var segmentAlignment: Int
  /// Origin of each packed sample.
  public var origins: [SampleOrigin]

  public init(
    tokens: [UInt32], runs: [SupervisedRun], runWeights: [Float] = [], segmentLengths: [UInt32],
    segmentAlignment: Int = 1, origins: [SampleOrigin]
  ) {
    self.tokens = tokens
    self.runs = runs
    self.runWeights = runWeights
    self.segmentLengths = segmentLengths
    self.segmentAlignment = segmentAlignment
    self.origins = origins
  }

  /// Positions of each packed sample's tokens in the row.
  public var segments: [Range<Int>] {
    var start = 0
    return segmentLengths.map { length in
      start = PackingPlan.aligned(start, to: segmentAlignment)
      defer { start += Int(length) }
      return start..<start + Int(length)
    }
  }

  /// The label of a token that the model must not learn from (PyTorch's `ignore_index`).
  public static let ignoredLabel: Int32 = -100

  /// Ids with padding up to `length`.
  public func inputIDs(paddedTo length: Int, pad: UInt32) -> [UInt32] {
    tokens + repeatElement(pad, count: max(0, length - tokens.count))
  }

  /// The id of each supervised token, -100 elsewhere and over padding. Aligned with the ids (the
  /// trainer shifts).
  public func labels(paddedTo length: Int) -> [Int32] {
    var labels = [Int32](repeating: Self.ignoredLabel, count: max(length, tokens.count))
    for run in runs {
      for position in Int(run.start)..<Int(run.start + run.count) {
        labels[position] = Int32(bitPattern: tokens[position])
      }
    }
    return labels
  }

  /// 1 over the samples' tokens, 0 over padding: by position, never by id.
  public func attentionMask(paddedTo length: Int) -> [UInt8] {
    var mask = [UInt8](repeating: 0, count: max(length, tokens.count))
    for segment in segments {
      for position in segment { mask[position] = 1 }
    }
    return mask
  }

  /// Positions that restart at 0 with each packed sample, and with the padding behind it.
  public func positionIDs(paddedTo length: Int) -> [UInt32] {
    var positions: [UInt32] = []
    let count = max(length, tokens.count)
    positions.reserveCapacity(count)
    for segment in segments {
      positions.append(contentsOf: 0..<UInt32(segment.lowerBound - positions.count))
      positions.append(contentsOf: 0..<UInt32(segment.count))
    }
    positions.append(contentsOf: 0..<UInt32(count - positions.count))
    return positions
  }

  /// Where each packed sample begins, and where the last one ends: `cu_seqlens` of FlashAttention's
  /// variable-length kernels. With alignment, a sample's stretch includes the padding behind it.
  public var cumulativeSegmentLengths: [UInt32] {
    segments.map { UInt32($0.lowerBound) } + [UInt32(tokens.count)]
  }

  /// Tokens that the model learns from.
  public var supervisedCount: Int { runs.reduce(0) { $0 + Int($1.count) } }
}
