import Patterns

extension SentencePieceNormalizer {
  /// Normalizes a text that nothing has changed yet, in place. `continues`: no dummy prefix. O(n).
  func apply(to text: inout AlignedText, continues: Bool) {
    var normalized: [UInt8] = []
    var origins: [UInt32] = []
    unsafe text.bytes.withUnsafeBufferPointer {
      unsafe normalize($0, continues: continues, into: &normalized, origins: &origins)
    }
    text.bytes = normalized
    text.isChanged = true
    text.spans.removeAll(keepingCapacity: true)
    guard text.isTracking else { return }
    let base = UInt32(text.base)
    var start = 0
    while start < normalized.count {
      let end = min(start + normalized.scalar(at: start).length, normalized.count)
      let span = AlignedText.Span(start: base + origins[start], end: base + origins[end])
      for _ in start..<end { text.spans.append(span) }
      start = end
    }
  }
}
