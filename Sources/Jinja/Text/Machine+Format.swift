/// `str.format`, as Python's `string.Formatter` and the sandbox of jinja2 run it.
extension Machine {
  /// Where the fields of a format string get their values.
  enum FormatSource {
    case arguments(Passed)
    case mapping(Value)
  }

  func format(_ text: Value, _ passed: Passed) throws(Raise) -> Value {
    var automatic = 0
    return try format(text, .arguments(passed), &automatic, depth: 0, escapes: text.isMarkup)
  }

  func format(_ text: Value, mapping: Value) throws(Raise) -> Value {
    var automatic = 0
    return try format(text, .mapping(mapping), &automatic, depth: 0, escapes: text.isMarkup)
  }

  private func format(
    _ text: Value, _ source: FormatSource, _ automatic: inout Int, depth: Int, escapes: Bool
  ) throws(Raise) -> Value {
    guard depth < 3 else { throw raise("Max string recursion exceeded") }
    let bytes = try bytes(of: text)
    var parts: [Value] = []
    var cutter = Cutter(heap, text)
    var literal = 0
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "}") {
        guard index + 1 < bytes.count, bytes[index + 1] == byte else {
          throw raise("Single '}' encountered in format string")
        }
        parts.append(cutter.cut(literal..<index + 1))
        index += 2
        literal = index
        continue
      }
      guard byte == UInt8(ascii: "{") else {
        index += 1
        continue
      }
      if index + 1 < bytes.count, bytes[index + 1] == byte {
        parts.append(cutter.cut(literal..<index + 1))
        index += 2
        literal = index
        continue
      }
      parts.append(cutter.cut(literal..<index))
      let field = try replacementField(bytes, &index)
      literal = index
      try charge(8)
      var value = try self.field(field.name, source, &automatic)
      switch field.conversion {
      case 0: break
      case UInt8(ascii: "s"): value = plain(try self.text(value))
      case UInt8(ascii: "r"): value = try representation(value)
      case UInt8(ascii: "a"): value = try asciiRepresentation(value)
      default: throw raise("Unknown conversion specifier")
      }
      let nested = heap.string(field.specification)
      let specification = try self.bytes(
        of: try format(nested, source, &automatic, depth: depth + 1, escapes: false))
      if escapes, value.isMarkup {
        guard specification.isEmpty else {
          throw raise("Unsupported format specification for Markup.")
        }
        parts.append(value)
      } else {
        let shown = try formatted(value, specification)
        parts.append(escapes ? try escape(plain(shown)) : shown)
      }
    }
    parts.append(cutter.cut(literal..<bytes.count))
    var result = try concatenated(parts)
    result.flag = text.flag
    return result
  }

  /// A field from its `{` on; `index` goes past its `}`.
  private func replacementField(_ bytes: [UInt8], _ index: inout Int) throws(Raise) -> (
    name: [UInt8], conversion: UInt8, specification: [UInt8]
  ) {
    let start = index + 1
    var end = start
    var open = 1
    while end < bytes.count {
      if bytes[end] == UInt8(ascii: "{") { open += 1 }
      if bytes[end] == UInt8(ascii: "}") {
        open -= 1
        if open == 0 { break }
      }
      end += 1
    }
    guard end < bytes.count else {
      throw raise(
        start == bytes.count
          ? "Single '{' encountered in format string" : "expected '}' before end of string")
    }
    index = end + 1
    let field = Array(bytes[start..<end])
    var nameEnd = 0
    var isInBrackets = false
    scan: while nameEnd < field.count {
      switch field[nameEnd] {
      case UInt8(ascii: "{"): throw raise("unexpected '{' in field name")
      case UInt8(ascii: "["): isInBrackets = true
      case UInt8(ascii: "]"): isInBrackets = false
      case UInt8(ascii: ":"), UInt8(ascii: "!"): if !isInBrackets { break scan }
      default: break
      }
      nameEnd += 1
    }
    let name = Array(field[..<nameEnd])
    var rest = field[nameEnd...]
    var conversion: UInt8 = 0
    if rest.first == UInt8(ascii: "!") {
      guard rest.count > 1 else {
        throw raise("end of string while looking for conversion specifier")
      }
      conversion = rest[nameEnd + 1]
      rest = rest.dropFirst(2)
      guard rest.isEmpty || rest.first == UInt8(ascii: ":") else {
        throw raise("expected ':' after conversion specifier")
      }
    }
    return (name, conversion, Array(rest.dropFirst()))
  }

  /// The value that a replacement field names.
  private func field(_ name: [UInt8], _ source: FormatSource, _ automatic: inout Int) throws(Raise)
    -> Value
  {
    func isNumber(_ text: some Collection<UInt8>) -> Bool {
      !text.isEmpty && text.allSatisfy { (0x30...0x39).contains($0) }
    }
    var name = name
    if name.isEmpty {
      guard automatic >= 0 else {
        throw raise("cannot switch from manual field specification to automatic field numbering")
      }
      name = Array(String(automatic).utf8)
      automatic += 1
    } else if isNumber(name) {
      guard automatic <= 0 else {
        throw raise("cannot switch from manual field specification to automatic field numbering")
      }
      automatic = -1
    }
    let firstEnd =
      name.firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") } ?? name.count
    let first = Array(name[..<firstEnd])
    var value: Value
    if isNumber(first) {
      guard let number = Int(String(decoding: first, as: UTF8.self)) else {
        throw raise("Too many decimal digits in format string")
      }
      guard case .arguments(let passed) = source, number < passed.positional.count else {
        throw raise("Replacement index \(number) out of range for positional args tuple")
      }
      value = arguments[passed.positional.lowerBound + number]
    } else {
      value = try variable(heap.string(first), source)
    }
    var rest = name[firstEnd...]
    while let opening = rest.first {
      rest = rest.dropFirst()
      if opening == UInt8(ascii: ".") {
        let end =
          rest.firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") } ?? rest.endIndex
        guard end > rest.startIndex else { throw raise("Empty attribute in format string") }
        value = try attribute(value, named(heap.string(Array(rest[..<end]))))
        rest = rest[end...]
      } else {
        guard opening == UInt8(ascii: "[") else {
          throw raise("Only '.' or '[' may follow ']' in format field specifier")
        }
        guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else {
          throw raise("Missing ']' in format string")
        }
        guard end > rest.startIndex else { throw raise("Empty attribute in format string") }
        let key = rest[..<end]
        let number = isNumber(key) ? Int(String(decoding: key, as: UTF8.self)) : nil
        value = try item(value, number.map { .int($0) } ?? named(heap.string(Array(key))))
        rest = rest[(end + 1)...]
      }
    }
    return value
  }

  private func variable(_ name: Value, _ source: FormatSource) throws(Raise) -> Value {
    switch source {
    case .arguments(let passed):
      if let found = passed.keywords.first(where: { heap.isEqual(keywords[$0].key, name) }) {
        return keywords[found].value
      }
    case .mapping(let mapping):
      if mapping.isUndefined { throw raiseUndefined(mapping) }
      guard mapping.tag == .dictionary else {
        throw raise("'\(typeName(mapping))' object is not a mapping")
      }
      if let found = try member(mapping, name) { return heap.entries[found].value }
    }
    throw raise("'\(heap.text(of: name))'")
  }
}
