/// Arrays of a caller, of `rows` × `length` elements each, that rows are copied into. Those that are nil are left out.
@safe public struct PaddedColumns {
  // SAFETY: each pointer that is not nil must point to rows × length elements while rows are filled
  // in; `DecodedFrame.fill` writes within slots 0..<rows only.
  public let rows: Int
  /// Elements of a row: at least the tokens of every row that is filled in.
  public let length: Int
  /// Token ids; the pad id behind them.
  public let inputIDs: UnsafeMutablePointer<Int32>?
  /// Ids of supervised tokens, -100 elsewhere.
  public let labels: UnsafeMutablePointer<Int32>?
  /// 1 over the samples' tokens, 0 over padding.
  public let attentionMask: UnsafeMutablePointer<UInt8>?
  /// Positions that restart with each segment, and with the padding behind it.
  public let positionIDs: UnsafeMutablePointer<Int32>?
  /// Loss weight of each token: its run's, 0 where it is not supervised.
  public let weights: UnsafeMutablePointer<Float>?

  public init(
    rows: Int, length: Int, inputIDs: UnsafeMutablePointer<Int32>?,
    labels: UnsafeMutablePointer<Int32>? = nil, attentionMask: UnsafeMutablePointer<UInt8>? = nil,
    positionIDs: UnsafeMutablePointer<Int32>? = nil, weights: UnsafeMutablePointer<Float>? = nil
  ) {
    self.rows = rows
    self.length = length
    unsafe self.inputIDs = unsafe inputIDs
    unsafe self.labels = unsafe labels
    unsafe self.attentionMask = unsafe attentionMask
    unsafe self.positionIDs = unsafe positionIDs
    unsafe self.weights = unsafe weights
  }
}

extension DecodedFrame {
  /// Copies a row into `slot` of the caller's arrays. Returns its tokens, or nil (and copies nothing)
  /// where the row or the slot is out of range or the row is longer than `length`. O(length), no
  /// allocation.
  @discardableResult
  public func fill(
    row: Int, slot: Int, of columns: PaddedColumns, pad: UInt32
  ) -> Int? {
    guard row >= 0, row < rowCount, slot >= 0, slot < columns.rows else { return nil }
    let range = range(ofRow: row)
    guard range.count <= columns.length else { return nil }
    let start = slot * columns.length
    let length = columns.length
    if let ids = unsafe columns.inputIDs {
      let target = unsafe UnsafeMutableBufferPointer(start: ids + start, count: length)
      unsafe target.update(repeating: Int32(bitPattern: pad))
      unsafe copy(range, to: target.extracting(0..<range.count))
    }
    if let labels = unsafe columns.labels {
      let target = unsafe UnsafeMutableBufferPointer(start: labels + start, count: length)
      unsafe target.update(repeating: -100)
      for run in runs[runRange(row)] {
        let place = Int(run.lowerBound) - range.lowerBound
        unsafe copy(
          Int(run.lowerBound)..<Int(run.upperBound),
          to: target.extracting(place..<place + run.count))
      }
    }
    if let mask = unsafe columns.attentionMask {
      let target = unsafe UnsafeMutableBufferPointer(start: mask + start, count: length)
      unsafe target.update(repeating: 0)
      for segment in segments[segmentRange(row)] {
        let place = Int(segment.lowerBound) - range.lowerBound
        unsafe target.extracting(place..<place + segment.count).update(repeating: 1)
      }
    }
    if let positions = unsafe columns.positionIDs {
      unsafe fillPositions(
        row, UnsafeMutableBufferPointer(start: positions + start, count: length))
    }
    if let weights = unsafe columns.weights {
      let target = unsafe UnsafeMutableBufferPointer(start: weights + start, count: length)
      unsafe target.update(repeating: 0)
      for index in runRange(row) {
        let place = Int(runs[index].lowerBound) - range.lowerBound
        unsafe target.extracting(place..<place + runs[index].count)
          .update(repeating: runWeights.isEmpty ? 1 : runWeights[index])
      }
    }
    return range.count
  }

  private func fillPositions(_ row: Int, _ target: UnsafeMutableBufferPointer<Int32>) {
    let base = rowStarts[row]
    var index = 0
    func count(upTo end: Int) {
      var position: Int32 = 0
      while index < end {
        unsafe target[index] = position
        position += 1
        index += 1
      }
    }
    for segment in segments[segmentRange(row)] {
      count(upTo: Int(segment.lowerBound - base))  // alignment padding
      count(upTo: Int(segment.upperBound - base))
    }
    count(upTo: target.count)
  }

  private func copy(_ range: Range<Int>, to target: UnsafeMutableBufferPointer<Int32>) {
    unsafe tokens.withUnsafeBytes { tokens in
      unsafe UnsafeMutableRawBufferPointer(target).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: tokens[4 * range.lowerBound..<4 * range.upperBound]))
    }
  }

  /// Segments of a row, as indices of `segments` and `origins`.
  public func segmentRange(_ row: Int) -> Range<Int> {
    Int(segmentStarts[row])..<Int(segmentStarts[row + 1])
  }

  /// Supervised runs of a row, as indices of `runs` and `runWeights`.
  public func runRange(_ row: Int) -> Range<Int> {
    Int(runStarts[row])..<Int(runStarts[row + 1])
  }
}
