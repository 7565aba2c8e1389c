import InstructionFormat
import Problems

/// Where tokens stand in the text: asked for only where truncation takes some away.
extension SampleEncoder {
  /// Bytes of characters that left no token so far.
  public var droppedBytes: Int { encoder.droppedBytes }

  /// The bytes of the sample encoded last that go with the tokens outside of `kept` (ascending). A byte that a token which stays stands for
  /// too is not lost. O(kept and lost stretches); where the tokens' own texts do not spell the text, it is encoded once more.
  public func lost(
    from rendered: borrowing RenderedRecord, _ sample: borrowing MaskedSample,
    keeping kept: [Range<Int>]
  ) throws(Problem) -> TextCut {
    let lost = Self.others(than: kept, of: sample.tokens.count)
    if !sample.traces.isEmpty { return Self.cut(lost, sample.traces) }
    var cut = TextCut()
    var first = 0
    for stretch in stretches {
      let tokens = first..<stretch.end
      first = stretch.end
      let isSpelled = unsafe rendered.text.withUnsafeBufferPointer { text in
        unsafe add(
          lost, of: stretch, tokens, sample,
          UnsafeBufferPointer(rebasing: text[stretch.bytes]), to: &cut)
      }
      guard isSpelled else {
        var traced = MaskedSample()
        try encode(rendered, traced: true, into: &traced)
        return Self.cut(lost, traced.traces)
      }
    }
    return cut
  }

  /// Adds what is lost of one stretch; false where its tokens do not spell it.
  private func add(
    _ lost: [Range<Int>], of stretch: Stretch, _ tokens: Range<Int>,
    _ sample: borrowing MaskedSample,
    _ text: UnsafeBufferPointer<UInt8>, to cut: inout TextCut
  ) -> Bool {
    let base = stretch.bytes.lowerBound
    // The token that was reached, and its place.
    var (token, place) = (tokens.lowerBound, 0)
    func advance(to end: Int) -> Bool {
      if end == tokens.upperBound {
        place = text.count
      } else if end > token {
        guard stretch.isText,
          let found = unsafe encoder.end(of: sample.tokens[token..<end], in: text, from: place)
        else { return false }
        place = found
      }
      token = end
      return true
    }
    for range in lost {
      let part = range.clamped(to: tokens)
      guard !part.isEmpty else { continue }
      guard advance(to: part.lowerBound) else { return false }
      let start = place
      guard advance(to: part.upperBound) else { return false }
      // A character whose bytes are divided stays with the token that stays.
      let whole = unsafe Self.characters(start..<place, of: text)
      cut.add(base + whole.lowerBound..<base + whole.upperBound)
    }
    return true
  }

  private static func characters(_ range: Range<Int>, of text: UnsafeBufferPointer<UInt8>) -> Range<
    Int
  > {
    func divides(_ place: Int) -> Bool { unsafe place < text.count && text[place] & 0xC0 == 0x80 }
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, divides(start) { start += 1 }
    while end > start, divides(end) { end -= 1 }
    return start..<end
  }

  private static func others(than kept: [Range<Int>], of count: Int) -> [Range<Int>] {
    var others: [Range<Int>] = []
    var next = 0
    for range in kept where !range.isEmpty {
      if next < range.lowerBound { others.append(next..<range.lowerBound) }
      next = range.upperBound
    }
    if next < count { others.append(next..<count) }
    return others
  }

  private static func cut(_ lost: [Range<Int>], _ traces: [TokenTrace]) -> TextCut {
    var cut = TextCut()
    for tokens in lost {
      let before = tokens.lowerBound > 0 ? traces[tokens.lowerBound - 1].range.upperBound : 0
      let after =
        tokens.upperBound < traces.count ? traces[tokens.upperBound].range.lowerBound : .max
      let start = max(traces[tokens.lowerBound].range.lowerBound, before)
      let end = min(traces[tokens.upperBound - 1].range.upperBound, after)
      if start < end { cut.add(start..<end) }
    }
    return cut
  }
}
