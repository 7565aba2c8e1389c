/// Texts cut, joined and filled up: what only moves bytes keeps their authors.
extension Machine {
  func replace(_ text: Value, _ old: Value, _ new: Value, count: Int) -> Value {
    var left = count < 0 ? Int.max : count
    guard left > 0 else { return text }
    let start = heap.pieces.count
    var pieces: [Value] = []
    if old.extra == 0 {
      let offsets = (characterOffsets(text) ?? Array(0..<Int(text.extra))) + [Int(text.extra)]
      for (index, offset) in offsets.enumerated() {
        if left > 0 {
          pieces.append(new)
          left -= 1
        }
        if index + 1 < offsets.count {
          pieces.append(heap.slice(text, offset..<offsets[index + 1]))
        }
      }
    } else {
      var position = 0
      while left > 0, let found = find(old, in: text, from: position) {
        pieces.append(heap.slice(text, position..<found))
        pieces.append(new)
        position = found + Int(old.extra)
        left -= 1
      }
      if pieces.isEmpty { return text }
      pieces.append(heap.slice(text, position..<Int(text.extra)))
    }
    _ = start
    let first = heap.pieces.count
    for value in pieces { heap.pieces.append(from: value.range) }
    return heap.string(piecesFrom: first, flag: text.flag)
  }

  func list(_ values: [Value], _ tag: Value.Tag = .list) -> Value {
    let start = heap.items.count
    for value in values { heap.items.append(value) }
    return Value(tag, start: start, count: values.count)
  }

  func split(_ text: Value, _ separator: Value?, limit: Int, fromRight: Bool) throws(Raise) -> Value
  {
    var parts: [Value] = []
    let length = Int(text.extra)
    if let separator {
      guard separator.extra > 0 else { throw raise("empty separator") }
      if fromRight {
        var end = length
        while limit < 0 || parts.count < limit,
          let found = findLast(separator, in: text, before: end)
        {
          parts.append(heap.slice(text, found + Int(separator.extra)..<end))
          end = found
        }
        parts.append(heap.slice(text, 0..<end))
        parts.reverse()
      } else {
        var start = 0
        while limit < 0 || parts.count < limit, let found = find(separator, in: text, from: start) {
          parts.append(heap.slice(text, start..<found))
          start = found + Int(separator.extra)
        }
        parts.append(heap.slice(text, start..<length))
      }
      return list(parts)
    }
    let bytes = heap.bytes(of: text)
    func isSpace(_ index: Int) -> Bool { PythonText.isSpace(PythonText.code(bytes, index)) }
    if fromRight {
      var end = length
      while true {
        end = PythonText.trimEnd(bytes, 0..<end)
        guard end > 0 else { break }
        if limit >= 0, parts.count == limit {
          parts.append(heap.slice(text, 0..<end))
          break
        }
        var start = end
        while start > 0 {
          var place = start - 1
          while place > 0, bytes[place] & 0xC0 == 0x80 { place -= 1 }
          if isSpace(place) { break }
          start = place
        }
        parts.append(heap.slice(text, start..<end))
        end = start
      }
      parts.reverse()
      return list(parts)
    }
    var position = 0
    while true {
      position = PythonText.trimStart(bytes, position..<length)
      guard position < length else { break }
      if limit >= 0, parts.count == limit {
        parts.append(heap.slice(text, position..<length))
        break
      }
      var end = position
      while end < length, !isSpace(end) { end = PythonText.scalarEnd(bytes, end) }
      parts.append(heap.slice(text, position..<end))
      position = end
    }
    return list(parts)
  }

  func lines(_ text: Value, keepEnds: Bool) -> [Value] {
    let bytes = heap.bytes(of: text)
    var lines: [Value] = []
    var start = 0
    var index = 0
    while index < bytes.count {
      let end = PythonText.scalarEnd(bytes, index)
      guard PythonText.isLineEnd(PythonText.code(bytes, index)) else {
        index = end
        continue
      }
      let next = bytes[index] == 0x0D && end < bytes.count && bytes[end] == 0x0A ? end + 1 : end
      lines.append(heap.slice(text, start..<(keepEnds ? next : index)))
      start = next
      index = next
    }
    if start < bytes.count { lines.append(heap.slice(text, start..<bytes.count)) }
    return lines
  }

  func joined(_ items: Range<Int>, with separator: Value) throws(Raise) -> Value {
    var texts: [Value] = []
    texts.reserveCapacity(items.count)
    for index in items { texts.append(try text(heap.items[index])) }
    let start = heap.pieces.count
    for (index, text) in texts.enumerated() {
      if index > 0 { heap.pieces.append(from: separator.range) }
      heap.pieces.append(from: text.range)
    }
    return heap.string(piecesFrom: start)
  }

  func padded(_ text: Value, width: Int, fill: Value?, left: (Int) -> Int) -> Value {
    let missing = width - characterCount(text)
    guard missing > 0, missing < 1 << 24 else { return text }
    let before = left(missing)
    let fill = fill ?? heap.string(" ")
    let start = heap.pieces.count
    for _ in 0..<before { heap.pieces.append(from: fill.range) }
    heap.pieces.append(from: text.range)
    for _ in before..<missing { heap.pieces.append(from: fill.range) }
    return heap.string(piecesFrom: start, flag: text.flag)
  }
}
