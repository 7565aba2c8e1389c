import Problems

/// What stands between `{{` and `}}`: operators, numbers, names and strings.
extension TemplateLexer {
  mutating func expression(isVariable: Bool, opened: Int) throws(Problem) {
    var open: [UInt8] = []
    while position < bytes.count {
      if open.isEmpty {
        if isVariable {
          if has("-}}", at: position) {
            add(.variableEnd, position, [])
            return finish(skipSpace(position + 3))
          }
          if has("}}", at: position) {
            add(.variableEnd, position, [])
            return finish(position + 2)
          }
        } else if let end = blockEnd(position) {
          add(.blockEnd, position, [])
          return finish(end)
        }
      }
      let afterSpace = skipSpace(position)
      if afterSpace > position {
        position = afterSpace
        continue
      }
      if try number() { continue }
      if try word() { continue }
      if try string() { continue }
      try operation(&open)
    }
  }

  private mutating func operation(_ open: inout [UInt8]) throws(Problem) {
    let start = position
    let first = byte(start)
    let second = byte(start + 1)
    let isPair =
      switch (first, second) {
      case (UInt8(ascii: "/"), UInt8(ascii: "/")), (UInt8(ascii: "*"), UInt8(ascii: "*")),
        (UInt8(ascii: "="), UInt8(ascii: "=")), (UInt8(ascii: "!"), UInt8(ascii: "=")),
        (UInt8(ascii: ">"), UInt8(ascii: "=")), (UInt8(ascii: "<"), UInt8(ascii: "=")):
        true
      default: false
      }
    guard isPair || "+-/*%~[](){}><=.:|,;".utf8.contains(first) else {
      let end = PythonText.scalarEnd(bytes, start)
      throw source.error(
        "unexpected char '\(String(decoding: bytes[start..<end], as: UTF8.self))'", at: start)
    }
    if !isPair {
      switch first {
      case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
      case UInt8(ascii: "("): open.append(UInt8(ascii: ")"))
      case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
      case UInt8(ascii: "}"), UInt8(ascii: ")"), UInt8(ascii: "]"):
        let shown = Character(UnicodeScalar(first))
        guard let expected = open.popLast() else {
          throw source.error("unexpected '\(shown)'", at: start)
        }
        guard expected == first else {
          throw source.error(
            "unexpected '\(shown)', expected '\(Character(UnicodeScalar(expected)))'", at: start)
        }
      default: break
      }
    }
    position += isPair ? 2 : 1
    add(.op, start, Array(bytes[start..<position]))
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// `(_?D)*` from `index`; the end.
  private func digits(_ index: Int, _ isDigit: (UInt8) -> Bool) -> Int {
    var index = index
    while true {
      if isDigit(byte(index)) {
        index += 1
      } else if byte(index) == UInt8(ascii: "_"), isDigit(byte(index + 1)) {
        index += 2
      } else {
        return index
      }
    }
  }

  mutating func number() throws(Problem) -> Bool {
    let start = position
    guard Self.isDigit(byte(start)) else { return false }
    let whole = digits(start, Self.isDigit)
    // A float: a fraction, an exponent or both; not right after a point (`a.0.1`).
    if start == 0 || byte(start - 1) != UInt8(ascii: ".") {
      var end = whole
      if byte(end) == UInt8(ascii: "."), Self.isDigit(byte(end + 1)) {
        end = digits(end + 1, Self.isDigit)
      }
      if byte(end) | 0x20 == UInt8(ascii: "e") {
        var exponent = end + 1
        if byte(exponent) == UInt8(ascii: "+") || byte(exponent) == UInt8(ascii: "-") {
          exponent += 1
        }
        if Self.isDigit(byte(exponent)) { end = digits(exponent, Self.isDigit) }
      }
      if end > whole {
        let text = bytes[start..<end].filter { $0 != UInt8(ascii: "_") }
        var token = TemplateToken(kind: .float, offset: start, text: text)
        token.float = Double(String(decoding: text, as: UTF8.self)) ?? .infinity
        tokens.append(token)
        position = end
        return true
      }
    }
    var end = start
    var radix = 10
    if byte(start) == 0x30 {
      let isHexadecimal: (UInt8) -> Bool = {
        Self.isDigit($0) || (0x61...0x66).contains($0 | 0x20)
      }
      switch byte(start + 1) | 0x20 {
      case UInt8(ascii: "b"): (radix, end) = (2, digits(start + 2) { $0 == 0x30 || $0 == 0x31 })
      case UInt8(ascii: "o"): (radix, end) = (8, digits(start + 2) { (0x30...0x37).contains($0) })
      case UInt8(ascii: "x"): (radix, end) = (16, digits(start + 2, isHexadecimal))
      default: break
      }
      if end <= start + 2 { (radix, end) = (10, digits(start) { $0 == 0x30 }) }
    } else {
      end = whole
    }
    let text = bytes[(radix == 10 ? start : start + 2)..<end].filter { $0 != UInt8(ascii: "_") }
    var token = TemplateToken(kind: .integer, offset: start, text: text)
    switch PythonNumber.integer(text, base: radix) {
    case .value(let value): token.integer = value
    case .digits(let digits, _, _):
      guard digits.count <= 4300 else {
        throw source.error("an integer of more than 4300 digits is not supported", at: start)
      }
      token.big = BigInteger(digits: digits, radix: radix)
    case .invalid: throw source.error("expected an integer", at: start)
    }
    tokens.append(token)
    position = end
    return true
  }

  mutating func word() throws(Problem) -> Bool {
    let start = position
    var end = start
    while end < bytes.count {
      let byte = bytes[end]
      if byte < 0x80 {
        guard
          Self.isDigit(byte) || byte == UInt8(ascii: "_")
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        else { break }
        end += 1
      } else {
        let next = PythonText.scalarEnd(bytes, end)
        let properties = PythonText.scalar(bytes, end).properties
        guard properties.isXIDContinue || properties.numericType != nil else { break }
        end = next
      }
    }
    guard end > start else { return false }
    let first = PythonText.scalar(bytes, start)
    guard first == "_" || first.properties.isXIDStart else {
      throw source.error("Invalid character in identifier", at: start)
    }
    add(.name, start, Array(bytes[start..<end]))
    position = end
    return true
  }

  mutating func string() throws(Problem) -> Bool {
    let quote = byte(position)
    guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return false }
    var end = position + 1
    while end < bytes.count, bytes[end] != quote {
      end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard end < bytes.count else {
      throw source.error(
        "unexpected char '\(Character(UnicodeScalar(quote)))'", at: position,
        remedy: "the string has no end")
    }
    add(.string, position, try unescape(position + 1..<end))
    position = end + 1
    return true
  }

  /// Python's `unicode-escape`.
  private func unescape(_ range: Range<Int>) throws(Problem) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(range.count)
    var index = range.lowerBound
    func hexadecimal(_ count: Int) throws(Problem) -> UInt32 {
      var value: UInt32 = 0
      for step in 0..<count {
        let place = index + 2 + step
        guard place < range.upperBound,
          let digit = Character(UnicodeScalar(bytes[place])).hexDigitValue
        else {
          throw source.error(
            "truncated \\\(Character(UnicodeScalar(byte(index + 1))))-escape", at: index)
        }
        value = value << 4 | UInt32(digit)
      }
      return value
    }
    func append(_ value: UInt32) throws(Problem) {
      guard let scalar = UnicodeScalar(value) else {
        throw source.error("an escape that is not a character", at: index)
      }
      text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
    while index < range.upperBound {
      guard bytes[index] == UInt8(ascii: "\\"), index + 1 < range.upperBound else {
        text.append(bytes[index])
        index += 1
        continue
      }
      let escape = bytes[index + 1]
      switch escape {
      case 0x0A: index += 2
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""):
        text.append(escape)
        index += 2
      case UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
        UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "v"):
        let controls: [UInt8: UInt8] = [
          0x61: 0x07, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09, 0x76: 0x0B,
        ]
        text.append(controls[escape] ?? escape)
        index += 2
      case UInt8(ascii: "x"):
        try append(try hexadecimal(2))
        index += 4
      case UInt8(ascii: "u"):
        try append(try hexadecimal(4))
        index += 6
      case UInt8(ascii: "U"):
        try append(try hexadecimal(8))
        index += 10
      case UInt8(ascii: "N"):
        throw source.error(
          "a \\N{…} escape is not supported", at: index, remedy: "write the character")
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        var value: UInt32 = 0
        var end = index + 1
        while end < min(index + 4, range.upperBound), (0x30...0x37).contains(bytes[end]) {
          value = value << 3 | UInt32(bytes[end] & 7)
          end += 1
        }
        try append(value)
        index = end
      default:
        text.append(UInt8(ascii: "\\"))
        index += 1
      }
    }
    return text
  }
}
