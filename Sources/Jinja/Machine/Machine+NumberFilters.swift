/// Filters that make numbers, or texts of them.
extension Machine {
  func round(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    let precision = try integer(values[0], 0)
    let method = values[1].tag == .missing ? "common" : heap.text(of: try text(values[1]))
    guard ["common", "ceil", "floor"].contains(method) else {
      throw raise("method must be common, ceil or floor")
    }
    if value.isUndefined { throw raiseUndefined(value) }
    guard value.isNumber else {
      throw raise("type \(typeName(value)) doesn't define __round__ method")
    }
    if method == "common" {
      if value.tag == .float { return .float(FloatText.rounded(value.float, precision)) }
      if value.tag == .unsigned || precision >= 0 {
        return value.tag == .bool ? .int(value.int) : value
      }
      guard precision > -19 else { return .int(0) }
      var scale = 1
      for _ in 0..<(-precision) { scale *= 10 }
      let (quotient, rest) = value.int.quotientAndRemainder(dividingBy: scale)
      let twice = Double(Swift.abs(rest)) * 2
      let isUp = twice > Double(scale) || twice == Double(scale) && quotient % 2 != 0
      let (product, isTooLarge) = (isUp ? quotient + (value.int < 0 ? -1 : 1) : quotient)
        .multipliedReportingOverflow(by: scale)
      if isTooLarge { throw raise("an integer does not fit 64 bits") }
      return .int(product)
    }
    let number =
      value.tag == .float
      ? value.float : value.tag == .unsigned ? Double(value.bits) : Double(value.int)
    let scale = FloatText.power(10, Double(precision))
    let scaled = number * scale
    guard scaled.isFinite else { throw raise("cannot convert float infinity to integer") }
    return .float((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / scale)
  }

  func int(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    let standard = values[0].tag == .missing ? Value.int(0) : values[0]
    func whole(_ number: Double) throws(Raise) -> Value? {
      guard number.isFinite else { return nil }
      let whole = number.rounded(.towardZero)
      guard whole >= -9.223372036854775808e18, whole < 9.223372036854775807e18 else {
        throw raise("an integer does not fit 64 bits")
      }
      return .int(Int(whole))
    }
    switch value.tag {
    case .int, .unsigned: return value
    case .bool: return .int(value.int)
    case .float:
      if value.float.isInfinite { throw raise("cannot convert float infinity to integer") }
      return try whole(value.float) ?? standard
    case .string:
      let base = try integer(values[1], 10)
      let bytes = heap.bytes(of: value)
      guard base == 0 || (2...36).contains(base) else { return standard }
      switch PythonNumber.integer(bytes, base: base) {
      case .value(let number): return .int(number)
      case .tooLarge: throw raise("an integer does not fit 64 bits")
      case .invalid:
        guard let number = PythonNumber.float(bytes) else { return standard }
        return try whole(number) ?? standard
      }
    case .undefined, .missing: throw raiseUndefined(value)
    default: return standard
    }
  }

  func fileSize(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    let number: Double
    switch value.tag {
    case .float: number = value.float
    case .int, .bool: number = Double(value.int)
    case .string:
      guard let parsed = PythonNumber.float(heap.bytes(of: value)) else {
        throw raise("could not convert string to float")
      }
      number = parsed
    case .undefined: throw raiseUndefined(value)
    default:
      throw raise("float() argument must be a string or a real number, not '\(typeName(value))'")
    }
    let isBinary = try isTrue(values[0])
    let base: Double = isBinary ? 1024 : 1000
    if number == 1 { return heap.string("1 Byte") }
    if number < base { return heap.string("\(Int(number)) Bytes") }
    let prefixes =
      isBinary
      ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
      : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    var unit = base * base
    for (index, prefix) in prefixes.enumerated() {
      if number < unit || index == prefixes.count - 1 {
        return heap.string(
          FloatText.formatted(base * number / unit, UInt8(ascii: "f"), precision: 1) + " " + prefix)
      }
      unit *= base
    }
    return heap.string("")
  }
}
