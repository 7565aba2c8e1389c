/// Filters over texts.
extension Machine {
  /// jinja2's `title`: a word starts after white space, `-` or an opening bracket.
  func title(_ text: Value) throws(Raise) -> Value {
    let bytes = heap.bytes(of: text)
    var result = Value(.string, start: 0, count: 0)
    var start = 0
    func isBreak(_ index: Int) -> Bool {
      "-({[<".utf8.contains(bytes[index]) || PythonText.isSpace(PythonText.code(bytes, index))
    }
    while start < bytes.count {
      var end = start
      let isSeparator = isBreak(start)
      while end < bytes.count, isBreak(end) == isSeparator {
        end = PythonText.scalarEnd(bytes, end)
      }
      let first = PythonText.scalarEnd(bytes, start)
      if isSeparator {
        result = heap.join(result, heap.slice(text, start..<end))
      } else {
        result = heap.join(result, changeCase(heap.slice(text, start..<first), .upper))
        result = heap.join(result, changeCase(heap.slice(text, first..<end), .lower))
      }
      start = end
    }
    result.flag = text.flag
    return result
  }

  func indent(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    let width: Value =
      values[0].isString
      ? values[0]
      : heap.string(
        String(repeating: " ", count: min(max(0, try integer(values[0], 4)), 1 << 16)))
    guard value.isString else {
      if value.isUndefined { throw raiseUndefined(value) }
      throw raise("unsupported operand type(s) for +=: '\(typeName(value))' and 'str'")
    }
    let newline = heap.string("\n")
    let lines = lines(heap.join(value, newline), keepEnds: false)
    let isBlank = try isTrue(values[2])
    var result = Value(.string, start: 0, count: 0)
    for (index, line) in lines.enumerated() {
      if index > 0 {
        result = heap.join(result, newline)
        if isBlank || line.extra > 0 { result = heap.join(result, width) }
      }
      result = heap.join(result, line)
    }
    if try isTrue(values[1]) { result = heap.join(width, result) }
    result.flag = value.flag
    return result
  }

  func truncate(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, ["length", "killwords", "end", "leeway"], of: "the filter 'truncate'")
    if value.isUndefined { return value }
    let length = try integer(values[0], 255)
    let end = values[2].tag == .missing ? heap.string("...") : try text(values[2])
    let leeway = values[3].tag == .none ? 5 : try integer(values[3], 5)
    let endLength = characterCount(end)
    guard length >= endLength else { throw raise("expected length >= \(endLength), got \(length)") }
    guard leeway >= 0 else { throw raise("expected leeway >= 0, got \(leeway)") }
    if try self.length(value) <= length &+ leeway { return value }
    guard value.isString else { throw raise("a \(typeName(value)) cannot be cut to a length") }
    let cut = try slice(value, .none, .int(length - endLength), .none)
    if try isTrue(values[1]) { return heap.join(cut, end) }
    let words = try split(cut, heap.string(" "), limit: 1, fromRight: true)
    return heap.join(heap.items[words.start], end)
  }

  func urlEncoded(_ value: Value) throws(Raise) -> Value {
    func quoted(_ value: Value, forQuery: Bool) throws(Raise) -> Value {
      let text = try text(value)
      var writer = Writer(heap, heap.origin(of: text).derived)
      for byte in heap.bytes(of: text) {
        let isPlain =
          (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
          || "_.-~".utf8.contains(byte)
        if isPlain || byte == UInt8(ascii: "/") && !forQuery {
          writer.put(byte)
        } else if byte == 0x20, forQuery {
          writer.put("+")
        } else {
          let digits = Array("0123456789ABCDEF".utf8)
          writer.put("%")
          writer.put(digits[Int(byte >> 4)])
          writer.put(digits[Int(byte & 15)])
        }
      }
      return writer.finish()
    }
    switch value.tag {
    case .string, .none, .bool, .int, .unsigned, .float: return try quoted(value, forQuery: false)
    default: break
    }
    let items = try iterate(value.tag == .dictionary ? Value(.itemsView, bits: value.bits) : value)
    var result = Value(.string, start: 0, count: 0)
    for (place, index) in items.enumerated() {
      let pair = try iterate(heap.items[index])
      guard pair.count == 2 else {
        throw raise("not enough values to unpack (expected 2, got \(pair.count))")
      }
      if place > 0 { result = heap.join(result, heap.string("&")) }
      let key = try quoted(heap.items[pair.lowerBound], forQuery: true)
      let item = try quoted(heap.items[pair.lowerBound + 1], forQuery: true)
      result = heap.join(heap.join(heap.join(result, key), heap.string("=")), item)
    }
    return result
  }
}
