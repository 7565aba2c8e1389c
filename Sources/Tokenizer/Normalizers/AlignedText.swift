import Patterns

/// Text on its way through normalizers and pre-tokenizers, with the byte range of the original text that each byte
/// stands for. The two cases of the reference's `NormalizedString` are kept apart: text that nothing has changed
/// (`spans` is empty: byte `i` belongs to the character of the original that covers `base + i`), and changed text (one
/// span a byte; all bytes of a character share its span, spans ascend).
package struct AlignedText: Sendable {
  /// The text as it is now, UTF-8.
  package var bytes: [UInt8] = []
  /// One range of original bytes for each byte; empty where nothing changed or where nobody asked.
  package var spans: [Span] = []
  /// Offset of the first byte in the original text, while nothing changed.
  package var base = 0
  /// Whether a stage has changed the text. Then `spans` holds them if `isTracking`.
  package var isChanged = false
  /// Whether spans are kept when a stage changes the text: set it where byte ranges are wanted, or where
  /// a stage needs them.
  package var isTracking = false

  /// A range of bytes of the original text.
  @frozen
  package struct Span: Sendable, Equatable {
    package var start: UInt32
    package var end: UInt32

    @inlinable public init(start: UInt32, end: UInt32) {
      self.start = start
      self.end = end
    }
  }

  package init() {}

  /// Starts over with `text`, whose first byte is at `base` of the original. Keeps the storage. O(bytes).
  package mutating func reset(
    to text: UnsafeBufferPointer<UInt8>, base: Int = 0, isTracking: Bool
  ) {
    bytes.removeAll(keepingCapacity: true)
    unsafe bytes.append(contentsOf: text)
    spans.removeAll(keepingCapacity: true)
    self.base = base
    isChanged = false
    self.isTracking = isTracking
  }

  /// The range of the original that the bytes `range` stand for, as the reference reports it: from the start of the
  /// first byte's character to the end of the last one's. Requires a range inside `bytes`, and tracking if
  /// the text changed. O(1).
  package func original(of range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty else { return base..<base }
    let first = span(at: range.lowerBound)
    let last = span(at: range.upperBound - 1)
    return Int(first.start)..<max(Int(first.start), Int(last.end))
  }

  /// Whether the byte at `index` stands for nothing of the original: it was put in by a match of nothing at the start.
  /// There the reference panics, or doubles the text, when a later stage rewrites it.
  func standsForNothing(_ index: Int) -> Bool {
    isChanged && index < spans.count && spans[index].start == spans[index].end
  }

  /// The span of the byte at `index`.
  func span(at index: Int) -> Span {
    if isChanged {
      return index < spans.count ? spans[index] : Span(start: UInt32(base), end: UInt32(base))
    }
    var start = index
    while start > 0, index - start < 3, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    let end = start + max(bytes.scalar(at: start).length, index - start + 1)
    return Span(
      start: UInt32(truncatingIfNeeded: base + start), end: UInt32(truncatingIfNeeded: base + end))
  }
}
