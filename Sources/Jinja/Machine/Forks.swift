/// Renders of the first items of a list that grows, each made where the render of all items stands anyway: before it goes on to the
/// item behind them. A conversation costs so much as one render and an iteration for each of them.
///
/// A fork is the render that it stands for, byte for byte and span for span: whatever the render of all items has read until then must be
/// the same in it. The machine watches that; where it cannot tell, the outcome is `unknown`, and the caller renders anew.
package final class Forks {
  package struct Request {
    /// Items that the render has.
    package var count: Int
    /// The flag that it is given.
    package var flag: Bool
    /// What stands in place of its last item.
    package var last: Value?

    package init(count: Int, flag: Bool, last: Value? = nil) {
      self.count = count
      self.flag = flag
      self.last = last
    }
  }

  package enum Outcome: UInt8, BitwiseCopyable { case unknown, rendered, refused, tooLarge }

  package struct Result {
    package var outcome = Outcome.unknown
    /// What it has in common with the render of all items: bytes, and spans before the last one of these bytes.
    package var sharedText = 0
    package var sharedSpans = 0
    /// Where the rest of it lies in `text` and `spans`.
    package var text = 0..<0
    package var spans = 0..<0
  }

  /// In order of their counts.
  package internal(set) var requests: [Request] = []
  package internal(set) var results: [Result] = []
  package let text = Arena<UInt8>(capacity: 1 << 10)
  package let spans = Arena<RenderOutput.Span>(capacity: 1 << 6)
  /// The request that is looked at next.
  var next = 0

  package init() {}

  package func ask(_ requests: some Sequence<Request>) {
    self.requests.removeAll(keepingCapacity: true)
    self.requests.append(contentsOf: requests)
    forget()
  }

  func forget() {
    results.removeAll(keepingCapacity: true)
    results.append(contentsOf: repeatElement(Result(), count: requests.count))
    text.truncate(to: 0)
    spans.truncate(to: 0)
    next = 0
  }
}
