/// Values as text: Python's `str` and `repr`.
extension Machine {
  /// `str(value)`.
  func text(_ value: Value) throws(Raise) -> Value {
    switch value.tag {
    case .string: return value
    case .undefined, .missing: return Value(.string, start: 0, count: 0)
    default: return try representation(value)
    }
  }

  enum ReprStyle {
    case plain
    /// `pprint`'s: dictionaries by the order of their keys.
    case sorted
    /// Python's `ascii()`.
    case ascii
  }

  /// Who writes the text of a value that is not a string.
  func author(_ value: Value, within outer: Origin = .template) -> Origin {
    value.author > 0 ? Origin(.derived, author: value.author) : outer
  }

  /// `repr(value)`.
  func representation(_ value: Value, style: ReprStyle = .plain) throws(Raise) -> Value {
    var writer = Writer(heap, author(value))
    try write(value, &writer, author(value), style, depth: 0)
    return writer.finish()
  }

  private func write(
    _ value: Value, _ writer: inout Writer, _ outer: Origin, _ style: ReprStyle, depth: Int
  ) throws(Raise) {
    guard depth < Self.maximumNesting else {
      throw raise("maximum recursion depth exceeded while getting the repr of an object", .tooLarge)
    }
    // A list that holds another twice, and so on, is small in memory and endless in print.
    try charge(8)
    let author = author(value, within: outer)
    writer.by(author)
    switch value.tag {
    case .none: writer.put("None")
    case .bool: writer.put(value.bool ? "True" : "False")
    case .int: writer.put(String(value.int))
    case .big: writer.put(try digits(of: heap.bigs[Int(value.bits)]))
    case .float: writer.put(FloatText.representation(value.float))
    case .string:
      writer.by(heap.origin(of: value).derived)
      if value.isMarkup { writer.put("Markup(") }
      try write(quoted: value, isASCII: style == .ascii, &writer)
      if value.isMarkup { writer.put(")") }
      writer.by(outer)
    case .undefined, .missing: writer.put("Undefined")
    case .list: try write(row: value.range, "[", "]", &writer, author, style, depth)
    case .tuple:
      try write(
        row: value.range, "(", value.count == 1 ? ",)" : ")", &writer, author, style, depth)
    case .range:
      let range = heap.objects[Int(value.extra)]
      writer.put("range(\(range.start), \(range.count)")
      writer.put(range.index == 1 ? ")" : ", \(range.index))")
    case .dictionary: try write(members: value, &writer, author, style, depth)
    case .keysView, .valuesView, .itemsView:
      writer.put(typeName(value))
      try write(row: try iterate(value), "([", "])", &writer, author, style, depth)
    case .namespace:
      let state = heap.objects[Int(value.bits)]
      writer.put("<Namespace ")
      let members = Value(.dictionary, start: state.start, count: state.count)
      try write(members: members, &writer, author, style, depth)
      writer.put(">")
    case .loop:
      let state = heap.objects[Int(value.bits)]
      writer.put("<LoopContext \(state.index + 1)/\(state.count)>")
    case .macro:
      writer.put(
        "<Macro '\(String(decoding: program.functions[value.start].name, as: UTF8.self))'>")
    case .iterator, .builtin, .method, .cycler, .joiner, .blocks:
      throw raise(
        "a \(typeName(value)) cannot be printed: its text is an address in memory, which is not supported"
      )
    }
  }

  private func write(
    row: Range<Int>, _ open: StaticString, _ close: StaticString, _ writer: inout Writer,
    _ author: Origin, _ style: ReprStyle, _ depth: Int
  ) throws(Raise) {
    writer.put(open)
    for index in row {
      if index > row.lowerBound { writer.put(", ") }
      try write(heap.items[index], &writer, author, style, depth: depth + 1)
      writer.by(author)
    }
    writer.put(close)
  }

  private func write(
    members: Value, _ writer: inout Writer, _ author: Origin, _ style: ReprStyle, _ depth: Int
  ) throws(Raise) {
    var order = Array(members.range)
    if style == .sorted {
      do throws(Raise) {
        order = try sorted(order) { heap.entries[$0].key }
      } catch {
        throw raise("the filter 'pprint' is not supported for keys of several kinds")
      }
    }
    writer.put("{")
    for (place, index) in order.enumerated() {
      if place > 0 { writer.put(", ") }
      let entry = heap.entries[index]
      try write(entry.key, &writer, author, style, depth: depth + 1)
      writer.by(author)
      writer.put(": ")
      try write(entry.value, &writer, author, style, depth: depth + 1)
      writer.by(author)
    }
    writer.put("}")
  }

  private static let digits = Array("0123456789abcdef".utf8)

  func write(hexadecimal value: UInt32, count: Int, _ writer: inout Writer) {
    for step in (0..<count).reversed() {
      writer.put(Self.digits[Int(value >> UInt32(4 * step) & 15)])
    }
  }

  /// A string as Python's `repr` quotes it.
  private func write(quoted value: Value, isASCII: Bool, _ writer: inout Writer) throws(Raise) {
    try charge(value, times: 8)
    let bytes = heap.bytes(of: value)
    let quote =
      bytes.contains(UInt8(ascii: "'")) && !bytes.contains(UInt8(ascii: "\""))
      ? UInt8(ascii: "\"") : UInt8(ascii: "'")
    writer.put(quote)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte < 0x80 {
        switch byte {
        case quote, UInt8(ascii: "\\"):
          writer.put(UInt8(ascii: "\\"))
          writer.put(byte)
        case 0x0A: writer.put("\\n")
        case 0x0D: writer.put("\\r")
        case 0x09: writer.put("\\t")
        case 0x20..<0x7F: writer.put(byte)
        default:
          writer.put("\\x")
          write(hexadecimal: UInt32(byte), count: 2, &writer)
        }
        index += 1
        continue
      }
      let end = PythonText.scalarEnd(bytes, index)
      let scalar = PythonText.scalar(bytes, index)
      if !isASCII, PythonText.isPrintable(scalar) {
        for next in index..<end { writer.put(bytes[next]) }
      } else {
        write(escaped: scalar.value, &writer)
      }
      index = end
    }
    writer.put(quote)
  }

  private func write(escaped code: UInt32, _ writer: inout Writer) {
    let width = code <= 0xFF ? 2 : code <= 0xFFFF ? 4 : 8
    writer.put(width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U")
    write(hexadecimal: code, count: width, &writer)
  }

  /// Python's `ascii(value)`.
  func asciiRepresentation(_ value: Value) throws(Raise) -> Value {
    let shown = try representation(value, style: .ascii)
    // Names of macros and the like may hold other characters still.
    let bytes = try bytes(of: shown)
    guard bytes.contains(where: { $0 >= 0x80 }) else { return shown }
    try charge(shown, times: 5)
    var writer = Writer(heap, heap.origin(of: shown).derived)
    var index = 0
    while index < bytes.count {
      let end = PythonText.scalarEnd(bytes, index)
      if bytes[index] < 0x80 {
        writer.put(bytes[index])
      } else {
        write(escaped: PythonText.code(bytes, index), &writer)
      }
      index = end
    }
    return writer.finish()
  }
}
