/// `str.format` and the `%` operator.
extension Machine {
  private struct Specification {
    var fill: [UInt8] = [0x20]
    var align: UInt8 = 0
    var sign: UInt8 = UInt8(ascii: "-")
    var isAlternate = false
    var width = 0
    var grouping: UInt8 = 0
    var precision: Int?
    var kind: UInt8 = 0
  }

  // MARK: str.format

  func format(_ text: Value, _ passed: Passed) throws(Raise) -> Value {
    var automatic = 0
    return try format(text, passed, &automatic, depth: 0)
  }

  private func format(_ text: Value, _ passed: Passed, _ automatic: inout Int, depth: Int)
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
  private func field(_ name: [UInt8], _ passed: Passed, _ automatic: inout Int) throws(Raise)
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

  private func parse(_ text: [UInt8]) throws(Raise) -> Specification {
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

  private func formatted(_ value: Value, _ text: [UInt8]) throws(Raise) -> Value {
    if text.isEmpty { return try self.text(value) }
    let specification = try parse(text)
    switch value.tag {
    case .string:
      guard specification.kind == 0 || specification.kind == UInt8(ascii: "s") else {
        throw raise(
          "Unknown format code '\(Character(UnicodeScalar(specification.kind)))' for object of type 'str'"
        )
      }
      guard specification.align != UInt8(ascii: "="), specification.grouping == 0 else {
        throw raise("'=' alignment not allowed in string format specifier")
      }
      var shown = value
      if let precision = specification.precision, precision < characterCount(value) {
        shown = try slice(value, .none, .int(precision), .none)
      }
      return aligned(shown, specification, standard: UInt8(ascii: "<"), signLength: 0)
    case .int, .bool, .unsigned, .float: return try number(value, specification)
    default:
      throw raise("unsupported format string passed to \(typeName(value)).__format__")
    }
  }

  private func aligned(
    _ value: Value, _ specification: Specification, standard: UInt8, signLength: Int
  )
    -> Value
  {
    let fill = heap.string(specification.fill)
    let align = specification.align == 0 ? standard : specification.align
    if align == UInt8(ascii: "=") {
      let sign = heap.slice(value, 0..<signLength)
      let rest = heap.slice(value, signLength..<Int(value.extra))
      let padded = padded(rest, width: specification.width - signLength, fill: fill) { $0 }
      return heap.join(sign, padded)
    }
    return padded(value, width: specification.width, fill: fill) { missing in
      align == UInt8(ascii: "<") ? 0 : align == UInt8(ascii: ">") ? missing : missing / 2
    }
  }

  private func number(_ value: Value, _ specification: Specification) throws(Raise) -> Value {
    let kind = specification.kind
    var digits: String
    var isNegative = false
    let isFloatKind = "eEfFgG%".utf8.contains(kind)
    if value.tag == .float || isFloatKind {
      var double =
        value.tag == .float
        ? value.float : value.tag == .unsigned ? Double(value.bits) : Double(value.int)
      guard kind == 0 || isFloatKind else {
        throw raise(
          "Unknown format code '\(Character(UnicodeScalar(kind)))' for object of type 'float'")
      }
      isNegative = double.sign == .minus && !double.isNaN
      double = double.magnitude
      if kind == UInt8(ascii: "%") {
        digits =
          FloatText.formatted(
            double * 100, UInt8(ascii: "f"), precision: specification.precision ?? 6) + "%"
      } else if kind == 0, specification.precision == nil {
        digits = FloatText.representation(double)
      } else {
        digits = FloatText.formatted(
          double, kind == 0 ? UInt8(ascii: "g") : kind, precision: specification.precision ?? 6,
          isAlternate: specification.isAlternate)
        if kind == 0, !digits.contains("."), !digits.contains("e"), !digits.contains("n") {
          digits += ".0"
        }
      }
    } else {
      guard specification.precision == nil else {
        throw raise("Precision not allowed in integer format specifier")
      }
      let magnitude = value.tag == .unsigned ? UInt(value.bits) : value.int.magnitude
      isNegative = value.tag != .unsigned && value.int < 0
      switch kind {
      case 0, UInt8(ascii: "d"), UInt8(ascii: "n"): digits = String(magnitude)
      case UInt8(ascii: "x"):
        digits = (specification.isAlternate ? "0x" : "") + String(magnitude, radix: 16)
      case UInt8(ascii: "X"):
        digits =
          (specification.isAlternate ? "0X" : "") + String(magnitude, radix: 16, uppercase: true)
      case UInt8(ascii: "o"):
        digits = (specification.isAlternate ? "0o" : "") + String(magnitude, radix: 8)
      case UInt8(ascii: "b"):
        digits = (specification.isAlternate ? "0b" : "") + String(magnitude, radix: 2)
      case UInt8(ascii: "c"):
        guard let scalar = UnicodeScalar(UInt32(clamping: magnitude)) else {
          throw raise("%c arg not in range(0x110000)")
        }
        digits = String(scalar)
      default:
        throw raise(
          "Unknown format code '\(Character(UnicodeScalar(kind)))' for object of type 'int'")
      }
    }
    if specification.grouping != 0 {
      let whole = digits.prefix { $0.isNumber }
      var grouped = ""
      for (index, digit) in whole.enumerated() {
        if index > 0, (whole.count - index) % 3 == 0 {
          grouped.append(Character(UnicodeScalar(specification.grouping)))
        }
        grouped.append(digit)
      }
      digits = grouped + digits.dropFirst(whole.count)
    }
    let sign =
      isNegative
      ? "-"
      : specification.sign == UInt8(ascii: "-") ? "" : String(UnicodeScalar(specification.sign))
    var shown = heap.string(sign + digits, author(value, within: Origin(.derived)))
    shown.flag = 0
    return aligned(shown, specification, standard: UInt8(ascii: ">"), signLength: sign.utf8.count)
  }

  // MARK: %

  func format(_ text: Value, percent right: Value) throws(Raise) -> Value {
    let bytes = heap.bytes(of: text)
    var result = Value(.string, start: 0, count: 0)
    var literal = 0
    var index = 0
    var next = 0
    let isMapping = right.tag == .dictionary
    func argument() throws(Raise) -> Value {
      if right.tag == .tuple {
        guard next < right.count else { throw raise("not enough arguments for format string") }
        next += 1
        return heap.items[right.start + next - 1]
      }
      guard next == 0 else { throw raise("not enough arguments for format string") }
      next = 1
      return right
    }
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "%") else {
        index += 1
        continue
      }
      result = heap.join(result, heap.slice(text, literal..<index))
      index += 1
      func peek() -> UInt8 { index < bytes.count ? bytes[index] : 0 }
      var keyed: Value?
      if peek() == UInt8(ascii: "(") {
        guard isMapping else { throw raise("format requires a mapping") }
        guard let end = bytes[index...].firstIndex(of: UInt8(ascii: ")")) else {
          throw raise("incomplete format key")
        }
        let key = heap.slice(text, index + 1..<end)
        guard let known = try member(right, key) else { throw raise("'\(heap.text(of: key))'") }
        keyed = heap.entries[known].value
        index = end + 1
      }
      var specification = Specification()
      specification.align = UInt8(ascii: ">")
      flags: while true {
        switch peek() {
        case UInt8(ascii: "-"): specification.align = UInt8(ascii: "<")
        case UInt8(ascii: "+"): specification.sign = UInt8(ascii: "+")
        case UInt8(ascii: " "):
          if specification.sign == UInt8(ascii: "-") { specification.sign = UInt8(ascii: " ") }
        case UInt8(ascii: "#"): specification.isAlternate = true
        case UInt8(ascii: "0"): specification.fill = [0x30]
        default: break flags
        }
        index += 1
      }
      func number() throws(Raise) -> Int {
        if peek() == UInt8(ascii: "*") {
          index += 1
          let value = try argument()
          guard value.tag == .int else { throw raise("* wants int") }
          return min(max(value.int, 0), 1 << 24)
        }
        var value = 0
        while (0x30...0x39).contains(peek()) {
          value = min(value * 10 + Int(bytes[index] - 0x30), 1 << 24)
          index += 1
        }
        return value
      }
      specification.width = try number()
      if peek() == UInt8(ascii: ".") {
        index += 1
        specification.precision = try number()
      }
      while "hlL".utf8.contains(peek()) { index += 1 }
      let kind = peek()
      guard kind != 0 else { throw raise("incomplete format") }
      index += 1
      literal = index
      if kind == UInt8(ascii: "%") {
        result = heap.join(result, heap.string("%"))
        continue
      }
      let value: Value
      if let keyed { value = keyed } else { value = try argument() }
      result = heap.join(result, try formatted(value, percent: kind, &specification))
    }
    result = heap.join(result, heap.slice(text, literal..<bytes.count))
    if right.tag == .tuple ? next < right.count : next == 0 && !isMapping && right.tag != .list {
      throw raise("not all arguments converted during string formatting")
    }
    result.flag = text.flag
    return result
  }

  private func formatted(_ value: Value, percent kind: UInt8, _ specification: inout Specification)
    throws(Raise) -> Value
  {
    let isLeft = specification.align == UInt8(ascii: "<")
    switch kind {
    case UInt8(ascii: "s"), UInt8(ascii: "r"), UInt8(ascii: "a"):
      var shown = kind == UInt8(ascii: "s") ? try text(value) : try representation(value)
      if let precision = specification.precision {
        shown = try slice(shown, .none, .int(precision), .none)
      }
      specification.fill = [0x20]
      return aligned(shown, specification, standard: UInt8(ascii: ">"), signLength: 0)
    case UInt8(ascii: "c"):
      guard value.isString, characterCount(value) == 1 else {
        guard value.tag == .int, let scalar = UnicodeScalar(UInt32(clamping: value.int)) else {
          throw raise("%c requires int or char")
        }
        return aligned(
          heap.string(String(scalar)), specification, standard: UInt8(ascii: ">"), signLength: 0)
      }
      return aligned(value, specification, standard: UInt8(ascii: ">"), signLength: 0)
    case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "u"), UInt8(ascii: "x"),
      UInt8(ascii: "X"),
      UInt8(ascii: "o"):
      if value.isUndefined { throw raiseUndefined(value) }
      let isDecimal = kind | 0x20 != UInt8(ascii: "x") && kind != UInt8(ascii: "o")
      guard value.isNumber, isDecimal || value.tag != .float else {
        throw raise(
          "%\(Character(UnicodeScalar(kind))) format: \(isDecimal ? "a real number" : "an integer") is required, not \(typeName(value))"
        )
      }
      var whole = value
      if value.tag == .float {
        guard value.float.magnitude < 9.2e18 else { throw raise("an integer does not fit 64 bits") }
        whole = .int(Int(value.float))
      } else if value.tag == .bool {
        whole = .int(value.int)
      }
      let precision = specification.precision
      specification.precision = nil
      specification.kind = isDecimal ? UInt8(ascii: "d") : kind
      if !isLeft, specification.fill == [0x30], precision == nil {
        specification.align = UInt8(ascii: "=")
      }
      if isLeft { specification.fill = [0x20] }
      if let precision {
        var inner = specification
        inner.width = precision + (whole.int < 0 || specification.sign != UInt8(ascii: "-") ? 1 : 0)
        inner.fill = [0x30]
        inner.align = UInt8(ascii: "=")
        let digits = try number(whole, inner)
        return aligned(digits, specification, standard: UInt8(ascii: ">"), signLength: 0)
      }
      return try number(whole, specification)
    case UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "f"), UInt8(ascii: "F"),
      UInt8(ascii: "g"),
      UInt8(ascii: "G"):
      if value.isUndefined { throw raiseUndefined(value) }
      guard value.isNumber else { throw raise("must be real number, not \(typeName(value))") }
      specification.kind = kind
      if !isLeft, specification.fill == [0x30] { specification.align = UInt8(ascii: "=") }
      if isLeft { specification.fill = [0x20] }
      return try number(value, specification)
    default:
      throw raise("unsupported format character '\(Character(UnicodeScalar(kind)))'")
    }
  }
}
