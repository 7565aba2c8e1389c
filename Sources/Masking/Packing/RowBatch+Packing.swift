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
    packed.reserveCapacity(for: self, rows: plan.rowEnds.count)
    for row in plan.rows {
      packed.beginRow()
      for sample in row {
        packed.appendPadding(toMultipleOf: alignment, pad: pad)
        packed.appendPart(
          of: self, tokens: samples.tokens[sample]..<samples.tokens[sample + 1],
          start: samples.tokens[sample], runs: samples.runs[sample]..<samples.runs[sample + 1],
          origin: origins[sample])
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
    packed.reserveCapacity(for: self, rows: tokens.count / capacity + 1)
    var room = 0
    for sample in rowLengths.indices {
      var place = samples.tokens[sample]
      while place < samples.tokens[sample + 1] {
        if room == 0 {
          packed.beginRow()
          room = capacity
        }
        let end = min(samples.tokens[sample + 1], place + room)
        packed.appendPart(
          of: self, tokens: place..<end, start: samples.tokens[sample],
          runs: samples.runs[sample]..<samples.runs[sample + 1], origin: origins[sample])
        room -= end - place
        place = end
      }
    }
    return packed
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
