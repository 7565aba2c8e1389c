/// Values as a format specification shows them.
extension Machine {
  func formatted(_ value: Value, _ text: [UInt8]) throws(Raise) -> Value {
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

  func aligned(
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

  func number(_ value: Value, _ specification: Specification) throws(Raise) -> Value {
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
}
