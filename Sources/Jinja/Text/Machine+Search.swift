/// Where texts stand in texts, in bytes.
extension Machine {
  /// Where a text first stands between two places of another. O(n + m).
  func find(_ needle: Value, in text: Value, from start: Int, to end: Int) throws(Raise) -> Int? {
    let length = Int(needle.extra)
    guard length > 0 else { return start <= end ? start : nil }
    guard start + length <= end else { return nil }
    try charge(text)
    try charge(needle)
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    let (haystack, pattern) = (heap.flat(text), heap.flat(needle))
    return heap.bytes.find(
      pattern, in: haystack.lowerBound + start..<haystack.lowerBound + end
    ).map { $0 - haystack.lowerBound }
  }

  /// Where a text last stands between two places of another. O(n + m).
  func findLast(_ needle: Value, in text: Value, from start: Int, before end: Int) throws(Raise)
    -> Int?
  {
    let length = Int(needle.extra)
    guard length > 0 else { return start <= end ? end : nil }
    guard start + length <= end else { return nil }
    // The first place in the text read backwards.
    try charge(text, times: 4)
    try charge(needle, times: 4)
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    func backwards(_ range: Range<Int>) -> Range<Int> {
      let first = heap.bytes.count
      for index in range.reversed() { heap.bytes.append(heap.bytes[index]) }
      return first..<heap.bytes.count
    }
    let whole = heap.flat(text)
    let haystack = backwards(whole.lowerBound + start..<whole.lowerBound + end)
    let pattern = backwards(heap.flat(needle))
    return heap.bytes.find(pattern, in: haystack).map {
      end - ($0 - haystack.lowerBound) - length
    }
  }

  /// Every place of a text that is not empty in another, without overlaps, in order; `limit` of them, taken
  /// from the left or from the right. O(n + m).
  func places(of needle: Value, in text: Value, limit: Int = .max, fromRight: Bool = false)
    throws(Raise) -> [Int]
  {
    let (length, total) = (Int(needle.extra), Int(text.extra))
    guard length > 0, length <= total, limit > 0 else { return [] }
    try charge(text, times: fromRight ? 4 : 1)
    try charge(needle, times: fromRight ? 4 : 1)
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    // From the right is from the left in the text read backwards.
    func directed(_ range: Range<Int>) -> Range<Int> {
      guard fromRight else { return range }
      let first = heap.bytes.count
      for index in range.reversed() { heap.bytes.append(heap.bytes[index]) }
      return first..<heap.bytes.count
    }
    let haystack = directed(heap.flat(text))
    let pattern = directed(heap.flat(needle))
    var places: [Int] = []
    var position = haystack.lowerBound
    while places.count < limit, position + length <= haystack.upperBound,
      let found = heap.bytes.find(pattern, in: position..<haystack.upperBound)
    {
      try charge(4 + (length >> 6))
      let place = found - haystack.lowerBound
      places.append(fromRight ? total - place - length : place)
      position = found + length
    }
    return fromRight ? places.reversed() : places
  }

  func hasPrefix(_ text: Value, _ prefix: Value) throws(Raise) -> Bool {
    try holds(prefix, in: text, at: 0)
  }

  func hasSuffix(_ text: Value, _ suffix: Value) throws(Raise) -> Bool {
    try holds(suffix, in: text, at: Int(text.extra) - Int(suffix.extra))
  }

  private func holds(_ part: Value, in text: Value, at start: Int) throws(Raise) -> Bool {
    guard part.extra <= text.extra else { return false }
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    let (whole, other) = (try flat(text), try flat(part))
    try charge(Int(part.extra) >> 4)
    return heap.bytes.isEqual(
      whole.lowerBound + start, other.lowerBound, count: Int(part.extra))
  }

  /// The characters of a text.
  func scalars(of text: Value) throws(Raise) -> [UnicodeScalar] {
    try charge(text, times: 24)
    return Array(heap.text(of: text).unicodeScalars)
  }
}
