extension Rows {
  /// The same samples, several a row of at most `capacity` tokens, none split.
  ///
  /// `alignment`: every sample of a row but for the last is followed by `pad` tokens up to a multiple of it,
  /// outside of the sample: unsupervised, and left out by the attention mask.
  /// Expects one sample a row. O(tokens + capacity).
  public func packed(capacity: Int, alignment: Int = 1, pad: UInt32 = 0) -> Rows {
    let plan = PackingPlan(
      lengths: samples.map(\.count), capacity: capacity, alignment: alignment)
    var packed = Rows()
    packed.reserveCapacity(for: self, rows: plan.rowEnds.count)
    for row in plan.rows {
      packed.beginRow()
      for sample in row {
        packed.appendSample(
          of: self, sample: sample, tokens: samples[sample], runs: runRange(ofRow: sample),
          place: places[sample],
          alignment: alignment, pad: pad)
      }
    }
    return packed
  }

  /// The same tokens in rows of exactly `capacity`, but for the last one: a sample that does not fit
  /// the rest of a row goes on in the next. For plain text, where every token is supervised.
  /// Expects one sample a row. A piece with nothing supervised may come of a sample that has.
  /// O(tokens).
  public func packedSplitting(capacity: Int) -> Rows {
    var packed = Rows()
    packed.reserveCapacity(for: self, rows: tokens.count / capacity + 1)
    var room = 0
    for (number, sample) in samples.enumerated() {
      var start = sample.lowerBound
      while start < sample.upperBound {
        if room == 0 {
          packed.beginRow()
          room = capacity
        }
        let end = Swift.min(sample.upperBound, start + room)
        packed.appendSample(
          of: self, sample: number, tokens: start..<end, runs: runRange(ofRow: number),
          place: places[number])
        room -= end - start
        start = end
      }
    }
    return packed
  }
}
