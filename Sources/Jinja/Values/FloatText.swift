#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Floats as Python prints and computes them.
enum FloatText {
  /// Python's `repr`: the shortest digits that read back the same; an exponent below 1e-4 and from 1e16.
  static func representation(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    let sign = value.sign == .minus ? "-" : ""
    if value == 0 { return sign + "0.0" }
    let (digits, point) = digits(value.magnitude)
    if point > 16 || point < -3 {
      let exponent = point - 1
      let rest = digits.count > 1 ? "." + String(decoding: digits.dropFirst(), as: UTF8.self) : ""
      let magnitude = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
      return sign + String(decoding: digits.prefix(1), as: UTF8.self) + rest
        + (exponent < 0 ? "e-" : "e+") + magnitude
    }
    let zero = UInt8(ascii: "0")
    if point <= 0 {
      return sign + "0." + String(repeating: "0", count: -point)
        + String(decoding: digits, as: UTF8.self)
    }
    if digits.count <= point {
      return sign
        + String(
          decoding: digits + Array(repeating: zero, count: point - digits.count), as: UTF8.self)
        + ".0"
    }
    return sign + String(decoding: digits.prefix(point), as: UTF8.self) + "."
      + String(decoding: digits.dropFirst(point), as: UTF8.self)
  }

  /// The shortest digits, without zeros at either end, and where the point stands before or among them.
  static func digits(_ value: Double) -> (digits: [UInt8], point: Int) {
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    let text = Array(value.description.utf8)
    for (index, byte) in text.enumerated() {
      switch byte {
      case UInt8(ascii: "."): point = digits.count
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
      default:
        if exponent == 0, (0x30...0x39).contains(byte), !text[..<index].contains(UInt8(ascii: "e"))
        {
          digits.append(byte)
        }
      }
    }
    var place = (point ?? digits.count) + exponent
    while digits.first == 0x30 {
      digits.removeFirst()
      place -= 1
    }
    while digits.last == 0x30 { digits.removeLast() }
    return (digits, place)
  }

  static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

  /// `%.Nf`, `%.Ne` or `%.Ng` with the rounding of the C library.
  static func formatted(_ value: Double, _ kind: UInt8, precision: Int, isAlternate: Bool = false)
    -> String
  {
    var format = Array((isAlternate ? "%#.*" : "%.*").utf8CString.dropLast())
    format.append(CChar(bitPattern: kind))
    format.append(0)
    let precision = Int32(clamping: min(precision, 10_000))
    return unsafe withVaList([precision, value]) { arguments in
      var buffer = [CChar](repeating: 0, count: 400 + Int(precision))
      let count = unsafe format.withUnsafeBufferPointer { format in
        unsafe buffer.withUnsafeMutableBufferPointer { buffer in
          guard let start = buffer.baseAddress, let pattern = format.baseAddress else {
            return Int32(0)
          }
          return unsafe vsnprintf(start, buffer.count, pattern, arguments)
        }
      }
      return String(
        decoding: buffer.prefix(Int(max(0, count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// `format(value, ".N")`: as `g`, but with an exponent from one digit less on, and a zero behind the point.
  static func general(_ value: Double, precision: Int, isAlternate: Bool) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : "inf" }
    let precision = max(1, precision)
    // The C library counts the digits: `d.ddde±dd`.
    let scientific = formatted(value, UInt8(ascii: "e"), precision: precision - 1)
    let parts = scientific.split(separator: "e")
    let exponent = Int(parts.last ?? "0") ?? 0
    var digits = parts[0].filter { $0 != "." }
    if !isAlternate {
      while digits.count > 1, digits.last == "0" { digits.removeLast() }
    }
    if exponent < -4 || exponent + 1 > precision - 1 {
      let rest = String(digits.dropFirst())
      return String(digits.prefix(1)) + (rest.isEmpty && !isAlternate ? "" : "." + rest) + "e"
        + String(parts.last ?? "+00")
    }
    if exponent < 0 {
      return "0." + String(repeating: "0", count: -exponent - 1) + digits
    }
    if digits.count <= exponent + 1 {
      return digits + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
    }
    return String(digits.prefix(exponent + 1)) + "." + String(digits.dropFirst(exponent + 1))
  }

  /// Python's `round(value, precision)` of a float: the decimal that is nearest to the exact value, half to even.
  static func rounded(_ value: Double, _ precision: Int) -> Double {
    guard value.isFinite, value != 0 else { return value }
    if precision > 323 { return value }
    if precision < -309 { return Double(signOf: value, magnitudeOf: 0) }
    if precision >= 0 {
      return Double(formatted(value, UInt8(ascii: "f"), precision: precision)) ?? value
    }
    let whole = BigInteger(truncating: value).magnitude
    var unit = BigInteger(1)
    for _ in 0..<(-precision) { unit = unit * BigInteger(10) }
    let (quotient, rest) = whole.floorDivided(by: unit)
    let order = (rest + rest).order(unit)
    let hasFraction = value != value.rounded(.towardZero)
    let isUp = order > 0 || order == 0 && (hasFraction || quotient.isOdd)
    let result = ((isUp ? quotient + BigInteger(1) : quotient) * unit).double
    return value < 0 ? -result : result
  }
}
