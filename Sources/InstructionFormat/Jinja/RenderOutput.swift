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

  /// Prints a string; `mark` is added to the bits of its authors.
  func append(_ value: Value, of heap: ValueHeap, mark: UInt32, turn: Int32) {
    guard value.extra > 0 else { return }
    var place = spans.count - 1
    var last = place >= 0 ? spans[place] : Span(end: 0, origin: .template, turn: -1)
    unsafe heap.pieces.withElements(value.range) { pieces in
      for index in pieces.indices {
        let piece = unsafe pieces[index]
        guard piece.count > 0 else { continue }
        unsafe heap.bytes.withElements(piece.range) { unsafe text.append(contentsOf: $0) }
        let end = UInt32(truncatingIfNeeded: text.count)
        let origin = Origin(bits: piece.origin.bits | mark)
        if place >= 0, last.origin == origin, last.turn == turn {
          last.end = end
          spans[place] = last
        } else {
          last = Span(end: end, origin: origin, turn: turn)
          spans.append(last)
          place += 1
        }
      }
    }
  }
}
