/// Values as JSON: Python's `json.dumps`.
extension Machine {
  struct JSONStyle {
    var isASCII = false
    var indent: [UInt8]?
    var item: [UInt8] = Array(", ".utf8)
    var key: [UInt8] = Array(": ".utf8)
    var isSorted = false
  }

  /// `json.dumps(value, …)`.
  func json(_ value: Value, _ style: JSONStyle) throws(Raise) -> Value {
    let author = author(value)
    var writer = Writer(heap, author)
    try write(json: value, style, &writer, author, depth: 0)
    return writer.finish()
  }

  private func newline(_ style: JSONStyle, _ depth: Int, _ writer: inout Writer) throws(Raise) {
    guard let indent = style.indent else { return }
    try charge(depth, times: indent.count / 16 + 1)
    writer.put(0x0A)
    for _ in 0..<depth { writer.put(indent) }
  }

  func write(
    json value: Value, _ style: JSONStyle, _ writer: inout Writer, _ outer: Origin, depth: Int
  ) throws(Raise) {
    guard depth < Self.maximumNesting else {
      throw raise("maximum recursion depth exceeded while encoding a JSON object", .tooLarge)
    }
    // A list that holds another twice, and so on, is small in memory and endless in print.
    try charge(8 + (style.item.count + style.key.count) / 16)
    let author = author(value, within: outer)
    writer.by(author)
    switch value.tag {
    case .none: writer.put("null")
    case .bool: writer.put(value.bool ? "true" : "false")
    case .int: writer.put(String(value.int))
    case .big: writer.put(try digits(of: heap.bigs[Int(value.bits)]))
    case .float: writer.put(jsonNumber(value.float))
    case .string:
      writer.by(heap.origin(of: value).derived)
      try write(jsonString: value, style, &writer)
    case .list, .tuple:
      guard value.count > 0 else { return writer.put("[]") }
      writer.put("[")
      for index in value.range {
        if index > value.start { writer.put(style.item) }
        try newline(style, depth + 1, &writer)
        try write(json: heap.items[index], style, &writer, author, depth: depth + 1)
        writer.by(author)
      }
      try newline(style, depth, &writer)
      writer.put("]")
    case .dictionary:
      guard value.count > 0 else { return writer.put("{}") }
      var order = Array(value.range)
      if style.isSorted { order = try sorted(order) { heap.entries[$0].key } }
      writer.put("{")
      for (place, index) in order.enumerated() {
        if place > 0 { writer.put(style.item) }
        try newline(style, depth + 1, &writer)
        let entry = heap.entries[index]
        switch entry.key.tag {
        case .string: try write(jsonString: entry.key, style, &writer)
        case .none, .bool, .int, .big, .float:
          writer.put("\"")
          switch entry.key.tag {
          case .none: writer.put("null")
          case .bool: writer.put(entry.key.bool ? "true" : "false")
          case .float: writer.put(jsonNumber(entry.key.float))
          default: writer.put(try digits(of: integer(entry.key)))
          }
          writer.put("\"")
        default:
          throw raise("keys must be str, int, float, bool or None, not \(typeName(entry.key))")
        }
        writer.put(style.key)
        try write(json: entry.value, style, &writer, author, depth: depth + 1)
        writer.by(author)
      }
      try newline(style, depth, &writer)
      writer.put("}")
    default: throw raise("Object of type \(typeName(value)) is not JSON serializable")
    }
  }

  private func jsonNumber(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    return FloatText.representation(value)
  }

  func write(jsonString value: Value, _ style: JSONStyle, _ writer: inout Writer)
    throws(Raise)
  {
    try charge(value, times: 6)
    writer.put(UInt8(ascii: "\""))
    for piece in value.range {
      let piece = heap.pieces[piece]
      writer.by(piece.origin.derived)
      var index = piece.range.lowerBound
      var clean = index
      let end = piece.range.upperBound
      while index < end {
        let byte = heap.bytes[index]
        guard
          byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            || byte >= 0x7F && style.isASCII
        else {
          index += 1
          continue
        }
        writer.put(clean..<index)
        switch byte {
        case UInt8(ascii: "\""): writer.put("\\\"")
        case UInt8(ascii: "\\"): writer.put("\\\\")
        case 0x0A: writer.put("\\n")
        case 0x0D: writer.put("\\r")
        case 0x09: writer.put("\\t")
        case 0x0C: writer.put("\\f")
        case 0x08: writer.put("\\b")
        default:
          let length = PythonText.length(byte)
          var scalar = UInt32(byte)
          if length > 1 {
            scalar &= 0x7F >> UInt32(length)
            for step in 1..<length where index + step < end {
              scalar = scalar << 6 | UInt32(heap.bytes[index + step] & 0x3F)
            }
          }
          if scalar > 0xFFFF {
            let pair = scalar - 0x10000
            writer.put("\\u")
            write(hexadecimal: 0xD800 + pair >> 10, count: 4, &writer)
            scalar = 0xDC00 + pair & 0x3FF
          }
          writer.put("\\u")
          write(hexadecimal: scalar, count: 4, &writer)
          index = min(index + length - 1, end - 1)
        }
        index += 1
        clean = index
      }
      writer.put(clean..<end)
    }
    writer.put(UInt8(ascii: "\""))
  }
}
