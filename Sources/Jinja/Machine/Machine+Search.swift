/// Where texts stand in texts.
extension Machine {
  /// Where a text stands in another, as a byte offset. O(n + m).
  func find(_ needle: Value, in text: Value, from start: Int, to limit: Int? = nil) -> Int? {
    let length = Int(needle.extra)
    let end = limit ?? Int(text.extra)
    guard length > 0 else { return start <= end ? start : nil }
    guard start + length <= end else { return nil }
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    let (haystack, pattern) = (heap.flat(text), heap.flat(needle))
    return heap.bytes.find(
      pattern, in: haystack.lowerBound + start..<haystack.lowerBound + end
    ).map { $0 - haystack.lowerBound }
  }

  func findLast(_ needle: Value, in text: Value, before end: Int) -> Int? {
    let length = Int(needle.extra)
    guard length <= end else { return nil }
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    let (haystack, pattern) = (heap.flat(text), heap.flat(needle))
    return unsafe heap.bytes.withElements(0..<heap.bytes.count) { bytes in
      var place = end - length
      while place >= 0 {
        var step = 0
        while step < length,
          unsafe bytes[haystack.lowerBound + place + step] == bytes[pattern.lowerBound + step]
        { step += 1 }
        if step == length { return place }
        place -= 1
      }
      return nil
    }
  }

  func hasPrefix(_ text: Value, _ prefix: Value) -> Bool { holds(prefix, in: text, at: 0) }

  func hasSuffix(_ text: Value, _ suffix: Value) -> Bool {
    holds(suffix, in: text, at: Int(text.extra) - Int(suffix.extra))
  }

  func holds(_ part: Value, in text: Value, at start: Int) -> Bool {
    guard part.extra <= text.extra else { return false }
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    let (whole, other) = (heap.flat(text), heap.flat(part))
    return heap.bytes.isEqual(
      whole.lowerBound + start, other.lowerBound, count: Int(part.extra))
  }
}
