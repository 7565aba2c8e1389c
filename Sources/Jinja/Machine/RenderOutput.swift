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

  /// What this begins with stands in another output too, as it was at a time: bytes, and spans.
  package struct Shared {
    fileprivate let other: ObjectIdentifier
    fileprivate let version: Int
    package let text: Int
    package let spans: Int
  }

  private var shared: Shared?
  /// How often it was filled.
  private var version = 0

  func removeAll() {
    text.truncate(to: 0)
    spans.truncate(to: 0)
    change()
  }

  private func change() {
    version &+= 1
    shared = nil
  }

  /// Exchanges what two outputs hold. O(1).
  package func exchange(with other: RenderOutput) {
    text.exchange(with: other.text)
    spans.exchange(with: other.spans)
    change()
    other.change()
  }

  /// What this is known to have in common with the beginning of another one, without looking; nil where nothing is known.
  package func shared(with other: RenderOutput) -> Shared? {
    guard let shared, shared.other == ObjectIdentifier(other), shared.version == other.version
    else { return nil }
    return shared
  }

  /// Becomes a fork of the render that `whole` holds. O(what it has more than the fork that this was before).
  package func become(_ fork: Forks.Result, of forks: Forks, besides whole: RenderOutput) {
    let held = shared(with: whole)
    let (text, spans) = (
      min(held?.text ?? 0, fork.sharedText), min(held?.spans ?? 0, fork.sharedSpans)
    )
    self.text.truncate(to: text)
    self.spans.truncate(to: spans)
    unsafe whole.text.withElements(text..<fork.sharedText) {
      unsafe self.text.append(contentsOf: $0)
    }
    unsafe whole.spans.withElements(spans..<fork.sharedSpans) {
      unsafe self.spans.append(contentsOf: $0)
    }
    unsafe forks.text.withElements(fork.text) { unsafe self.text.append(contentsOf: $0) }
    unsafe forks.spans.withElements(fork.spans) { unsafe self.spans.append(contentsOf: $0) }
    change()
    shared = Shared(
      other: ObjectIdentifier(whole), version: whole.version, text: fork.sharedText,
      spans: fork.sharedSpans)
  }

  /// Becomes a copy of the text of another output, without its spans. O(text).
  package func copyText(of other: RenderOutput) {
    removeAll()
    unsafe other.text.withElements(0..<other.text.count) { unsafe text.append(contentsOf: $0) }
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
