/// Filters that write or read HTML.
extension Library {
  static let markupFilters: [(String, LibraryFunction)] = [
    (
      "safe",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "safe")
        var text = try machine.text(value)
        text.flag = 1
        return text
      }
    ),
    (
      "escape",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "escape")
        return try machine.escape(try machine.text(value))
      }
    ),
    (
      "e",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "e")
        return try machine.escape(try machine.text(value))
      }
    ),
    (
      "forceescape",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "forceescape")
        return try machine.escape(machine.plain(try machine.text(value)))
      }
    ),
    (
      "striptags",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "striptags")
        return try machine.withoutTags(try machine.text(value))
      }
    ),
    (
      "xmlattr",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.xmlAttributes(value, passed)
      }
    ),
  ]
}

extension Machine {
  /// MarkupSafe's `escape`.
  func escape(_ value: Value) throws(Raise) -> Value {
    if value.isMarkup { return value }
    try charge(value, times: 6)
    let start = heap.pieces.count
    for index in value.range {
      let piece = heap.pieces[index]
      let bytes = heap.bytes.copy(piece.range)
      if !bytes.contains(where: { "&<>'\"".utf8.contains($0) }) {
        heap.pieces.append(piece)
        continue
      }
      var writer = Writer(heap, piece.origin.derived)
      for byte in bytes {
        switch byte {
        case UInt8(ascii: "&"): writer.put("&amp;")
        case UInt8(ascii: "<"): writer.put("&lt;")
        case UInt8(ascii: ">"): writer.put("&gt;")
        case UInt8(ascii: "'"): writer.put("&#39;")
        case UInt8(ascii: "\""): writer.put("&#34;")
        default: writer.put(byte)
        }
      }
      writer.flush()
    }
    return heap.string(piecesFrom: start, flag: 1)
  }

  /// MarkupSafe's `striptags`: without tags and comments, white space as single spaces, entities as characters.
  func withoutTags(_ text: Value) throws(Raise) -> Value {
    let source = try bytes(of: text)
    func find(_ wanted: String, _ start: Int) -> Int? {
      let wanted = Array(wanted.utf8)
      var index = start
      while index + wanted.count <= source.count {
        if source[index..<index + wanted.count].elementsEqual(wanted) { return index }
        index += 1
      }
      return nil
    }
    var kept: [UInt8] = []
    var position = 0
    while let start = find("<", position) {
      let isComment = source[start...].starts(with: Array("<!--".utf8))
      let end = isComment ? find("-->", start + 4).map { $0 + 3 } : find(">", start).map { $0 + 1 }
      guard let end else { break }
      kept += source[position..<start]
      position = end
    }
    kept += source[position...]
    let words = try split(
      heap.string(kept, heap.origin(of: text).derived), nil, limit: -1, fromRight: false)
    let joined = try joined(words.range, with: heap.string(" "))
    return try unescaped(joined)
  }

  /// Python's `html.unescape`, for the entities that `escape` writes and numbers of plain characters.
  private func unescaped(_ text: Value) throws(Raise) -> Value {
    let source = try bytes(of: text)
    guard source.contains(UInt8(ascii: "&")) else { return text }
    let known: [(String, UInt8)] = [
      ("amp;", 0x26), ("lt;", 0x3C), ("gt;", 0x3E), ("quot;", 0x22), ("#39;", 0x27),
      ("#34;", 0x22),
    ]
    var result: [UInt8] = []
    var index = 0
    while index < source.count {
      guard source[index] == UInt8(ascii: "&"), index + 1 < source.count,
        source[index + 1] == UInt8(ascii: "#") || (0x61...0x7A).contains(source[index + 1] | 0x20)
      else {
        result.append(source[index])
        index += 1
        continue
      }
      let rest = source[(index + 1)...]
      guard let (name, byte) = known.first(where: { rest.starts(with: Array($0.0.utf8)) }) else {
        throw raise(
          "the filter 'striptags' is not supported for other entities than &amp; &lt; &gt; &quot;")
      }
      result.append(byte)
      index += name.utf8.count + 1
    }
    return heap.string(result, heap.origin(of: text).derived)
  }

  func xmlAttributes(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let autospace = try bind(passed, ["autospace"], of: "the filter 'xmlattr'")[0]
    if value.isUndefined { throw raiseUndefined(value) }
    guard value.tag == .dictionary else {
      throw raise("'\(typeName(value))' object has no attribute 'items'")
    }
    var parts: [Value] = []
    try charge(value.count)
    for index in value.range {
      let entry = heap.entries[index]
      if entry.value.tag == .none || entry.value.isUndefined { continue }
      guard entry.key.isString else { throw raise("expected string or bytes-like object") }
      let key = try bytes(of: entry.key)
      guard !key.contains(where: { (0x09...0x0D).contains($0) || " />=".utf8.contains($0) }) else {
        throw raise("Invalid character in attribute name: '\(heap.text(of: entry.key))'")
      }
      if !parts.isEmpty || autospace.tag == .missing {
        parts.append(heap.string(" "))
      } else if try truth(autospace) {
        parts.append(heap.string(" "))
      }
      parts.append(try escape(entry.key))
      parts.append(heap.string("=\""))
      parts.append(try escape(try text(entry.value)))
      parts.append(heap.string("\""))
    }
    return try concatenated(parts)
  }
}
