/// Filters that make numbers.
extension Library {
  static let numberFilters: [(String, LibraryFunction)] = [
    (
      "abs",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "abs")
        return try machine.absolute(value)
      }
    ),
    (
      "round",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.round(value, passed)
      }
    ),
    ("int", { (machine, value, passed) throws(Machine.Raise) in try machine.int(value, passed) }),
    (
      "float",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.float(value, passed)
      }
    ),
  ]
}

extension Machine {
  func absolute(_ value: Value) throws(Raise) -> Value {
    switch value.tag {
    case .float: return .float(value.float.magnitude)
    case .int, .bool, .big: return heap.integer(integer(value).magnitude)
    case .undefined, .missing: throw raise("bad operand type for abs(): 'Undefined'")
    default: throw raise("bad operand type for abs(): '\(typeName(value))'")
    }
  }

  func round(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(passed, ["precision", "method"], of: "the filter 'round'")
    let method = values[1].tag == .missing ? "common" : heap.text(of: try text(values[1]))
    guard ["common", "ceil", "floor"].contains(method) else {
      throw raise("method must be common, ceil or floor")
    }
    if value.isUndefined { throw raiseUndefined(value) }
    guard value.isNumber else {
      throw raise("type \(typeName(value)) doesn't define __round__ method")
    }
    if method == "common" {
      let precision = values[0].tag == .none ? 0 : try index(values[0], 0)
      if value.tag == .float {
        if values[0].tag == .none {
          guard value.float.isFinite else {
            throw raise("cannot convert float \(value.float.isNaN ? "NaN" : "infinity") to integer")
          }
          return heap.integer(BigInteger(truncating: value.float.rounded(.toNearestOrEven)))
        }
        let rounded = FloatText.rounded(value.float, precision)
        guard rounded.isFinite || !value.float.isFinite else {
          throw raise("rounded value too large to represent")
        }
        return .float(rounded)
      }
      return try rounded(integer(value), precision)
    }
    // `func(value * 10**precision) / 10**precision`, where `func` gives an integer.
    let factor = try arithmetic(.power, .int(10), values[0].tag == .missing ? .int(0) : values[0])
    let scaled = try arithmetic(.multiply, value, factor)
    var whole = scaled
    if scaled.tag == .float {
      guard scaled.float.isFinite else {
        throw raise("cannot convert float \(scaled.float.isNaN ? "NaN" : "infinity") to integer")
      }
      let number = scaled.float.rounded(method == "ceil" ? .up : .down)
      whole = heap.integer(BigInteger(truncating: number))
    }
    return .float(try double(try arithmetic(.divide, whole, factor)))
  }

  /// Python's `round` of an integer: to a power of ten, half to even.
  private func rounded(_ value: BigInteger, _ precision: Int) throws(Raise) -> Value {
    guard precision < 0 else { return heap.integer(value) }
    guard precision > -20_000 else { return .int(0) }
    let unit = try power(BigInteger(10), -precision)
    let (quotient, rest) = value.magnitude.floorDivided(by: unit)
    let order = (rest + rest).order(unit)
    let isUp = order > 0 || order == 0 && quotient.isOdd
    let result = (isUp ? quotient + BigInteger(1) : quotient) * unit
    return heap.integer(value.isNegative ? -result : result)
  }

  func int(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(passed, ["default", "base"], of: "the filter 'int'")
    let standard = values[0].tag == .missing ? Value.int(0) : values[0]
    switch value.tag {
    case .int, .big: return value
    case .bool: return .int(value.int)
    case .float:
      if value.float.isInfinite { throw raise("cannot convert float infinity to integer") }
      return value.float.isNaN ? standard : heap.integer(BigInteger(truncating: value.float))
    case .string:
      // A base that is none is an error of `int`, which the filter passes over.
      let base =
        switch values[1].tag {
        case .missing: 10
        case .int, .bool: values[1].int
        default: -1
        }
      let text = try bytes(of: value)
      if base == 0 || (2...36).contains(base) {
        switch PythonNumber.integer(text, base: base) {
        case .value(let number): return .int(number)
        case .digits(let digits, let radix, let isNegative):
          guard digits.count <= 4300 || radix & (radix - 1) == 0 else { return standard }
          guard digits.count <= 20_000 else {
            throw raise("an integer of more than 20000 digits is not supported")
          }
          try charge(digits.count * digits.count / 16)
          let number = BigInteger(digits: digits, radix: radix)
          return heap.integer(isNegative ? -number : number)
        case .invalid: break
        }
      }
      guard let number = PythonNumber.float(text), number.isFinite else { return standard }
      return heap.integer(BigInteger(truncating: number))
    case .undefined, .missing: throw raiseUndefined(value)
    default: return standard
    }
  }

  func float(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let standard = try bind(passed, ["default"], of: "the filter 'float'")[0]
    switch value.tag {
    case .float: return value
    case .int, .bool, .big: return .float(try double(value))
    case .string:
      if let number = PythonNumber.float(try bytes(of: value)) { return .float(number) }
    case .undefined, .missing: throw raiseUndefined(value)
    default: break
    }
    return standard.tag == .missing ? .float(0) : standard
  }
}
