/// The filter that wraps text in lines: Python's `textwrap.wrap`, paragraph by paragraph.
extension Library {
  static let wrapFilters: [(String, LibraryFunction)] = [
    (
      "wordwrap",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.wordWrap(value, passed)
      }
    )
  ]
}

extension Machine {
  func wordWrap(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, ["width", "break_long_words", "wrapstring", "break_on_hyphens"],
      of: "the filter 'wordwrap'")
    guard value.isString else {
      if value.isUndefined { throw raiseUndefined(value) }
      throw raise("'\(typeName(value))' object has no attribute 'splitlines'")
    }
    let width = try wrapWidth(values[0])
    let breaksWords = values[1].tag == .missing ? true : try truth(values[1])
    let breaksHyphens = values[3].tag == .missing ? true : try truth(values[3])
    // Python splits words at hyphens for `True` itself alone, and breaks long ones there for whatever is true.
    let splitsHyphens = values[3].tag == .missing || values[3].tag == .bool && breaksHyphens
    let separator = try optionalString(values[2], "wrapstring") ?? heap.string("\n")
    try charge(value, times: 24)
    var parts: [Value] = []
    for (number, line) in try lines(plain(value), keepEnds: false).enumerated() {
      guard width > 0 else { throw raise("invalid width \(width) (must be > 0)") }
      guard line.extra <= 1 << 20 else {
        throw raise("wordwrap of a line of more than 1 MiB", .tooLarge)
      }
      if number > 0 { parts.append(separator) }
      let wrapped = WrappedLine(
        Array(heap.text(of: line).unicodeScalars), splitsAtHyphens: splitsHyphens,
        breaksAtHyphens: breaksHyphens
      ).lines(width, breaksWords: breaksWords)
      try charge(wrapped.count, times: line.count + 2)
      for (place, range) in wrapped.enumerated() {
        if place > 0 { parts.append(separator) }
        let part = heap.slice(line, range)
        parts.append(separator.isMarkup ? try escape(part) : part)
      }
    }
    var result = try concatenated(parts)
    result.flag = separator.isMarkup ? 1 : 0
    return result
  }

  private func wrapWidth(_ width: Value) throws(Raise) -> Int {
    switch width.tag {
    case .missing: return 79
    case .int, .bool, .big: return try clamped(width)
    case .float:
      throw raise(
        "the filter 'wordwrap' is not supported for a width that is no integer", .unsupported)
    case .undefined: throw raiseUndefined(width)
    default:
      throw raise("'<=' not supported between instances of '\(typeName(width))' and 'int'")
    }
  }
}

/// One line without line ends, in chunks of white space and of words, as `textwrap` splits it.
private struct WrappedLine {
  private let scalars: [UnicodeScalar]
  private let breaksAtHyphens: Bool
  /// Where each character starts, in bytes, and past the last one.
  private var offsets: [Int] = [0]
  /// Past the dashes that begin at a place.
  private var dashEnds: [Int]
  /// Past each chunk.
  private var ends: [Int] = []

  init(_ scalars: [UnicodeScalar], splitsAtHyphens: Bool, breaksAtHyphens: Bool) {
    self.scalars = scalars
    self.breaksAtHyphens = breaksAtHyphens
    offsets.reserveCapacity(scalars.count + 1)
    for scalar in scalars { offsets.append(offsets[offsets.count - 1] + UTF8.width(scalar)) }
    dashEnds = Array(scalars.indices)
    for place in scalars.indices.reversed() where scalars[place] == "-" {
      let next = place + 1
      dashEnds[place] = next < scalars.count && scalars[next] == "-" ? dashEnds[next] : next
    }
    var place = 0
    while place < scalars.count {
      place = splitsAtHyphens ? chunkEnd(place) : runEnd(place)
      ends.append(place)
    }
  }

  /// The lines, as bytes of the text. A chunk is the stretch between two ends, and a line a stretch of chunks.
  func lines(_ width: Int, breaksWords: Bool) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var chunk = 0
    var start = 0
    while chunk < ends.count {
      // White space at the start of a line is dropped, but for that of the text.
      if !lines.isEmpty, isSpace(start..<ends[chunk]) {
        start = ends[chunk]
        chunk += 1
      }
      let first = start
      // The start of the last chunk of the line; nil where it has none.
      var last: Int?
      while chunk < ends.count, ends[chunk] - first <= width {
        last = start
        start = ends[chunk]
        chunk += 1
      }
      if chunk < ends.count, ends[chunk] - start > width {
        if breaksWords {
          let end = breakPlace(start..<ends[chunk], room: width - (start - first))
          last = start
          start = end
        } else if start == first {
          last = start
          start = ends[chunk]
          chunk += 1
        }
      }
      guard let last else { continue }
      let end = isSpace(last..<start) ? last : start
      if end > first { lines.append(offsets[first]..<offsets[end]) }
    }
    return lines
  }

  /// Where a word that is longer than a line is broken: behind its last hyphen that fits, if anything else stands before it.
  private func breakPlace(_ word: Range<Int>, room: Int) -> Int {
    let end = word.lowerBound + room
    guard breaksAtHyphens, word.count > room else { return end }
    guard let hyphen = scalars[word.lowerBound..<end].lastIndex(of: "-"), hyphen > word.lowerBound,
      scalars[word.lowerBound..<hyphen].contains(where: { $0 != "-" })
    else { return end }
    return hyphen + 1
  }

  /// Past the run of white space, or of anything else, that begins at a place.
  private func runEnd(_ start: Int) -> Int {
    let isBlank = Self.isBlank(scalars[start])
    return scalars[start...].firstIndex { Self.isBlank($0) != isBlank } ?? scalars.count
  }

  /// Past what `textwrap` takes for a chunk: white space, dashes between words, a word or the part of it up to a hyphen.
  private func chunkEnd(_ start: Int) -> Int {
    if Self.isBlank(scalars[start]) { return runEnd(start) }
    if start > 0, Self.isWordPunctuation(scalars[start - 1]), isLongDash(start) {
      return dashEnds[start]
    }
    var end = start + 1
    while end < scalars.count, !Self.isBlank(scalars[end]) {
      if scalars[end] == "-", isHyphen(end) { return end + 1 }
      if Self.isWordPunctuation(scalars[end - 1]), isLongDash(end) { return end }
      end += 1
    }
    return end
  }

  /// Whether dashes at a place stand before a word.
  private func isLongDash(_ place: Int) -> Bool {
    let end = dashEnds[place]
    return scalars[place] == "-" && end - place >= 2 && end < scalars.count
      && Self.isWord(scalars[end])
  }

  /// Whether a word may be broken behind the hyphen at a place: letters stand around it.
  private func isHyphen(_ place: Int) -> Bool {
    func isLetter(_ place: Int) -> Bool {
      scalars.indices.contains(place) && Self.isWord(scalars[place])
        && scalars[place].properties.numericType != .decimal
    }
    func isDash(_ place: Int) -> Bool { scalars.indices.contains(place) && scalars[place] == "-" }
    let isBehind =
      isLetter(place - 1) && (isLetter(place - 2) || isDash(place - 2) && isLetter(place - 3))
    let isBefore =
      isLetter(place + 1) && (isLetter(place + 2) || isDash(place + 2) && isLetter(place + 3))
    return isBehind && isBefore
  }

  private func isSpace(_ range: Range<Int>) -> Bool {
    scalars[range].allSatisfy { PythonText.isSpace($0.value) }
  }

  private static func isBlank(_ scalar: UnicodeScalar) -> Bool {
    scalar == " " || (0x09...0x0D).contains(scalar.value)
  }

  private static func isWord(_ scalar: UnicodeScalar) -> Bool {
    scalar == "_" || PythonText.isAlphanumeric(scalar)
  }

  private static func isWordPunctuation(_ scalar: UnicodeScalar) -> Bool {
    isWord(scalar) || "!\"'&.,?".unicodeScalars.contains(scalar)
  }
}
