/// Numbers of any size.
extension Machine {
  /// The integer that a value is: an int, a bool, or one that does not fit 64 bits.
  func integer(_ value: Value) -> BigInteger {
    value.tag == .big ? heap.bigs[Int(value.bits)] : BigInteger(value.int)
  }

  /// A number as a float. Errors: an integer past the range of floats.
  func double(_ value: Value) throws(Raise) -> Double {
    switch value.tag {
    case .float: return value.float
    case .big:
      let number = heap.bigs[Int(value.bits)].double
      guard number.isFinite else { throw raise("int too large to convert to float") }
      return number
    default: return Double(value.int)
    }
  }

  /// The decimal digits of an integer; Python prints no more than 4300.
  func digits(of value: BigInteger) throws(Raise) -> String {
    try charge(value.words.count * value.words.count / 4 + 1)
    let text = value.text()
    guard text.utf8.count <= 4300 + (value.isNegative ? 1 : 0) else {
      throw raise("Exceeds the limit (4300 digits) for integer string conversion")
    }
    return text
  }

  func power(_ base: BigInteger, _ exponent: Int) throws(Raise) -> BigInteger {
    var result = BigInteger(1)
    var (square, rest) = (base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = try product(result, square) }
      rest >>= 1
      if rest > 0 { square = try product(square, square) }
    }
    return result
  }

  func product(_ left: BigInteger, _ right: BigInteger) throws(Raise) -> BigInteger {
    guard left.words.count + right.words.count <= BigInteger.maximumWords else {
      throw raise("an integer of more than 65536 bits is not supported", .unsupported)
    }
    try charge(left.words.count * right.words.count / 4 + 1)
    return left * right
  }

  /// Operations on integers that do not fit, or whose result may not.
  func integers(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(Raise) -> Value {
    let (a, b) = (integer(left), integer(right))
    switch operation {
    case .add: return heap.integer(a + b)
    case .subtract: return heap.integer(a - b)
    case .multiply: return heap.integer(try product(a, b))
    case .floorDivide, .remainder:
      guard !b.isZero else { throw raise("integer division or modulo by zero") }
      try charge(a.bitWidth * (b.words.count + 1) / 4)
      let (quotient, rest) = a.floorDivided(by: b)
      return heap.integer(operation == .remainder ? rest : quotient)
    case .divide:
      guard !b.isZero else { throw raise("division by zero") }
      try charge((a.bitWidth + b.bitWidth) * (b.words.count + 1) / 4)
      let quotient = a.trueQuotient(b)
      guard quotient.isFinite else { throw raise("integer division result too large for a float") }
      return .float(quotient)
    case .power:
      if b.isNegative {
        return .float(FloatText.power(try double(left), try double(right)))
      }
      guard a.words.count > 1 || !(a.isZero || a.magnitude == BigInteger(1)) else {
        return heap.integer(
          a.isZero ? BigInteger(b.isZero ? 1 : 0) : a.isNegative && b.isOdd ? a : BigInteger(1))
      }
      guard let exponent = b.int, exponent <= 65_536 else {
        throw raise("an integer of more than 65536 bits is not supported", .unsupported)
      }
      return heap.integer(try power(a, exponent))
    }
  }

  /// -1, 0, 1 for two numbers; nil where one is not a number (NaN).
  func order(_ left: Value, _ right: Value) -> Int? {
    func sign(_ isLess: Bool, _ isEqual: Bool) -> Int { isLess ? -1 : isEqual ? 0 : 1 }
    switch (left.tag == .float, right.tag == .float) {
    case (false, false):
      if left.tag == .big || right.tag == .big { return integer(left).order(integer(right)) }
      return sign(left.int < right.int, left.int == right.int)
    case (true, true):
      let (a, b) = (left.float, right.float)
      return a.isNaN || b.isNaN ? nil : sign(a < b, a == b)
    case (true, false): return order(right, left).map { -$0 }
    case (false, true):
      let b = right.float
      if b.isNaN { return nil }
      if b.isInfinite { return b < 0 ? 1 : -1 }
      let whole = b.rounded(.towardZero)
      let order = integer(left).order(BigInteger(truncating: whole))
      return order != 0 ? order : sign(whole < b, whole == b)
    }
  }
}
