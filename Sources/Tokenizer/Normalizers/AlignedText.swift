/// Text on its way through normalizers and pre-tokenizers, with the byte range of the original text that each byte
/// stands for. The two cases of the reference's `NormalizedString` are kept apart: text that nothing has changed
/// (`spans` is empty: byte `i` belongs to the character of the original that covers `base + i`), and changed text (one
/// span a byte; all bytes of a character share its span, spans ascend).
public struct AlignedText: Sendable {
  /// The text as it is now, UTF-8.
  public var bytes: [UInt8] = []
  /// One range of original bytes for each byte; empty where nothing changed or where nobody asked.
  public var spans: [Span] = []
  /// Offset of the first byte in the original text, while nothing changed.
  public var base = 0
  /// Whether a stage has changed the text. Then `spans` holds them if `isTracking`.
  public var isChanged = false
  /// Whether spans are kept when a stage changes the text: set it where byte ranges are wanted, or where
  /// a stage needs them.
  public var isTracking = false

  /// A range of bytes of the original text.
  @frozen
  public struct Span: Sendable, Equatable {
    public var start: UInt32
    public var end: UInt32

    @inlinable public init(start: UInt32, end: UInt32) {
      self.start = start
      self.end = end
    }
  }

  public init() {}

  /// Starts over with `text`, whose first byte is at `base` of the original. Keeps the storage. O(bytes).
  public mutating func reset(
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
  public func original(of range: Range<Int>) -> Range<Int> {
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

extension [UInt8] {
  /// The scalar that starts at `index`, which must be a valid index.
  @inlinable @inline(__always)
  func scalar(at index: Int) -> UTF8Scalar {
    let b0 = self[index]
    if b0 < 0x80 { return UTF8Scalar(value: UInt32(b0), length: 1) }
    return unsafe withUnsafeBufferPointer { unsafe $0.multibyteScalar(at: index, lead: UInt32(b0)) }
  }

  /// The length in bytes of the character that ends before `index` (at least 1). Requires `index > 0`.
  func lengthOfScalar(before index: Int) -> Int {
    var start = index - 1
    while start > 0, index - start < 4, self[start] & 0xC0 == 0x80 { start -= 1 }
    return start + scalar(at: start).length == index ? index - start : 1
  }
}
