import Patterns

/// Writes a changed text from `source` with the alignment rules of the reference's `NormalizedString.transform`: a character that replaces
/// takes the span of what it replaces, an inserted one that of the character before it, or an empty span at the start.
/// Works on one piece of the source, which has its own start.
struct TextRewriter {
  let source: AlignedText
  /// What is written so far.
  var output: AlignedText
  /// The next byte of the source.
  private(set) var position = 0
  /// Where the piece starts in the source; nil for the whole text, which begins where the original does.
  private var pieceStart: Int?
  private let isTracking: Bool

  /// `storage` gives its buffers for the output.
  init(_ source: consuming AlignedText, storage: consuming AlignedText) {
    self.source = source
    output = storage
    isTracking = self.source.isTracking
    output.bytes.removeAll(keepingCapacity: true)
    output.spans.removeAll(keepingCapacity: true)
    output.base = self.source.base
    output.isChanged = true
    output.isTracking = isTracking
  }

  /// The written text, and the source for its storage.
  consuming func finish() -> (written: AlignedText, source: AlignedText) { (output, source) }

  /// Begins a piece of the source. Nothing before it is copied.
  mutating func beginPiece(at start: Int) {
    position = start
    pieceStart = start
  }

  /// Writes a scalar as `transform` does: `change` 1 inserts, 0 replaces the next character, −n replaces it and
  /// removes n more.
  mutating func write(_ scalar: UInt32, change: Int) {
    let before = output.bytes.count
    output.bytes.append(scalar: scalar)
    let span = isTracking ? spanOfNext(inserted: change > 0) : AlignedText.Span(start: 0, end: 0)
    if change <= 0 { skip(scalars: 1 - change) }
    if isTracking { fill(span, count: output.bytes.count - before) }
  }

  /// Inserts bytes that all take the span of the character before them.
  mutating func insert(_ text: [UInt8]) {
    if isTracking { fill(spanOfNext(inserted: true), count: text.count) }
    output.bytes.append(contentsOf: text)
  }

  /// Inserts a text with the span of the next character of the source, which is not consumed (`prepend`).
  mutating func prepend(_ text: [UInt8]) {
    if isTracking { fill(spanOfNext(inserted: false), count: text.count) }
    output.bytes.append(contentsOf: text)
  }

  /// Writes the characters of the source up to `end` byte by byte in the byte alphabet; each byte keeps its character's span.
  mutating func writeByteAlphabet(to end: Int) {
    while position < end {
      let length = min(source.bytes.scalar(at: position).length, end - position)
      let span = isTracking ? source.span(at: position) : AlignedText.Span(start: 0, end: 0)
      let before = output.bytes.count
      for index in position..<position + length {
        output.bytes.append(scalar: ByteAlphabet.scalar(of: source.bytes[index]))
      }
      if isTracking { fill(span, count: output.bytes.count - before) }
      position += length
    }
  }

  /// Replaces the next `length` bytes of the source by one byte that keeps their span.
  mutating func replace(next length: Int, by byte: UInt8) {
    if isTracking { fill(source.span(at: position), count: 1) }
    output.bytes.append(byte)
    position += length
  }

  /// Passes over characters of the source.
  mutating func skip(scalars count: Int) {
    for _ in 0..<count {
      guard position < source.bytes.count else { return }
      position += source.bytes.scalar(at: position).length
    }
  }

  /// Passes over the bytes of the source up to `end`.
  mutating func skip(to end: Int) { position = end }

  /// Copies the bytes of the source up to `end`, unchanged.
  mutating func copy(to end: Int) {
    guard end > position else { return }
    output.bytes.append(contentsOf: source.bytes[position..<end])
    if isTracking {
      if source.isChanged {
        output.spans.append(contentsOf: source.spans[position..<end])
      } else {
        copyUnchangedSpans(to: end)
      }
    }
    position = end
  }

  private mutating func copyUnchangedSpans(to end: Int) {
    var index = position
    while index < end {
      let length = min(source.bytes.scalar(at: index).length, end - index)
      let start = UInt32(truncatingIfNeeded: source.base + index)
      let span = AlignedText.Span(start: start, end: start + UInt32(length))
      for _ in 0..<length { output.spans.append(span) }
      index += length
    }
  }

  private func spanOfNext(inserted: Bool) -> AlignedText.Span {
    guard inserted else {
      guard position < source.bytes.count else { return emptySpan }
      return source.span(at: position)
    }
    return position > pieceStart ?? 0 ? source.span(at: position - 1) : emptySpan
  }

  private var emptySpan: AlignedText.Span {
    guard let pieceStart, pieceStart < source.bytes.count else {
      return AlignedText.Span(start: UInt32(source.base), end: UInt32(source.base))
    }
    let start = source.span(at: pieceStart).start
    return AlignedText.Span(start: start, end: start)
  }

  private mutating func fill(_ span: AlignedText.Span, count: Int) {
    for _ in 0..<count { output.spans.append(span) }
  }
}
