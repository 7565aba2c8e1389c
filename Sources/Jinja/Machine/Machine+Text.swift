/// Values as text: Python's `str` and `repr`, and HTML's escapes.
extension Machine {
  /// `str(value)`.
  func text(_ value: Value) throws(Raise) -> Value {
    switch value.tag {
    case .string: return value
    case .undefined, .missing: return Value(.string, start: 0, count: 0)
    default: return try representation(value)
    }
  }

  /// Writes into pieces; text of one author is gathered before it becomes a piece.
  struct Writer {
    let heap: ValueHeap
    let firstPiece: Int
    private var start: Int
    private var origin: Origin

    init(_ heap: ValueHeap, _ origin: Origin) {
      self.heap = heap
      firstPiece = heap.pieces.count
      start = heap.bytes.count
      self.origin = origin
    }

    mutating func by(_ author: Origin) {
      guard author != origin else { return }
      flush()
      origin = author
    }

    mutating func put(_ byte: UInt8) { heap.bytes.append(byte) }

    mutating func put(_ text: StaticString) {
      unsafe heap.bytes.append(
        contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ text: String) {
      for byte in text.utf8 { heap.bytes.append(byte) }
    }

    mutating func put(_ bytes: Range<Int>) { heap.bytes.append(from: bytes) }

    mutating func flush() {
      let end = heap.bytes.count
      if end > start {
        heap.pieces.append(
          Piece(
            offset: UInt32(truncatingIfNeeded: start),
            count: UInt32(truncatingIfNeeded: end - start),
            origin: origin))
      }
      start = end
    }

    mutating func finish() -> Value {
      flush()
      return heap.string(piecesFrom: firstPiece)
    }
  }

  /// Who writes the text of a value that is not a string.
  func author(_ value: Value, within outer: Origin = .template) -> Origin {
    if value.extra > 0, !value.isString { return Origin(.derived, author: value.extra) }
    return outer
  }

  /// `repr(value)`.
  func representation(_ value: Value) throws(Raise) -> Value {
    var writer = Writer(heap, author(value))
    try write(value, &writer, author(value), depth: 0)
    return writer.finish()
  }

  func write(_ value: Value, _ writer: inout Writer, _ outer: Origin, depth: Int)
    throws(Raise)
  {
    guard depth < 900 else {
      throw raise("maximum recursion depth exceeded while getting the repr of an object")
    }
    // A list that holds another twice, and so on, is small in memory and endless in print.
    if depth > 0 { try step() }
    let author = author(value, within: outer)
    writer.by(author)
    switch value.tag {
    case .none: writer.put("None")
    case .bool: writer.put(value.bool ? "True" : "False")
    case .int: writer.put(String(value.int))
    case .unsigned: writer.put(String(value.bits))
    case .float: writer.put(FloatText.representation(value.float))
    case .string:
      writer.by(heap.origin(of: value).derived)
      if value.isMarkup { writer.put("Markup(") }
      write(quoted: value, &writer)
      if value.isMarkup { writer.put(")") }
      writer.by(outer)
    case .undefined, .missing: writer.put("Undefined")
    case .list:
      try write(row: value.range, "[", "]", &writer, author, depth)
    case .tuple:
      try write(row: value.range, "(", value.count == 1 ? ",)" : ")", &writer, author, depth)
    case .range:
      let first = value.count > 0 ? heap.items[value.start].int : 0
      let step = value.count > 1 ? heap.items[value.start + 1].int - first : 1
      writer.put("range(\(first), \(first + step * value.count)" + (step == 1 ? ")" : ", \(step))"))
    case .dictionary: try write(members: value.range, &writer, author, depth)
    case .keysView, .valuesView, .itemsView:
      writer.put(typeName(value))
      try write(row: try iterate(value), "([", "])", &writer, author, depth)
    case .namespace:
      let state = heap.objects[Int(value.bits)]
      writer.put("<Namespace ")
      try write(members: state.start..<state.start + state.count, &writer, author, depth)
      writer.put(">")
    case .loop:
      let state = heap.objects[Int(value.bits)]
      writer.put("<LoopContext \(state.index + 1)/\(state.count)>")
    case .macro:
      writer.put(
        "<Macro '\(String(decoding: program.functions[value.start].name, as: UTF8.self))'>")
    case .iterator, .builtin, .method, .cycler, .joiner:
      throw raise("a \(typeName(value)) cannot be printed: its text is an address in memory")
    }
  }

  func write(
    row: Range<Int>, _ open: StaticString, _ close: StaticString, _ writer: inout Writer,
    _ author: Origin,
    _ depth: Int
  ) throws(Raise) {
    writer.put(open)
    for index in row {
      if index > row.lowerBound { writer.put(", ") }
      try write(heap.items[index], &writer, author, depth: depth + 1)
      writer.by(author)
    }
    writer.put(close)
  }

  func write(members: Range<Int>, _ writer: inout Writer, _ author: Origin, _ depth: Int)
    throws(Raise)
  {
    writer.put("{")
    for index in members {
      if index > members.lowerBound { writer.put(", ") }
      let entry = heap.entries[index]
      try write(entry.key, &writer, author, depth: depth + 1)
      writer.by(author)
      writer.put(": ")
      try write(entry.value, &writer, author, depth: depth + 1)
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
  func write(quoted value: Value, _ writer: inout Writer) {
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
      if PythonText.isPrintable(scalar) {
        for next in index..<end { writer.put(bytes[next]) }
      } else if scalar.value <= 0xFF {
        writer.put("\\x")
        write(hexadecimal: scalar.value, count: 2, &writer)
      } else if scalar.value <= 0xFFFF {
        writer.put("\\u")
        write(hexadecimal: scalar.value, count: 4, &writer)
      } else {
        writer.put("\\U")
        write(hexadecimal: scalar.value, count: 8, &writer)
      }
      index = end
    }
    writer.put(quote)
  }

  /// MarkupSafe's `escape`.
  func escape(_ value: Value) -> Value {
    if value.isMarkup { return value }
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
}

extension PythonText {
  /// `str.isprintable` of one character.
  static func isPrintable(_ scalar: UnicodeScalar) -> Bool {
    if scalar == " " { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator,
      .spaceSeparator:
      return false
    default: return true
    }
  }
}
