/// Sums and numbers.
extension Machine {
  func sum(_ range: Range<Int>) throws(Raise) -> Value {
    if arePlainStrings(range) {
      try charge(range)
      return heap.join(arguments, range)
    }
    var result = arguments[range.lowerBound]
    for index in range.dropFirst() { result = try add(result, arguments[index]) }
    return result
  }

  /// For the pieces of arguments that are strings.
  @inline(__always)
  func charge(_ range: Range<Int>) throws(Raise) {
    var count = 0
    for index in range { count += arguments[index].count }
    // The newest text is lengthened in its place.
    if arguments[range.lowerBound].range.upperBound == heap.pieces.count {
      count -= arguments[range.lowerBound].count
    }
    try charge(count)
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
    if left.isString, right.isString, left.flag | right.flag == 0 {
      try charge((left.range.upperBound == heap.pieces.count ? 0 : left.count) + right.count)
      return heap.join(left, right)
    }
    return try addOthers(left, right)
  }

  private func addOthers(_ left: Value, _ right: Value) throws(Raise) -> Value {
    if left.isString, right.isString {
      let (left, right) = (try escape(left), try escape(right))
      try charge(left.count + right.count)
      var joined = heap.join(left, right)
      joined.flag = 1
      return joined
    }
    switch (left.tag, right.tag) {
    case (.list, .list), (.tuple, .tuple):
      if left.count == 0 { return Value(right.tag, bits: right.bits) }
      if right.count == 0 { return Value(left.tag, bits: left.bits) }
      try charge(left.count + right.count)
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

  private func zero(_ text: String) -> Raise { raise(text) }

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
    if left.tag == .float || right.tag == .float { return try floats(operation, left, right) }
    if left.tag == .big || right.tag == .big { return try integers(operation, left, right) }
    let (a, b) = (left.int, right.int)
    func exactly(_ result: (Int, Bool)) throws(Raise) -> Value {
      result.1 ? try integers(operation, left, right) : .int(result.0)
    }
    switch operation {
    case .add:
      let (sum, isOver) = a.addingReportingOverflow(b)
      return try exactly((sum, isOver))
    case .subtract:
      let (difference, isOver) = a.subtractingReportingOverflow(b)
      return try exactly((difference, isOver))
    case .multiply:
      let (product, isOver) = a.multipliedReportingOverflow(by: b)
      return try exactly((product, isOver))
    case .floorDivide, .remainder:
      if b == 0 { throw zero("integer division or modulo by zero") }
      if a == Int.min, b == -1 { return try integers(operation, left, right) }
      let (quotient, rest) = a.quotientAndRemainder(dividingBy: b)
      let isOff = rest != 0 && (rest < 0) != (b < 0)
      return .int(
        operation == .remainder ? (isOff ? rest + b : rest) : (isOff ? quotient - 1 : quotient))
    case .power:
      if b < 0 { return try floats(.power, left, right) }
      return try integers(.power, left, right)
    case .divide:
      // Both are floats without loss below 2⁵³.
      let limit = 1 << 53
      return a.magnitude <= limit && b.magnitude <= limit
        ? try floats(.divide, left, right) : try integers(.divide, left, right)
    }
  }

  private func floats(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(Raise)
    -> Value
  {
    let (a, b) = (try double(left), try double(right))
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
        throw raise(
          "complex numbers are not supported: a negative number to a fractional power")
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
    case .int, .bool, .big:
      let integer = integer(value)
      return heap.integer(isNegative ? -integer : integer)
    default:
      throw raise("bad operand type for unary \(isNegative ? "-" : "+"): '\(typeName(value))'")
    }
  }

  private func repeated(_ value: Value, _ times: Value) throws(Raise) -> Value {
    guard times.tag == .int || times.tag == .bool else {
      if times.isUndefined { throw raiseUndefined(times) }
      if times.tag == .big {
        guard heap.bigs[Int(times.bits)].isNegative else {
          throw raise("cannot fit 'int' into an index-sized integer")
        }
        return try repeated(value, .int(0))
      }
      throw raise("can't multiply sequence by non-int of type '\(typeName(times))'")
    }
    let count = max(0, times.int)
    guard value.count > 0 else { return Value(value.tag, bits: value.bits, flag: value.flag) }
    // Pieces share their bytes, so the length of the text is bounded by itself.
    try charge(count, times: max(value.count, value.isString ? Int(value.extra) >> 4 : 0))
    if value.isString {
      let start = heap.pieces.count
      for _ in 0..<count { heap.pieces.append(from: value.range) }
      return heap.string(piecesFrom: start, flag: value.flag)
    }
    let start = heap.items.count
    for _ in 0..<count { heap.items.append(from: value.range) }
    return Value(value.tag, start: start, count: heap.items.count - start)
  }
}
