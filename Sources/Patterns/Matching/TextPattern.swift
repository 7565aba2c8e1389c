import Problems

/// What `Split` and `Replace` look for: a text, or a regular expression.
package enum TextPattern: Sendable {
  case literal([UInt8])
  /// A regular expression of a simple shape.
  case scanned(ScannedPattern)
  /// Any other regular expression.
  case compiled(CompiledPattern)

  /// The pattern for a `"String"` of a file. An empty one matches between all characters, as in the reference.
  package static func string(_ text: [UInt8]) throws(Problem) -> TextPattern {
    text.isEmpty ? .compiled(try CompiledPattern("", .oniguruma, rewritten: [])) : .literal(text)
  }

  /// The pattern for a `"Regex"` of a file: a scanner where its shape is simple, PCRE2's JIT otherwise.
  package static func regex(
    _ text: String, dialect: PatternDialect = .oniguruma
  ) throws(Problem) -> TextPattern {
    let node = try PatternParser.parse(text, dialect)
    if let scanned = ScannedPattern(text, dialect, node) { return .scanned(scanned) }
    return .compiled(
      try CompiledPattern(text, dialect, rewritten: PatternWriter.write(node, of: text)))
  }

  /// The dialect of a regular expression.
  package var dialect: PatternDialect? {
    switch self {
    case .literal: nil
    case .scanned(let pattern): pattern.dialect
    case .compiled(let pattern): pattern.dialect
    }
  }

  /// The text of a regular expression.
  package var source: String? {
    switch self {
    case .literal: nil
    case .scanned(let pattern): pattern.source
    case .compiled(let pattern): pattern.source
    }
  }

  /// Calls `body` with each match in `text`, left to right.
  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, space: MatchSpace, _ body: (Range<Int>) -> Void
  ) throws(Problem) {
    switch self {
    case .literal(let literal): unsafe literal.forEachOccurrence(in: text, body)
    case .scanned(let pattern): unsafe try pattern.forEachMatch(in: text, body)
    case .compiled(let pattern):
      unsafe try pattern.forEachMatch(in: text, space: space, body)
    }
  }

  /// Appends the stretches of `range` that are not empty as pieces.
  package func appendIsolated(
    of range: Range<Int>, in text: borrowing [UInt8], space: MatchSpace,
    to pieces: inout [Range<Int>]
  ) throws(Problem) {
    let shift = range.lowerBound
    var failure: Problem?
    unsafe text.withUnsafeBufferPointer { whole in
      do throws(Problem) {
        unsafe try forEachIsolated(in: UnsafeBufferPointer(rebasing: whole[range]), space: space) {
          pieces.append(shift + $0.lowerBound..<shift + $0.upperBound)
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Calls `body` with the stretches of `text` that are not empty, matched or not.
  package func forEachIsolated(
    in text: UnsafeBufferPointer<UInt8>, space: MatchSpace, _ body: (Range<Int>) -> Void
  ) throws(Problem) {
    var last = 0
    unsafe try forEachMatch(in: text, space: space) { match in
      guard !match.isEmpty || match.lowerBound != last else { return }
      if last != match.lowerBound { body(last..<match.lowerBound) }
      last = match.upperBound
      if !match.isEmpty { body(match) }
    }
    if last != text.count { body(last..<text.count) }
  }

  /// Appends each match in `text`.
  package func appendMatches(
    in text: borrowing [UInt8], space: MatchSpace, to matches: inout [Range<Int>]
  ) throws(Problem) {
    var failure: Problem?
    unsafe text.withUnsafeBufferPointer { whole in
      do throws(Problem) {
        unsafe try forEachMatch(in: whole, space: space) { matches.append($0) }
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Appends the stretches of `range` of `text`, matched or not. Offsets are those of `text`.
  package func appendStretches(
    of range: Range<Int>, in text: borrowing [UInt8], space: MatchSpace,
    to stretches: inout [PatternStretch]
  ) throws(Problem) {
    let shift = range.lowerBound
    var last = shift
    var failure: Problem?
    unsafe text.withUnsafeBufferPointer { whole in
      let piece = unsafe UnsafeBufferPointer(rebasing: whole[range])
      do throws(Problem) {
        unsafe try forEachMatch(in: piece, space: space) { match in
          let start = shift + match.lowerBound
          if last != start { stretches.append(PatternStretch(range: last..<start, isMatch: false)) }
          last = shift + match.upperBound
          stretches.append(PatternStretch(range: start..<last, isMatch: true))
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    if last != range.upperBound {
      stretches.append(PatternStretch(range: last..<range.upperBound, isMatch: false))
    }
  }
}

/// A stretch of a text, and whether the pattern matched it. The stretches of a text tile it; matches may be empty.
@usableFromInline
package struct PatternStretch: Equatable {
  @usableFromInline package var range: Range<Int>
  @usableFromInline package var isMatch: Bool

  @inlinable package init(range: Range<Int>, isMatch: Bool) {
    self.range = range
    self.isMatch = isMatch
  }
}

extension [UInt8] {
  /// Calls `body` with each place of this text (not empty) in `text`, left to right without overlap.
  package func forEachOccurrence(in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void)
  {
    guard let first else { return }
    var start = 0
    while start + count <= text.count {
      // SAFETY: `start + count <= text.count` bounds every read.
      if unsafe text[start] == first, unsafe matches(text, at: start) {
        body(start..<start + count)
        start += count
      } else {
        start += 1
      }
    }
  }

  private func matches(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    for index in 1..<Swift.max(1, count) where unsafe text[start + index] != self[index] {
      return false
    }
    return true
  }
}
