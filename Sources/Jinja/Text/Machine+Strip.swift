/// What is taken off the ends of a text: the rest keeps its authors.
extension Machine {
  enum Side { case both, left, right }

  /// Whether a text begins and ends with a visible ASCII character: there is nothing to strip.
  @inline(__always)
  private func isBounded(_ text: Value) -> Bool {
    guard text.count > 0, text.extra > 0 else { return true }
    let (first, last) = (heap.pieces[text.start], heap.pieces[text.start + text.count - 1])
    guard first.count > 0, last.count > 0 else { return false }
    let visible: ClosedRange<UInt8> = 0x21...0x7E
    return visible.contains(heap.bytes[first.range.lowerBound])
      && visible.contains(heap.bytes[last.range.upperBound - 1])
  }

  /// `strip`, with white space or a set of characters.
  func strip(_ text: Value, _ characters: Value?, _ side: Side) throws(Raise) -> Value {
    if characters == nil, isBounded(text) { return text }
    try charge(text)
    if let characters {
      try charge(Int(text.extra) >> 4, times: Int(characters.extra))
      try charge(characters)
    }
    let mark = heap.bytes.count
    let set = characters.map { StrippedCharacters(heap.bytes(of: $0)) } ?? .space
    let kept: Range<Int> = unsafe heap.bytes.withElements(heap.flat(text)) { bytes in
      func code(_ start: Int) -> UInt32 {
        let lead = unsafe bytes[start]
        let length = PythonText.length(lead)
        guard length > 1, start + length <= bytes.count else { return UInt32(lead) }
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for step in 1..<length { value = unsafe value << 6 | UInt32(bytes[start + step] & 0x3F) }
        return value
      }
      var (start, end) = (0, bytes.count)
      if side != .right {
        while start < end, set.contains(code(start)) {
          unsafe start += PythonText.length(bytes[start])
        }
      }
      if side != .left {
        while end > start {
          var place = end - 1
          while place > start, unsafe bytes[place] & 0xC0 == 0x80 { place -= 1 }
          guard set.contains(code(place)) else { break }
          end = place
        }
      }
      return min(start, end)..<end
    }
    heap.bytes.truncate(to: mark)
    return heap.slice(text, kept)
  }
}

/// What `strip` takes off: white space, or the characters of a text.
private struct StrippedCharacters {
  /// The ASCII characters.
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  private var others: [UInt32] = []
  private var hasSpaces = false

  static let space: StrippedCharacters = {
    var set = StrippedCharacters([])
    set.hasSpaces = true
    for code in UInt32(0)..<128 where PythonText.isSpace(code) { set.insert(code) }
    return set
  }()

  init(_ text: [UInt8]) {
    var index = 0
    while index < text.count {
      insert(PythonText.code(text, index))
      index = PythonText.scalarEnd(text, index)
    }
  }

  private mutating func insert(_ code: UInt32) {
    switch code {
    case ..<64: low |= 1 << UInt64(code)
    case ..<128: high |= 1 << UInt64(code - 64)
    default: others.append(code)
    }
  }

  @inline(__always)
  func contains(_ code: UInt32) -> Bool {
    if code < 64 { return low >> UInt64(code) & 1 != 0 }
    if code < 128 { return high >> UInt64(code - 64) & 1 != 0 }
    return hasSpaces ? PythonText.isSpace(code) : others.contains(code)
  }
}
