/// Texts cut, joined and filled up: what only moves bytes keeps their authors.
extension Machine {
  /// Pieces of a text, for ranges in order: O(pieces + ranges) together.
  struct Cutter {
    let heap: ValueHeap
    let text: Value
    private var piece: Int
    /// Where `piece` starts in the text.
    private var start = 0

    init(_ heap: ValueHeap, _ text: Value) {
      self.heap = heap
      self.text = text
      piece = text.start
    }

    /// Adds the pieces of a range to the heap. No range may start before the one before it.
    mutating func put(_ range: Range<Int>) {
      guard !range.isEmpty else { return }
      while start + Int(heap.pieces[piece].count) <= range.lowerBound {
        start += Int(heap.pieces[piece].count)
        piece += 1
      }
      var (index, position) = (piece, start)
      while position < range.upperBound {
        let known = heap.pieces[index]
        let lower = max(position, range.lowerBound)
        let upper = min(position + Int(known.count), range.upperBound)
        if lower < upper {
          heap.pieces.append(
            Piece(
              offset: known.offset + UInt32(lower - position), count: UInt32(upper - lower),
              origin: known.origin))
        }
        position += Int(known.count)
        index += 1
      }
    }

    /// The text of a range.
    mutating func cut(_ range: Range<Int>) -> Value {
      let first = heap.pieces.count
      put(range)
      return heap.string(piecesFrom: first, flag: text.flag)
    }
  }

  func cut(_ text: Value, _ ranges: [Range<Int>]) throws(Raise) -> [Value] {
    try charge(text.count + 2 * ranges.count)
    var cutter = Cutter(heap, text)
    var parts: [Value] = []
    parts.reserveCapacity(ranges.count)
    for range in ranges { parts.append(cutter.cut(range)) }
    return parts
  }

  func replace(_ text: Value, _ old: Value, _ new: Value, count: Int) throws(Raise) -> Value {
    let limit = count < 0 ? Int.max : count
    guard limit > 0 else { return text }
    var places: [Int]
    if old.extra == 0 {
      try charge(Int(text.extra))
      places = (try characterOffsets(text) ?? Array(0..<Int(text.extra))) + [Int(text.extra)]
      if limit < places.count { places.removeLast(places.count - limit) }
    } else {
      places = try self.places(of: old, in: text, limit: limit)
      if places.isEmpty { return text }
    }
    try charge(text.count + places.count)
    try charge(places.count, times: new.count)
    let first = heap.pieces.count
    var cutter = Cutter(heap, text)
    var position = 0
    for place in places {
      cutter.put(position..<place)
      heap.pieces.append(from: new.range)
      position = place + Int(old.extra)
    }
    cutter.put(position..<Int(text.extra))
    return heap.string(piecesFrom: first, flag: text.flag)
  }

  func list(_ values: [Value], _ tag: Value.Tag = .list) -> Value {
    let start = heap.items.count
    // An empty list is no other one; the empty tuple is.
    if values.isEmpty, tag == .list {
      heap.items.append(.none)
      return Value(tag, start: start, count: 0)
    }
    for value in values { heap.items.append(value) }
    return Value(tag, start: start, count: values.count)
  }

  func split(_ text: Value, _ separator: Value?, limit: Int, fromRight: Bool) throws(Raise) -> Value
  {
    let limit = limit < 0 ? Int.max : limit
    let length = Int(text.extra)
    var parts: [Range<Int>] = []
    if let separator {
      guard separator.extra > 0 else { throw raise("empty separator") }
      let width = Int(separator.extra)
      let places = try self.places(of: separator, in: text, limit: limit, fromRight: fromRight)
      var start = 0
      for place in places {
        parts.append(start..<place)
        start = place + width
      }
      parts.append(start..<length)
      return list(try cut(text, parts))
    }
    let bytes = try bytes(of: text)
    func isSpace(_ index: Int) -> Bool { PythonText.isSpace(PythonText.code(bytes, index)) }
    if fromRight {
      var end = length
      while true {
        end = PythonText.trimEnd(bytes, 0..<end)
        guard end > 0 else { break }
        if parts.count == limit {
          parts.append(0..<end)
          break
        }
        var start = end
        while start > 0 {
          var place = start - 1
          while place > 0, bytes[place] & 0xC0 == 0x80 { place -= 1 }
          if isSpace(place) { break }
          start = place
        }
        parts.append(start..<end)
        end = start
      }
      parts.reverse()
      return list(try cut(text, parts))
    }
    var position = 0
    while true {
      position = PythonText.trimStart(bytes, position..<length)
      guard position < length else { break }
      if parts.count == limit {
        parts.append(position..<length)
        break
      }
      var end = position
      while end < length, !isSpace(end) { end = PythonText.scalarEnd(bytes, end) }
      parts.append(position..<end)
      position = end
    }
    return list(try cut(text, parts))
  }

  func lines(_ text: Value, keepEnds: Bool) throws(Raise) -> [Value] {
    let bytes = try bytes(of: text)
    var lines: [Range<Int>] = []
    var start = 0
    var index = 0
    while index < bytes.count {
      let end = PythonText.scalarEnd(bytes, index)
      guard PythonText.isLineEnd(PythonText.code(bytes, index)) else {
        index = end
        continue
      }
      let next = bytes[index] == 0x0D && end < bytes.count && bytes[end] == 0x0A ? end + 1 : end
      lines.append(start..<(keepEnds ? next : index))
      start = next
      index = next
    }
    if start < bytes.count { lines.append(start..<bytes.count) }
    return try cut(text, lines)
  }

  /// Texts one after the other.
  func concatenated(_ texts: [Value]) throws(Raise) -> Value {
    var count = 0
    for text in texts { count += text.count }
    try charge(count)
    let start = heap.pieces.count
    for text in texts { heap.pieces.append(from: text.range) }
    return heap.string(piecesFrom: start)
  }

  /// The texts of items with a separator between them.
  func joined(_ items: Range<Int>, with separator: Value) throws(Raise) -> Value {
    try charge(items.count)
    var texts: [Value] = []
    texts.reserveCapacity(items.count)
    var count = 0
    for index in items {
      let text = try text(heap.items[index])
      count += text.count
      texts.append(text)
    }
    try charge(count)
    try charge(max(0, items.count - 1), times: separator.count)
    let start = heap.pieces.count
    for (index, text) in texts.enumerated() {
      if index > 0 { heap.pieces.append(from: separator.range) }
      heap.pieces.append(from: text.range)
    }
    return heap.string(piecesFrom: start)
  }

  /// A text filled up to a width; `left` says how much of what is missing goes before it.
  func padded(_ text: Value, width: Int, fill: Value?, left: (Int) -> Int) throws(Raise) -> Value {
    let (missing, isOver) = width.subtractingReportingOverflow(try characterCount(text))
    guard !isOver, missing > 0 else { return text }
    let before = left(missing)
    let fill = fill ?? heap.string(" ")
    try charge(text.count)
    try charge(missing, times: 1)
    let (bytes, origin) = (heap.bytes(of: fill), heap.origin(of: fill))
    func run(_ count: Int) -> Value {
      let start = heap.bytes.count
      for _ in 0..<count { for byte in bytes { heap.bytes.append(byte) } }
      return heap.string(start..<heap.bytes.count, origin)
    }
    let (head, tail) = (run(before), run(missing - before))
    var result = try concatenated([head, text, tail])
    result.flag = text.flag
    return result
  }
}
