/// `str.format`.
extension Machine {
  struct Specification {
    var fill: [UInt8] = [0x20]
    var align: UInt8 = 0
    var sign: UInt8 = UInt8(ascii: "-")
    var isAlternate = false
    var width = 0
    var grouping: UInt8 = 0
    var precision: Int?
    var kind: UInt8 = 0
  }

  func format(_ text: Value, _ passed: Passed) throws(Raise) -> Value {
    var automatic = 0
    return try format(text, passed, &automatic, depth: 0)
  }

  func format(_ text: Value, _ passed: Passed, _ automatic: inout Int, depth: Int)
    throws(Raise)
    -> Value
  {
    guard depth < 3 else { throw raise("Max string recursion exceeded") }
    let bytes = heap.bytes(of: text)
    var result = Value(.string, start: 0, count: 0)
    var literal = 0
    var index = 0
    func take(_ machine: Machine, _ end: Int) {
      result = machine.heap.join(result, machine.heap.slice(text, literal..<end))
    }
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "}") {
        guard index + 1 < bytes.count, bytes[index + 1] == byte else {
          throw raise("Single '}' encountered in format string")
        }
        take(self, index + 1)
        index += 2
        literal = index
        continue
      }
      guard byte == UInt8(ascii: "{") else {
        index += 1
        continue
      }
      if index + 1 < bytes.count, bytes[index + 1] == byte {
        take(self, index + 1)
        index += 2
        literal = index
        continue
      }
      take(self, index)
      var end = index + 1
      var open = 1
      while end < bytes.count {
        if bytes[end] == UInt8(ascii: "{") { open += 1 }
        if bytes[end] == UInt8(ascii: "}") {
          open -= 1
          if open == 0 { break }
        }
        end += 1
      }
      guard end < bytes.count else { throw raise("expected '}' before end of string") }
      let field = Array(bytes[index + 1..<end])
      let nameEnd =
        field.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "!") } ?? field.count
      var value = try self.field(Array(field[..<nameEnd]), passed, &automatic)
      var rest = field[nameEnd...]
      if rest.first == UInt8(ascii: "!") {
        switch rest.dropFirst().first {
        case UInt8(ascii: "s"): value = try self.text(value)
        case UInt8(ascii: "r"), UInt8(ascii: "a"): value = try representation(value)
        default: throw raise("Unknown conversion specifier")
        }
        rest = rest.dropFirst(2)
      }
      var specification: [UInt8] = []
      if rest.first == UInt8(ascii: ":") {
        let nested = heap.string(Array(rest.dropFirst()))
        specification = heap.bytes(of: try format(nested, passed, &automatic, depth: depth + 1))
      } else if !rest.isEmpty {
        throw raise("expected ':' after conversion specifier")
      }
      result = heap.join(result, try formatted(value, specification))
      index = end + 1
      literal = index
    }
    take(self, bytes.count)
    result.flag = text.flag
    return result
  }

  /// The value that a replacement field names.
  func field(_ name: [UInt8], _ passed: Passed, _ automatic: inout Int) throws(Raise)
    -> Value
  {
    let firstEnd =
      name.firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") } ?? name.count
    let first = String(decoding: name[..<firstEnd], as: UTF8.self)
    var value: Value
    if first.isEmpty || first.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      if first.isEmpty, automatic < 0 {
        throw raise("cannot switch from manual field specification to automatic field numbering")
      }
      if !first.isEmpty {
        guard automatic <= 0 else {
          throw raise("cannot switch from automatic field numbering to manual field specification")
        }
        automatic = -1
      }
      let index = first.isEmpty ? automatic : Int(first) ?? Int.max
      if first.isEmpty { automatic += 1 }
      guard index < passed.positional.count else {
        throw raise("Replacement index \(index) out of range for positional args tuple")
      }
      value = arguments[passed.positional.lowerBound + index]
    } else {
      let key = heap.string(first)
      guard let found = passed.keywords.first(where: { heap.isEqual(keywords[$0].key, key) }) else {
        throw raise("'\(first)'")
      }
      value = keywords[found].value
    }
    var rest = name[firstEnd...]
    while let opening = rest.first {
      rest = rest.dropFirst()
      if opening == UInt8(ascii: ".") {
        let end =
          rest.firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") } ?? rest.endIndex
        value = try attribute(value, named(heap.string(Array(rest[..<end]))))
        rest = rest[end...]
      } else {
        guard opening == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")) else {
          throw raise("Only '.' or '[' may follow ']' in format field specifier")
        }
        let key = String(decoding: rest[..<end], as: UTF8.self)
        value = try item(value, Int(key).map { .int($0) } ?? heap.string(key))
        rest = rest[(end + 1)...]
      }
    }
    return value
  }

  func parse(_ text: [UInt8]) throws(Raise) -> Specification {
    var specification = Specification()
    var index = 0
    func isAlign(_ byte: UInt8) -> Bool { "<>=^".utf8.contains(byte) }
    if !text.isEmpty {
      let end = PythonText.scalarEnd(text, 0)
      if end < text.count, isAlign(text[end]) {
        specification.fill = Array(text[0..<end])
        specification.align = text[end]
        index = end + 1
      } else if isAlign(text[0]) {
        specification.align = text[0]
        index = 1
      }
    }
    func peek() -> UInt8 { index < text.count ? text[index] : 0 }
    func number() -> Int? {
      var value: Int?
      while (0x30...0x39).contains(peek()) {
        value = min((value ?? 0) * 10 + Int(text[index] - 0x30), 1 << 24)
        index += 1
      }
      return value
    }
    if "+- ".utf8.contains(peek()) {
      specification.sign = peek()
      index += 1
    }
    if peek() == UInt8(ascii: "#") {
      specification.isAlternate = true
      index += 1
    }
    if peek() == UInt8(ascii: "0") {
      if specification.align == 0 {
        specification.fill = [0x30]
        specification.align = UInt8(ascii: "=")
      }
      index += 1
    }
    specification.width = number() ?? 0
    if peek() == UInt8(ascii: ",") || peek() == UInt8(ascii: "_") {
      specification.grouping = peek()
      index += 1
    }
    if peek() == UInt8(ascii: ".") {
      index += 1
      guard let precision = number() else { throw raise("Format specifier missing precision") }
      specification.precision = precision
    }
    specification.kind = peek()
    if specification.kind != 0 { index += 1 }
    guard index == text.count else { throw raise("Invalid format specifier") }
    return specification
  }
}
