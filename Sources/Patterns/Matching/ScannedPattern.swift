import Problems

/// A regular expression of a simple shape, matched without a regex engine: alternatives of sets, runs of sets, optional
/// groups and lookaheads of one scalar. The split patterns of byte-level models are of that shape.
///
/// A run gives back characters only where what follows may start with one of its own, so that text is read about once.
@safe
package final class ScannedPattern: @unchecked Sendable {
  package let source: String
  package let dialect: PatternDialect
  // SAFETY: allocated in `init`, freed in `deinit`, and only read in between, at indices that `Compiler` wrote.
  private let steps: UnsafeMutablePointer<Step>
  private let tests: UnsafeMutablePointer<ScalarTest>
  /// Where each alternative begins in `steps`.
  private let starts: UnsafeMutablePointer<Int>
  /// Which alternatives may match at an ASCII character (128), and at a scalar of a kind (64).
  private let viable: UnsafeMutablePointer<UInt32>
  /// Keeps the ranges of tests that cut through a kind.
  private let cutSets: [ScalarSet]

  /// What to do next. Plain numbers, so that no step costs a retain.
  struct Step: Sendable {
    enum Kind: UInt8, Sendable {
      /// A scalar that passes `test`.
      case one
      /// `min` to `max` scalars that pass `test`, as many as there are.
      case run
      /// As `run`, but fewer may have to do.
      case runGivingBack
      /// A scalar that passes `test` comes next, or none does; the end of the text passes nothing.
      case look, lookNot
      /// Try what follows, then `target`; straight to `target` where the next scalar does not pass `test`.
      case choice
      case jump
      case lineEnd
      case textEnd
      case found
    }
    var kind: Kind
    var test = 0
    var min = 0
    var max = 0
    var target = 0
  }

  init(
    source: String, dialect: PatternDialect, sets: [ScalarSet], steps: [Step], starts: [Int],
    firsts: [ScalarSet]
  ) {
    func copied<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
      let pointer = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
      for (index, element) in elements.enumerated() {
        unsafe (pointer + index).initialize(to: element)
      }
      return unsafe pointer
    }
    self.source = source
    self.dialect = dialect
    let tests = sets.enumerated().map { ScalarTest($1, number: $0) }
    let first = firsts.map { ScalarTest($0, number: 0) }
    func viable(_ isViable: (ScalarTest) -> Bool) -> UInt32 {
      first.indices.reduce(into: 0) { if isViable(first[$1]) { $0 |= 1 << UInt32($1) } }
    }
    let atASCII = (UInt8(0)..<128).map { byte in viable { $0.contains(ascii: byte) } }
    let atKind = (UInt64(0)..<64).map { kind in
      viable { ($0.whole | $0.cut) >> kind & 1 != 0 }
    }
    unsafe self.steps = copied(steps)
    unsafe self.tests = copied(tests)
    unsafe self.starts = copied(starts)
    unsafe self.viable = copied(atASCII + atKind)
    cutSets = sets
  }

  deinit {
    unsafe steps.deallocate()
    unsafe tests.deallocate()
    unsafe starts.deallocate()
    unsafe viable.deallocate()
  }

  /// Calls `body` with each match in `text`, left to right. Throws where runs of characters are read again and again: beyond
  /// 10 million characters and 64 times the text.
  @inline(__always)
  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void
  ) throws(Problem) {
    var position = 0
    var steps = 10_000_000 + 64 * text.count
    while position < text.count {
      // SAFETY: `position` is in the text, and `viable` has a place for each ASCII byte.
      let byte = unsafe text[position]
      if byte < 0x80, unsafe viable[Int(byte)] == 0 {
        position += 1
        continue
      }
      let end = unsafe endOfMatch(at: position, in: text, steps: &steps)
      guard steps > 0 else {
        throw Problem(pattern: source, tooMuch: "the text needs too many steps")
      }
      if let end {
        body(position..<end)
        position = end
      } else {
        position += unsafe text.scalar(at: position).length
      }
    }
  }

  /// Where the match that starts at `position` ends, nil if there is none. Requires `position < text.count`. The end of
  /// `text` is the end of all text to lookaheads.
  /// Takes the characters that runs read from `steps`; gives up, with none left, where they are too many.
  private func endOfMatch(
    at position: Int, in text: UnsafeBufferPointer<UInt8>, steps: inout Int
  ) -> Int? {
    // SAFETY: the caller keeps `position` in the text; every read below is checked against its end.
    let byte = unsafe text[position]
    var ways: UInt32
    if byte < 0x80 {
      ways = unsafe viable[Int(byte)]
    } else {
      let kind = ScalarKinds.kind(of: unsafe text.scalar(at: position).value)
      ways = unsafe viable[128 + Int(kind & 63)]
    }
    while ways != 0 {
      let start = unsafe starts[ways.trailingZeroBitCount]
      let end = unsafe match(from: start, at: position, in: text, &steps)
      if end >= 0 { return end }
      ways &= ways - 1
    }
    return nil
  }

  /// Where a match from a step on ends, -1 if there is none.
  private func match(
    from first: Int, at start: Int, in text: UnsafeBufferPointer<UInt8>, _ budget: inout Int
  ) -> Int {
    var index = first
    var position = start
    while true {
      let step = unsafe steps[index]
      switch step.kind {
      case .found: return position
      case .one:
        let length = unsafe lengthOfOne(step.test, at: position, in: text)
        if length == 0 {
          budget -= (index - first) >> 3
          return -1
        }
        position += length
      case .run, .runGivingBack:
        let (end, count) = unsafe run(of: step.test, from: position, max: step.max, in: text)
        // A long row of steps is read anew from each place.
        budget -= count + (index - first) >> 3
        if count < step.min { return -1 }
        if step.kind == .runGivingBack, count > step.min {
          guard budget > 0 else { return -1 }
          return unsafe matchGivingBack(
            index + 1, from: end, down: count - step.min, in: text, &budget)
        }
        position = end
      case .look:
        if unsafe lengthOfOne(step.test, at: position, in: text) == 0 { return -1 }
      case .lookNot:
        if unsafe lengthOfOne(step.test, at: position, in: text) != 0 { return -1 }
      case .choice:
        budget -= 1
        if budget <= 0 { return -1 }
        if unsafe lengthOfOne(step.test, at: position, in: text) != 0 {
          let end = unsafe match(from: index + 1, at: position, in: text, &budget)
          if end >= 0 { return end }
        }
        index = step.target
        continue
      case .jump:
        index = step.target
        continue
      case .lineEnd:
        if position < text.count, unsafe text[position] != 0x0A { return -1 }
      case .textEnd:
        if position < text.count { return -1 }
      }
      index += 1
    }
  }

  /// Goes on from `end`, then from one character less, at most `count` of them.
  private func matchGivingBack(
    _ step: Int, from end: Int, down count: Int, in text: UnsafeBufferPointer<UInt8>,
    _ budget: inout Int
  ) -> Int {
    var position = end
    var left = count
    while true {
      let found = unsafe match(from: step, at: position, in: text, &budget)
      if found >= 0 || left == 0 || budget <= 0 { return found }
      left -= 1
      budget -= 1
      position -= 1
      while position > 0, unsafe text[position] & 0xC0 == 0x80 { position -= 1 }
    }
  }

  @inline(__always)
  private func run(
    of number: Int, from start: Int, max: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> (end: Int, count: Int) {
    let test = unsafe tests[number]
    var position = start
    var count = 0
    while position < text.count, count < max {
      let byte = unsafe text[position]
      if byte < 0x80 {
        guard test.contains(ascii: byte) else { break }
        position += 1
      } else {
        let scalar = unsafe text.scalar(at: position)
        guard contains(test, wide: scalar.value) else { break }
        position += scalar.length
      }
      count += 1
    }
    return (position, count)
  }

  /// The length of the scalar at `position` if it passes the test, 0 otherwise.
  @inline(__always)
  private func lengthOfOne(
    _ number: Int, at position: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> Int {
    guard position < text.count else { return 0 }
    let byte = unsafe text[position]
    if byte < 0x80 { return unsafe tests[number].contains(ascii: byte) ? 1 : 0 }
    let scalar = unsafe text.scalar(at: position)
    return unsafe contains(tests[number], wide: scalar.value) ? scalar.length : 0
  }

  @inline(__always)
  private func contains(_ test: ScalarTest, wide scalar: UInt32) -> Bool {
    let bit: UInt64 = 1 << UInt64(ScalarKinds.kind(of: scalar))
    if test.whole & bit != 0 { return true }
    return test.cut & bit != 0 && cutSets[test.number].contains(scalar)
  }
}
