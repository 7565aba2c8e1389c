import JSONText
import Pipeline
import Problems
import Synchronization

/// A batch of texts: one buffer, and where each begins and ends in it. A copy of the caller's, so that
/// threads share it without a pointer; the copy costs a hundredth of what encoding does.
struct TextBatch: Sendable {
  /// The texts, with what a JSON parser may read behind the last one.
  let bytes: [UInt8]
  private let offsets: [Int]

  var count: Int { offsets.count - 1 }

  init(
    _ texts: UnsafePointer<UInt8>?, offsets given: UnsafePointer<Int64>?, count: Int64
  ) throws(Problem) {
    guard count >= 0, count < Int64.max else { throw .argument("count is negative") }
    guard let given = unsafe given else { throw .argument("offsets is NULL") }
    let base = Int(unsafe given[0])
    guard base >= 0 else { throw .argument("offsets begin at \(base)") }
    var offsets: [Int] = [0]
    offsets.reserveCapacity(Int(count) + 1)
    for index in 0..<Int(count) {
      let end = Int(unsafe given[index + 1]) - base
      guard end >= offsets[index] else {
        throw .argument("offsets must ascend; text \(index) ends before it begins")
      }
      offsets.append(end)
    }
    let size = offsets[Int(count)]
    var bytes: [UInt8] = []
    if size > 0 {
      guard let texts = unsafe texts else { throw .argument("the buffer of texts is NULL") }
      bytes.reserveCapacity(size + JSONParser.padding)
      unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: texts + base, count: size))
    }
    bytes.append(contentsOf: repeatElement(0, count: JSONParser.padding))
    self.bytes = bytes
    self.offsets = offsets
  }

  /// Bytes of a text.
  func range(of text: Int) -> Range<Int> { offsets[text]..<offsets[text + 1] }

  /// Calls `body` with consecutive texts on up to `threads` threads (0: one a core), and returns what it
  /// gives in order. Throws the failure of the earliest texts.
  func map<Part: Sendable>(
    threads: Int32, _ body: @escaping @Sendable (Range<Int>) throws(Problem) -> Part
  ) throws(Problem) -> [Part] {
    guard threads >= 0 else { throw .argument("threads is negative") }
    let wanted = threads == 0 ? ProcessorCount.available : Int(min(threads, 1024))
    let tasks = Tasks<Result<Part, Problem>>(parts(for: wanted))
    Workers.run(count: min(wanted, tasks.ranges.count)) { _ in
      while let index = tasks.take() {
        do throws(Problem) {
          tasks.finish(index, .success(try body(tasks.ranges[index])))
        } catch {
          tasks.finish(index, .failure(error))
        }
      }
    }
    var parts: [Part] = []
    for result in tasks.results { parts.append(try result.get()) }
    return parts
  }

  /// Consecutive texts of about equal size: several a thread, but none so small that a thread is not
  /// worth its start.
  private func parts(for threads: Int) -> [Range<Int>] {
    let size = max(1 << 15, bytes.count / (threads * 4))
    var parts: [Range<Int>] = []
    var start = 0
    for text in 0..<count where offsets[text + 1] - offsets[start] >= size || text == count - 1 {
      parts.append(start..<text + 1)
      start = text + 1
    }
    return parts
  }
}

/// Parts of a batch that threads take one after the other.
private final class Tasks<Output: Sendable>: Sendable {
  let ranges: [Range<Int>]
  private let state: Mutex<(next: Int, outputs: [Output?])>

  init(_ ranges: [Range<Int>]) {
    self.ranges = ranges
    state = Mutex((0, Array(repeating: nil, count: ranges.count)))
  }

  func take() -> Int? {
    state.withLock { state in
      guard state.next < ranges.count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  func finish(_ index: Int, _ output: Output) {
    state.withLock { $0.outputs[index] = output }
  }

  var results: [Output] { state.withLock { $0.outputs.compactMap { $0 } } }
}
