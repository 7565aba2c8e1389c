extension RowBatch {
  /// The same samples, several a row of at most `capacity` tokens, none split.
  ///
  /// `alignment`: every sample of a row but for the last is followed by `pad` tokens up to a multiple
  /// of it, outside its segment: unsupervised, and left out by the attention mask.
  /// Expects one sample a row. O(tokens + capacity).
  public func packed(capacity: Int, alignment: Int = 1, pad: UInt32 = 0) -> RowBatch {
    let plan = PackingPlan(lengths: rowLengths, capacity: capacity, alignment: alignment)
    let samples = SampleStarts(self)
    var packed = RowBatch()
    for row in plan.rows {
      packed.beginRow()
      for sample in row {
        packed.appendPadding(toMultipleOf: alignment, pad: pad)
        packed.append(sample, of: self, at: samples, tokens: 0..<rowLengths[sample])
      }
    }
    return packed
  }

  /// The same tokens in rows of exactly `capacity`, but for the last one: a sample that does not fit
  /// the rest of a row goes on in the next. For plain text, where every token is supervised.
  /// Expects one sample a row. A piece with nothing supervised may come of a sample that has.
  /// O(tokens).
  public func packedSplitting(capacity: Int) -> RowBatch {
    let samples = SampleStarts(self)
    var packed = RowBatch()
    var room: UInt32 = 0
    for sample in rowLengths.indices {
      var start: UInt32 = 0
      while start < rowLengths[sample] {
        if room == 0 {
          packed.beginRow()
          room = UInt32(capacity)
        }
        let end = min(rowLengths[sample], start + room)
        packed.append(sample, of: self, at: samples, tokens: start..<end)
        room -= end - start
        start = end
      }
    }
    return packed
  }

  /// Appends `range` of one sample's tokens, and the parts of its runs that lie in it.
  private mutating func append(
    _ sample: Int, of source: RowBatch, at starts: SampleStarts, tokens range: Range<UInt32>
  ) {
    let base = starts.tokens[sample]
    let runRange = starts.runs[sample]..<starts.runs[sample + 1]
    var runs: [SupervisedRun] = []
    var weights: [Float] = []
    for index in runRange {
      let run = source.runs[index]
      let start = max(run.start, range.lowerBound)
      let end = min(run.start + run.count, range.upperBound)
      guard start < end else { continue }
      runs.append(SupervisedRun(start: start - range.lowerBound, count: end - start))
      if !source.runWeights.isEmpty { weights.append(source.runWeights[index]) }
    }
    appendSegment(
      tokens: source.tokens[base + Int(range.lowerBound)..<base + Int(range.upperBound)],
      runs: runs, weights: weights, origin: source.origins[sample])
  }

  /// Where each sample's tokens and runs begin; one element more than there are samples.
  private struct SampleStarts {
    var tokens: [Int] = [0]
    var runs: [Int] = [0]

    init(_ batch: RowBatch) {
      tokens.reserveCapacity(batch.rowCount + 1)
      runs.reserveCapacity(batch.rowCount + 1)
      for row in batch.rowLengths.indices {
        tokens.append(tokens[row] + Int(batch.rowLengths[row]))
        runs.append(runs[row] + Int(batch.runCounts[row]))
      }
    }
  }
}
