/// What a training step reads of a row: one element a token, made when it is asked for.
public enum RowColumn: Hashable, Sendable {
  /// Token ids; `pad` behind the row.
  case inputIDs(pad: UInt32)
  /// The id of each supervised token, `Rows.ignoredLabel` elsewhere. Aligned with the ids: the trainer
  /// shifts. `masksFirst` leaves the first token of each sample out, so that none is predicted from the
  /// sample before it.
  case labels(masksFirst: Bool = false)
  /// 1 over supervised tokens, 0 elsewhere. `masksFirst` is that of `labels`.
  case lossMask(masksFirst: Bool = false)
  /// 1 where the next token of the same sample is supervised: a loss mask for targets that are shifted.
  case targetMask
  /// 1 over the samples' tokens, 0 over padding: by position, never by id.
  case attentionMask
  /// Positions that restart at 0 with each sample, and with the padding behind it.
  case positionIDs
}

extension Rows {
  /// The label of a token that the model must not learn from (PyTorch's `ignore_index`).
  public static let ignoredLabel = -100

  /// Writes a column of a row into `out`, which has at least the row's tokens; the rest is padding.
  ///
  /// This and `fillWeights` alone know what a label, a mask, a position and a weight are; every array,
  /// file and picture of rows is made by them. O(elements of `out`), no allocation.
  @inlinable
  public func fill<Element: FixedWidthInteger>(
    _ row: Int, _ column: RowColumn, into out: inout MutableSpan<Element>
  ) {
    let range = tokenRange(ofRow: row)
    precondition(range.count <= out.count, "the row has more tokens than there is room for")
    // SAFETY: `out` begins at the row's first token and holds the row; samples and runs lie in the row.
    unsafe out.withUnsafeMutableBufferPointer { out in
      switch column {
      case .inputIDs(let pad):
        unsafe copy(range, to: out, from: range)
        unsafe out[range.count...].update(repeating: Element(truncatingIfNeeded: pad))
      case .labels(let masksFirst):
        unsafe out.update(repeating: Element(truncatingIfNeeded: Self.ignoredLabel))
        for run in runs[runRange(ofRow: row)] { unsafe copy(run, to: out, from: range) }
        guard masksFirst else { return }
        unsafe setFirst(of: row, to: Element(truncatingIfNeeded: Self.ignoredLabel), in: out)
      case .lossMask(let masksFirst):
        unsafe mark(runs[runRange(ofRow: row)], in: out, from: range)
        guard masksFirst else { return }
        unsafe setFirst(of: row, to: 0, in: out)
      case .targetMask:
        unsafe out.update(repeating: 0)
        var first = sampleRange(ofRow: row).lowerBound
        for run in runs[runRange(ofRow: row)] {
          // Runs lie within samples, so this one's begins at or before it.
          while samples[first].upperBound <= run.lowerBound { first += 1 }
          let start = Swift.max(run.lowerBound, samples[first].lowerBound + 1)
          guard start < run.upperBound else { continue }
          unsafe out[start - 1 - range.lowerBound..<run.upperBound - 1 - range.lowerBound]
            .update(repeating: 1)
        }
      case .attentionMask: unsafe mark(samples[sampleRange(ofRow: row)], in: out, from: range)
      case .positionIDs:
        var place = 0
        for sample in samples[sampleRange(ofRow: row)] {
          // Alignment padding before the sample, then the sample: each counts from 0.
          unsafe Self.count(out, &place, upTo: sample.lowerBound - range.lowerBound)
          unsafe Self.count(out, &place, upTo: sample.upperBound - range.lowerBound)
        }
        unsafe Self.count(out, &place, upTo: out.count)
      }
    }
  }

  /// Writes the loss weight of each token of a row: its run's, 0 where it is not supervised. Like `fill`.
  public func fillWeights(_ row: Int, into out: inout MutableSpan<Float>) {
    let range = tokenRange(ofRow: row)
    precondition(range.count <= out.count, "the row has more tokens than there is room for")
    for index in out.indices { out[index] = 0 }
    for index in runRange(ofRow: row) {
      let weight = weights.isEmpty ? 1 : weights[index]
      for token in runs[index] { out[token - range.lowerBound] = weight }
    }
  }

  /// Tokens from each sample's beginning to the next one's, with the padding between them: they sum to
  /// the row's tokens. What `seq_lengths` and `cu_seqlens` of variable-length kernels count.
  public func sampleLengths(ofRow row: Int) -> some Collection<Int> {
    let range = sampleRange(ofRow: row)
    return range.lazy.map { [samples, end = rowStarts[row + 1]] index in
      (index + 1 < range.upperBound ? samples[index + 1].lowerBound : end)
        - samples[index].lowerBound
    }
  }

  @inlinable
  func copy<Element: FixedWidthInteger>(
    _ part: Range<Int>, to out: UnsafeMutableBufferPointer<Element>, from row: Range<Int>
  ) {
    unsafe tokens.withUnsafeBufferPointer { tokens in
      for token in part {
        unsafe out[token - row.lowerBound] = Element(truncatingIfNeeded: tokens[token])
      }
    }
  }

  /// Sets the first element of each sample of a row.
  @inlinable
  func setFirst<Element: FixedWidthInteger>(
    of row: Int, to value: Element, in out: UnsafeMutableBufferPointer<Element>
  ) {
    let start = tokenRange(ofRow: row).lowerBound
    for sample in samples[sampleRange(ofRow: row)] where !sample.isEmpty {
      unsafe out[sample.lowerBound - start] = value
    }
  }

  @inlinable
  func mark<Element: FixedWidthInteger>(
    _ parts: ArraySlice<Range<Int>>, in out: UnsafeMutableBufferPointer<Element>,
    from row: Range<Int>
  ) {
    unsafe out.update(repeating: 0)
    for part in parts {
      unsafe out[part.lowerBound - row.lowerBound..<part.upperBound - row.lowerBound]
        .update(repeating: 1)
    }
  }

  @inlinable
  static func count<Element: FixedWidthInteger>(
    _ out: UnsafeMutableBufferPointer<Element>, _ place: inout Int, upTo end: Int
  ) {
    let begin = place
    for index in begin..<Swift.max(begin, end) {
      unsafe out[index] = Element(truncatingIfNeeded: index - begin)
    }
    place = Swift.max(begin, end)
  }
}
