/// Values as a format specification shows them: Python's `format(value, specification)`.
extension Machine {
  func formatted(_ value: Value, _ text: [UInt8]) throws(Raise) -> Value {
    if text.isEmpty { return try self.text(value) }
    guard value.isString || value.isNumber else {
      throw raise("unsupported format string passed to \(typeName(value)).__format__")
    }
    let specification: FormatSpecification
    do throws(FormatSpecification.Mistake) {
      specification = try FormatSpecification(text, isText: value.isString)
    } catch {
      throw raise(error.rawValue)
    }
    return value.isString
      ? try textField(value, specification) : try number(value, specification)
  }

  private func unknownCode(_ kind: UInt8, _ type: String) -> Raise {
    raise(
      "Unknown format code '\(Character(UnicodeScalar(kind)))' for object of type '\(type)'")
  }

  private func textField(_ value: Value, _ specification: FormatSpecification) throws(Raise)
    -> Value
  {
    guard specification.kind == 0 || specification.kind == UInt8(ascii: "s") else {
      throw unknownCode(specification.kind, "str")
    }
    guard specification.sign == 0 else {
      throw raise("Sign not allowed in string format specifier")
    }
    guard !specification.coercesZero, !specification.isAlternate else {
      throw raise("Alternate form (#) not allowed in string format specifier")
    }
    guard specification.align != UInt8(ascii: "=") else {
      throw raise("'=' alignment not allowed in string format specifier")
    }
    guard specification.grouping == 0 else { throw raise("Cannot specify ',' with 's'.") }
    var shown = plain(value)
    if let precision = specification.precision, try precision < characterCount(value) {
      shown = try slice(shown, .none, .int(precision), .none)
    }
    return try aligned(shown, specification, standard: UInt8(ascii: "<"))
  }

  /// A text in its field. With `=` the fill goes behind the first `signLength` bytes.
  func aligned(
    _ value: Value, _ specification: FormatSpecification, standard: UInt8, signLength: Int = 0
  ) throws(Raise) -> Value {
    let fill = heap.string(specification.fill)
    let align = specification.align == 0 ? standard : specification.align
    if align == UInt8(ascii: "=") {
      let sign = heap.slice(value, 0..<signLength)
      let rest = heap.slice(value, signLength..<Int(value.extra))
      let padded = try padded(rest, width: specification.width - signLength, fill: fill) { $0 }
      return try concatenated([sign, padded])
    }
    return try padded(value, width: specification.width, fill: fill) { missing in
      align == UInt8(ascii: "<") ? 0 : align == UInt8(ascii: ">") ? missing : missing / 2
    }
  }

  func number(_ value: Value, _ specification: FormatSpecification) throws(Raise) -> Value {
    let parts =
      value.tag == .float || "eEfFgG%".utf8.contains(specification.kind)
      ? try floatParts(value, specification) : try integerParts(value, specification)
    var whole = parts.whole
    let sign =
      parts.isNegative
      ? "-"
      : specification.sign == 0 || specification.sign == UInt8(ascii: "-")
        ? "" : String(UnicodeScalar(specification.sign))
    let head = sign + parts.prefix
    if specification.grouping != 0, whole.allSatisfy({ $0.isHexDigit }), !whole.isEmpty {
      let isFilled = specification.fill == [0x30] && specification.align == UInt8(ascii: "=")
      try charge(max(0, isFilled ? specification.width : 0))
      whole = grouped(
        whole, parts.groupSize, specification.grouping,
        minimum: isFilled
          ? specification.width - head.utf8.count - parts.rest.utf8.count : 0)
    }
    let shown = heap.string(head + whole + parts.rest, author(value, within: Origin(.derived)))
    return try aligned(
      shown, specification, standard: UInt8(ascii: ">"), signLength: head.utf8.count)
  }

  private struct NumberParts {
    var isNegative: Bool
    /// `0x` and the like.
    var prefix = ""
    /// The digits before the point, or `inf`.
    var whole: String
    var rest = ""
    var groupSize = 3
  }

  private func floatParts(_ value: Value, _ specification: FormatSpecification) throws(Raise)
    -> NumberParts
  {
    let kind = specification.kind
    guard kind == 0 || "eEfFgG%n".utf8.contains(kind) else { throw unknownCode(kind, "float") }
    if kind == UInt8(ascii: "n"), specification.grouping != 0 {
      throw raise("Cannot specify ',' with 'n'.")
    }
    if let precision = specification.precision, precision > 5000 {
      throw raise("a precision of more than 5000 digits is not supported", .unsupported)
    }
    var number = try double(value)
    var isNegative = number.sign == .minus && !number.isNaN
    number = number.magnitude
    var digits: String
    switch kind {
    case UInt8(ascii: "%"):
      digits = FloatText.formatted(
        number * 100, UInt8(ascii: "f"), precision: specification.precision ?? 6,
        isAlternate: specification.isAlternate)
    case 0:
      if let precision = specification.precision {
        digits = FloatText.general(
          number, precision: precision, isAlternate: specification.isAlternate)
      } else {
        digits = FloatText.representation(number)
        if specification.isAlternate, digits.contains("e"), !digits.contains(".") {
          digits = digits.split(separator: "e").joined(separator: ".e")
        }
      }
    default:
      digits = FloatText.formatted(
        number, kind == UInt8(ascii: "n") ? UInt8(ascii: "g") : kind,
        precision: specification.precision ?? 6, isAlternate: specification.isAlternate)
    }
    if kind == UInt8(ascii: "%") { digits += "%" }
    if specification.coercesZero, isNegative,
      !digits.prefix(while: { $0 != "e" && $0 != "E" }).contains(where: { ("1"..."9").contains($0) }
      ),
      number.isFinite
    {
      isNegative = false
    }
    let whole = String(digits.prefix { $0.isNumber })
    return NumberParts(
      isNegative: isNegative, whole: whole, rest: String(digits.dropFirst(whole.count)))
  }

  private func integerParts(_ value: Value, _ specification: FormatSpecification) throws(Raise)
    -> NumberParts
  {
    let kind = specification.kind
    guard specification.precision == nil else {
      throw raise("Precision not allowed in integer format specifier")
    }
    guard !specification.coercesZero else {
      throw raise("Negative zero coercion (z) not allowed in format specifier with integer")
    }
    let integer = integer(value)
    var parts = NumberParts(isNegative: integer.isNegative, whole: "")
    func digits(_ radix: Int) -> String { integer.magnitude.text(radix: radix) }
    func radix(_ radix: Int, _ prefix: String) {
      parts.whole = digits(radix)
      parts.groupSize = 4
      if specification.isAlternate { parts.prefix = prefix }
    }
    switch kind {
    case 0, UInt8(ascii: "d"), UInt8(ascii: "n"):
      parts.whole = try self.digits(of: integer.magnitude)
    case UInt8(ascii: "x"): radix(16, "0x")
    case UInt8(ascii: "X"):
      radix(16, "0X")
      parts.whole = parts.whole.uppercased()
    case UInt8(ascii: "o"): radix(8, "0o")
    case UInt8(ascii: "b"): radix(2, "0b")
    case UInt8(ascii: "c"):
      guard specification.sign == 0 else {
        throw raise("Sign not allowed with integer format specifier 'c'")
      }
      guard !specification.isAlternate else {
        throw raise("Alternate form (#) not allowed with integer format specifier 'c'")
      }
      guard let code = integer.int, let scalar = UnicodeScalar(UInt32(clamping: code)), code >= 0
      else { throw raise("%c arg not in range(0x110000)") }
      parts.isNegative = false
      parts.rest = String(scalar)
    default: throw unknownCode(kind, "int")
    }
    if specification.grouping != 0 {
      let isComma = specification.grouping == UInt8(ascii: ",")
      guard kind == 0 || kind == UInt8(ascii: "d") || !isComma && "xXob".utf8.contains(kind) else {
        throw raise("Cannot specify ',' with '\(Character(UnicodeScalar(kind)))'.")
      }
    }
    return parts
  }

  /// Digits with a mark between groups, zeros before them up to a least width.
  private func grouped(_ digits: String, _ size: Int, _ mark: UInt8, minimum: Int) -> String {
    let digits = Array(digits.utf8)
    var groups: [UInt8] = []
    var remaining = digits.count
    var minimum = minimum
    while true {
      let length = min(size, max(remaining, minimum, 1))
      let taken = max(0, min(remaining, length))
      if !groups.isEmpty { groups.append(mark) }
      groups.append(contentsOf: digits[remaining - taken..<remaining].reversed())
      groups.append(contentsOf: Array(repeating: 0x30, count: length - taken))
      remaining -= taken
      minimum -= length
      if remaining <= 0, minimum <= 0 { break }
      minimum -= 1
    }
    return String(decoding: groups.reversed(), as: UTF8.self)
  }
}
