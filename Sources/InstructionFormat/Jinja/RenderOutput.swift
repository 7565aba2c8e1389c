/// The text that a template printed, and who wrote each stretch of it.
final class RenderOutput {
  struct Span: BitwiseCopyable {
    /// Where it ends in the text; it starts where the one before ends.
    var end: UInt32
    var origin: Origin
    /// The message whose iteration printed it, from 0; -1 outside of one.
    var turn: Int32
  }

  /// Bytes that one render may print.
  static let maximumBytes = 1 << 30

  let text = Arena<UInt8>(capacity: 1 << 14)
  let spans = Arena<Span>(capacity: 1 << 8)

  func removeAll() {
    text.truncate(to: 0)
    spans.truncate(to: 0)
  }

  /// Exchanges what two outputs hold. O(1).
  func exchange(with other: RenderOutput) {
    text.exchange(with: other.text)
    spans.exchange(with: other.spans)
  }

  @inline(__always)
  func append(_ source: UnsafeBufferPointer<UInt8>, _ origin: Origin, turn: Int32) {
    guard source.count > 0 else { return }
    unsafe text.append(contentsOf: source)
    let end = UInt32(truncatingIfNeeded: text.count)
    let last = spans.count - 1
    if last >= 0 {
      let span = spans[last]
      if span.origin == origin, span.turn == turn {
        spans[last] = Span(end: end, origin: origin, turn: turn)
        return
      }
    }
    spans.append(Span(end: end, origin: origin, turn: turn))
  }
}
