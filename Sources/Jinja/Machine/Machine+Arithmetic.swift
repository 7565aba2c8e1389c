/// Sums and numbers.
extension Machine {
  func sum(_ range: Range<Int>) throws(Raise) -> Value {
    if arePlainStrings(range) { return heap.join(arguments, range) }
    var result = arguments[range.lowerBound]
    for index in range.dropFirst() { result = try add(result, arguments[index]) }
    return result
  }

  /// Whether arguments are strings that are not marked as safe HTML.
  @inline(__always)
  func arePlainStrings(_ range: Range<Int>) -> Bool {
    for index in range where !arguments[index].isString || arguments[index].flag != 0 {
      return false
    }
    return true
  }

  @inline(__always)
  func add(_ left: Value, _ right: Value) throws(Raise) -> Value {
    if left.isString, right.isString, left.flag | right.flag == 0 { return heap.join(left, right) }
    return try addOthers(left, right)
  }

  private func addOthers(_ left: Value, _ right: Value) throws(Raise) -> Value {
    if left.isString, right.isString {
      var joined = heap.join(
        left.isMarkup ? left : escape(left), right.isMarkup ? right : escape(right))
      joined.flag = 1
      return joined
    }
    switch (left.tag, right.tag) {
    case (.list, .list), (.tuple, .tuple):
      if left.count == 0 { return right }
      if right.count == 0 { return left }
      var start = left.start
      if left.range.upperBound != heap.items.count || left.range.overlaps(right.range) {
        start = heap.items.count
        heap.items.append(from: left.range)
      }
      heap.items.append(from: right.range)
      return Value(left.tag, start: start, count: left.count + right.count)
    default: return try arithmetic(.add, left, right)
    }
  }

  private static func sign(_ operation: BinaryOperator) -> String {
    switch operation {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .floorDivide: "//"
    case .remainder: "%"
    case .power: "** or pow()"
    }
  }

  func overflow() -> Raise { raise("an integer does not fit 64 bits") }

  private func zero(_ text: String) -> Raise { raise(text) }

  func number(_ value: Value) -> Double {
    switch value.tag {
    case .float: value.float
    case .unsigned: Double(value.bits)
    default: Double(value.int)
    }
  }

  func arithmetic(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(Raise) -> Value
  {
    if left.isUndefined { throw raiseUndefined(left) }
    if operation == .remainder, left.isString { return try format(left, percent: right) }
    if right.isUndefined { throw raiseUndefined(right) }
    if operation == .multiply {
      if left.isString || left.tag == .list || left.tag == .tuple {
        return try repeated(left, right)
      }
      if right.isString || right.tag == .list || right.tag == .tuple {
        return try repeated(right, left)
      }
    }
    guard left.isNumber, right.isNumber else {
      if operation == .add, left.isString {
        throw raise("can only concatenate str (not \"\(typeName(right))\") to str")
      }
      throw raise(
        "unsupported operand type(s) for \(Self.sign(operation)): '\(typeName(left))' and '\(typeName(right))'"
      )
    }
    if left.tag == .float || right.tag == .float || operation == .divide {
      return try floats(operation, left, right)
    }
    guard left.tag != .unsigned, right.tag != .unsigned else { throw overflow() }
    let (a, b) = (left.int, right.int)
    switch operation {
    case .add:
      let (value, isTooLarge) = a.addingReportingOverflow(b)
      if isTooLarge { throw overflow() }
      return .int(value)
    case .subtract:
      let (value, isTooLarge) = a.subtractingReportingOverflow(b)
      if isTooLarge { throw overflow() }
      return .int(value)
    case .multiply:
      let (value, isTooLarge) = a.multipliedReportingOverflow(by: b)
      if isTooLarge { throw overflow() }
      return .int(value)
    case .floorDivide, .remainder:
      if b == 0 { throw zero("integer division or modulo by zero") }
      if a == Int.min, b == -1 {
        if operation == .remainder { return .int(0) }
        throw overflow()
      }
      let (quotient, rest) = a.quotientAndRemainder(dividingBy: b)
      let isOff = rest != 0 && (rest < 0) != (b < 0)
      return .int(
        operation == .remainder ? (isOff ? rest + b : rest) : (isOff ? quotient - 1 : quotient))
    case .power:
      if b < 0 { return try floats(.power, left, right) }
      var result = 1
      var base = a
      var exponent = b
      while exponent > 0 {
        if exponent & 1 == 1 {
          let (value, isTooLarge) = result.multipliedReportingOverflow(by: base)
          if isTooLarge { throw overflow() }
          result = value
        }
        exponent >>= 1
        guard exponent > 0 else { break }
        let (value, isTooLarge) = base.multipliedReportingOverflow(by: base)
        if isTooLarge { throw overflow() }
        base = value
      }
      return .int(result)
    case .divide: return try floats(.divide, left, right)
    }
  }

  private func floats(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(Raise)
    -> Value
  {
    let (a, b) = (number(left), number(right))
    switch operation {
    case .add: return .float(a + b)
    case .subtract: return .float(a - b)
    case .multiply: return .float(a * b)
    case .divide:
      if b == 0 {
        throw zero(
          left.tag == .float || right.tag == .float ? "float division by zero" : "division by zero")
      }
      return .float(a / b)
    case .floorDivide, .remainder:
      if b == 0 {
        throw zero(operation == .remainder ? "float modulo" : "float floor division by zero")
      }
      var rest = a.truncatingRemainder(dividingBy: b)
      if rest != 0, (rest < 0) != (b < 0) { rest += b }
      if operation == .remainder {
        return .float(rest == 0 ? Double(signOf: b, magnitudeOf: 0) : rest)
      }
      let quotient = (a - rest) / b
      var floor = quotient.rounded(.down)
      if quotient - floor > 0.5 { floor += 1 }
      return .float(quotient == 0 ? Double(signOf: a / b, magnitudeOf: 0) : floor)
    case .power:
      if a == 0, b < 0 { throw zero("0.0 cannot be raised to a negative power") }
      if a < 0, b != b.rounded() {
        throw raise("a negative number to a fractional power is complex")
      }
      let value = FloatText.power(a, b)
      if value.isInfinite, a.isFinite, b.isFinite {
        throw raise("(34, 'Numerical result out of range')")
      }
      return .float(value)
    }
  }

  func sign(_ value: Value, isNegative: Bool) throws(Raise) -> Value {
    switch value.tag {
    case .undefined, .missing: throw raiseUndefined(value)
    case .float: return .float(isNegative ? -value.float : value.float)
    case .int, .bool:
      if !isNegative { return .int(value.int) }
      guard value.int != Int.min else { throw overflow() }
      return .int(-value.int)
    default:
      throw raise("bad operand type for unary \(isNegative ? "-" : "+"): '\(typeName(value))'")
    }
  }

  private func repeated(_ value: Value, _ times: Value) throws(Raise) -> Value {
    guard times.tag == .int || times.tag == .bool else {
      if times.isUndefined { throw raiseUndefined(times) }
      throw raise("can't multiply sequence by non-int of type '\(typeName(times))'")
    }
    let count = max(0, times.int)
    let size = value.isString ? max(Int(value.extra), value.count) : value.count
    let (total, isTooLarge) = size.multipliedReportingOverflow(by: count)
    guard !isTooLarge, total <= ValueHeap.maximumItems else {
      throw raise("a repetition is too long", .tooLarge)
    }
    if value.isString {
      let start = heap.pieces.count
      guard value.extra > 0 else { return value }
      for _ in 0..<count { heap.pieces.append(from: value.range) }
      return heap.string(piecesFrom: start, flag: value.flag)
    }
    let start = heap.items.count
    guard value.count > 0 else { return value }
    for _ in 0..<count { heap.items.append(from: value.range) }
    return Value(value.tag, start: start, count: heap.items.count - start)
  }
}
