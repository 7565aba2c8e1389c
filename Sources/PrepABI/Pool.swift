import Pipeline
import Problems
import Synchronization

/// Encoders of one handle: each used by one thread at a time, and kept with its caches for the next.
final class Pool<Element>: Sendable {
  // SAFETY: an element is either in the list, under the lock, or with the one caller of `use`.
  private struct Box: @unchecked Sendable {
    let element: Element
  }

  private let kept = Mutex<[Box]>([])
  private let make: @Sendable () -> Element

  init(_ make: @escaping @Sendable () -> Element) { self.make = make }

  /// Never waits for the lock: in a forked process it may be held by a thread that is not there.
  func use<Value>(_ body: (Element) throws(Problem) -> Value) throws(Problem) -> Value {
    let box = kept.withLockIfAvailable { $0.popLast() }.flatMap { $0 } ?? Box(element: make())
    defer {
      kept.withLockIfAvailable { kept in
        if kept.count < ProcessorCount.available { kept.append(box) }
      }
    }
    return try body(box.element)
  }
}
