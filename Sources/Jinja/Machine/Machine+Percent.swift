/// Python's `%` of a text.
extension Machine {
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

  func formatted(_ value: Value, percent kind: UInt8, _ specification: inout Specification)
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
