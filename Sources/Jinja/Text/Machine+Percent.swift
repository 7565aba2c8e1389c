/// Python's `%` of a text.
extension Machine {
  /// The values of a `%` operation, taken one after the other.
  private struct PercentArguments {
    let right: Value
    var next = 0

    /// Whether `%(name)s` may look into it; then nothing need be taken.
    var isMapping: Bool {
      switch right.tag {
      case .dictionary, .list, .range, .undefined, .missing: true
      default: false
      }
    }

    mutating func take(_ machine: Machine) throws(Raise) -> Value {
      guard next < (right.tag == .tuple ? right.count : 1) else {
        throw machine.raise("not enough arguments for format string")
      }
      next += 1
      return right.tag == .tuple ? machine.heap.items[right.start + next - 1] : right
    }

    var hasMore: Bool { next < (right.tag == .tuple ? right.count : 1) }
  }

  func format(_ text: Value, percent right: Value) throws(Raise) -> Value {
    let bytes = try bytes(of: text)
    var parts: [Value] = []
    var cutter = Cutter(heap, text)
    var literal = 0
    var index = 0
    var passed = PercentArguments(right: right)
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "%") else {
        index += 1
        continue
      }
      try charge(4)
      parts.append(cutter.cut(literal..<index))
      index += 1
      let (field, value) = try percentField(bytes, &index, &passed, text)
      literal = index
      guard let kind = field.kind == UInt8(ascii: "%") ? nil : field.kind else {
        parts.append(heap.string("%"))
        continue
      }
      let shown: Value
      if let value { shown = value } else { shown = try passed.take(self) }
      parts.append(try formatted(shown, percent: kind, field, escapes: text.isMarkup))
    }
    parts.append(cutter.cut(literal..<bytes.count))
    if passed.hasMore, !passed.isMapping {
      throw raise("not all arguments converted during string formatting")
    }
    var result = try concatenated(parts)
    result.flag = text.flag
    return result
  }

  /// One `%…`; the value where it names one. `index` goes past it.
  private func percentField(
    _ bytes: [UInt8], _ index: inout Int, _ passed: inout PercentArguments, _ text: Value
  ) throws(Raise) -> (PercentField, Value?) {
    var field = PercentField()
    func peek(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
    var value: Value?
    if peek(index) == UInt8(ascii: "(") {
      guard passed.isMapping else { throw raise("format requires a mapping") }
      var open = 1
      var end = index + 1
      while end < bytes.count {
        if bytes[end] == UInt8(ascii: "(") { open += 1 }
        if bytes[end] == UInt8(ascii: ")") { open -= 1 }
        if open == 0 { break }
        end += 1
      }
      guard end < bytes.count else { throw raise("incomplete format key") }
      let key = heap.string(Array(bytes[index + 1..<end]))
      if passed.right.isUndefined { throw raiseUndefined(passed.right) }
      guard passed.right.tag == .dictionary else {
        throw raise("\(typeName(passed.right)) indices must be integers or slices, not str")
      }
      guard let known = try member(passed.right, key) else {
        throw raise("'\(heap.text(of: key))'")
      }
      value = heap.entries[known].value
      passed.next = 1
      index = end + 1
    }
    flags: while true {
      switch peek(index) {
      case UInt8(ascii: "-"): field.isLeft = true
      case UInt8(ascii: "+"): field.hasPlus = true
      case UInt8(ascii: " "): field.hasSpace = true
      case UInt8(ascii: "#"): field.isAlternate = true
      case UInt8(ascii: "0"): field.isZeroFilled = true
      default: break flags
      }
      index += 1
    }
    func number() throws(Raise) -> Int {
      if peek(index) == UInt8(ascii: "*") {
        index += 1
        let value = try passed.take(self)
        guard value.tag == .int || value.tag == .bool else { throw raise("* wants int") }
        return value.int
      }
      var value = 0
      while (0x30...0x39).contains(peek(index)) {
        value = value * 10 + Int(bytes[index] - 0x30)
        guard value < 1 << 40 else { throw raise("width too big", .tooLarge) }
        index += 1
      }
      return value
    }
    field.width = try number()
    if field.width < 0 {
      guard field.width > -1 << 40 else { throw raise("width too small", .tooLarge) }
      field.isLeft = true
      field.width = -field.width
    }
    if peek(index) == UInt8(ascii: ".") {
      index += 1
      field.precision = max(0, try number())
    }
    // One letter of C's lengths may stand here.
    if "hlL".utf8.contains(peek(index)) { index += 1 }
    guard index < bytes.count else { throw raise("incomplete format") }
    field.kind = bytes[index]
    index = PythonText.scalarEnd(bytes, index)
    return (field, value)
  }

  private struct PercentField {
    var isLeft = false
    var hasPlus = false
    var hasSpace = false
    var isAlternate = false
    var isZeroFilled = false
    var width = 0
    var precision: Int?
    var kind: UInt8 = 0
  }

  private func formatted(_ value: Value, percent kind: UInt8, _ field: PercentField, escapes: Bool)
    throws(Raise) -> Value
  {
    switch kind {
    case UInt8(ascii: "s"), UInt8(ascii: "r"), UInt8(ascii: "a"):
      var shown =
        kind == UInt8(ascii: "s")
        ? try text(value)
        : kind == UInt8(ascii: "r") ? try representation(value) : try asciiRepresentation(value)
      if escapes {
        shown = kind == UInt8(ascii: "s") ? try escape(shown) : try escape(plain(shown))
      }
      if let precision = field.precision {
        shown = try slice(shown, .none, .int(precision), .none)
      }
      return try filled(plain(shown), field)
    case UInt8(ascii: "c"):
      if escapes { throw raise("%c requires int or char") }
      if value.isString {
        guard try characterCount(value) == 1 else { throw raise("%c requires int or char") }
        return try filled(plain(value), field)
      }
      guard value.tag == .int || value.tag == .bool else { throw raise("%c requires int or char") }
      guard value.int >= 0, let scalar = UnicodeScalar(UInt32(clamping: value.int)) else {
        throw raise("%c arg not in range(0x110000)")
      }
      return try filled(
        heap.string(String(scalar), author(value, within: Origin(.derived))), field)
    case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "u"), UInt8(ascii: "x"),
      UInt8(ascii: "X"), UInt8(ascii: "o"):
      return try integerField(value, kind, field)
    case UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "f"), UInt8(ascii: "F"),
      UInt8(ascii: "g"), UInt8(ascii: "G"):
      if value.isUndefined { throw raiseUndefined(value) }
      guard value.isNumber else { throw raise("must be real number, not \(typeName(value))") }
      let number = try double(value)
      guard field.precision ?? 0 <= 5000 else {
        throw raise("a precision of more than 5000 digits is not supported", .unsupported)
      }
      let digits = FloatText.formatted(
        number.magnitude, kind, precision: field.precision ?? 6, isAlternate: field.isAlternate)
      return try numberField(
        digits, isNegative: number.sign == .minus && !number.isNaN, prefix: "", field, value)
    default:
      throw raise("unsupported format character '\(Character(UnicodeScalar(kind)))'")
    }
  }

  private func filled(_ text: Value, _ field: PercentField) throws(Raise) -> Value {
    try padded(text, width: field.width, fill: nil) { field.isLeft ? 0 : $0 }
  }

  private func integerField(_ value: Value, _ kind: UInt8, _ field: PercentField) throws(Raise)
    -> Value
  {
    if value.isUndefined { throw raiseUndefined(value) }
    let radix =
      switch kind {
      case UInt8(ascii: "x"), UInt8(ascii: "X"): 16
      case UInt8(ascii: "o"): 8
      default: 10
      }
    guard value.isNumber, radix == 10 || value.tag != .float else {
      throw raise(
        "%\(Character(UnicodeScalar(kind))) format: \(radix == 10 ? "a real number" : "an integer") is required, not \(typeName(value))"
      )
    }
    var integer: BigInteger
    if value.tag == .float {
      guard value.float.isFinite else {
        throw raise("cannot convert float \(value.float.isNaN ? "NaN" : "infinity") to integer")
      }
      integer = BigInteger(truncating: value.float)
    } else {
      integer = self.integer(value)
    }
    let isNegative = integer.isNegative
    integer = integer.magnitude
    var digits = radix == 10 ? try self.digits(of: integer) : integer.text(radix: radix)
    if let precision = field.precision, precision > digits.utf8.count {
      try charge(precision)
      digits = String(repeating: "0", count: precision - digits.utf8.count) + digits
    }
    if kind == UInt8(ascii: "X") { digits = digits.uppercased() }
    let prefix =
      !field.isAlternate || radix == 10
      ? "" : radix == 8 ? "0o" : kind == UInt8(ascii: "X") ? "0X" : "0x"
    return try numberField(digits, isNegative: isNegative, prefix: prefix, field, value)
  }

  private func numberField(
    _ digits: String, isNegative: Bool, prefix: String, _ field: PercentField, _ value: Value
  ) throws(Raise) -> Value {
    let head = (isNegative ? "-" : field.hasPlus ? "+" : field.hasSpace ? " " : "") + prefix
    let missing = max(0, field.width - head.utf8.count - digits.utf8.count)
    try charge(missing)
    let zeros = field.isZeroFilled && !field.isLeft ? missing : 0
    let spaces = String(repeating: " ", count: missing - zeros)
    let shown = head + String(repeating: "0", count: zeros) + digits
    return heap.string(
      field.isLeft ? shown + spaces : spaces + shown, author(value, within: Origin(.derived)))
  }
}
