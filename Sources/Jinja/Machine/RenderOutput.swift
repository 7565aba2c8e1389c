/// The text that a template printed, and who wrote each stretch of it.
package final class RenderOutput {
  package struct Span: BitwiseCopyable {
    /// Where it ends in the text; it starts where the one before ends.
    package var end: UInt32
    package var origin: Origin
    /// The scope of the loop that printed it, as the host numbers them; -1 outside of one.
    package var scope: Int32
  }

  package init() {}

  package let text = Arena<UInt8>(capacity: 1 << 14)
  package let spans = Arena<Span>(capacity: 1 << 8)

  func removeAll() {
    text.truncate(to: 0)
    spans.truncate(to: 0)
  }

  /// Exchanges what two outputs hold. O(1).
  package func exchange(with other: RenderOutput) {
    text.exchange(with: other.text)
    spans.exchange(with: other.spans)
  }

  /// Prints a string; `mark` is added to the bits of its authors.
  func append(_ value: Value, of heap: ValueHeap, mark: UInt32, scope: Int32) {
    guard value.extra > 0 else { return }
    var place = spans.count - 1
    var last = place >= 0 ? spans[place] : Span(end: 0, origin: .template, scope: -1)
    unsafe heap.pieces.withElements(value.range) { pieces in
      for index in pieces.indices {
        let piece = unsafe pieces[index]
        guard piece.count > 0 else { continue }
        unsafe heap.bytes.withElements(piece.range) { unsafe text.append(contentsOf: $0) }
        let end = UInt32(truncatingIfNeeded: text.count)
        let origin = Origin(bits: piece.origin.bits | mark)
        if place >= 0, last.origin == origin, last.scope == scope {
          last.end = end
          spans[place] = last
        } else {
          last = Span(end: end, origin: origin, scope: scope)
          spans.append(last)
          place += 1
        }
      }
    }
  }
}
