/// An integer of any size, as Python's `int`: sign and magnitude in words of 32 bits.
///
/// Schoolbook algorithms: the machine bounds the size (`maximumWords`) and charges for the work.
struct BigInteger: Hashable {
  /// 65,536 bits: larger integers are refused.
  static let maximumWords = 1 << 11

  private(set) var isNegative = false
  /// The lowest first, the highest not zero.
  private(set) var words: [UInt32] = []

  init(_ value: Int) {
    isNegative = value < 0
    words = Self.trimmed([
      UInt32(truncatingIfNeeded: value.magnitude),
      UInt32(truncatingIfNeeded: value.magnitude >> 32),
    ])
  }

  init(_ value: UInt64) {
    words = Self.trimmed([
      UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32),
    ])
  }

  private init(_ words: [UInt32], isNegative: Bool) {
    self.words = Self.trimmed(words)
    self.isNegative = isNegative && !self.words.isEmpty
  }

  /// The whole part of a finite float.
  init(truncating value: Double) {
    let whole = value.rounded(.towardZero).magnitude
    guard whole >= 1 else { return }
    let shift = max(0, Int(whole.exponent) - 62)
    self = BigInteger(UInt64(whole / FloatText.power(2, Double(shift)))).shiftedLeft(shift)
    isNegative = value < 0 && !words.isEmpty
  }

  /// Digits of a radix from 2 to 36; each is below the radix. O(digits²).
  init(digits: [UInt8], radix: Int) {
    for digit in digits {
      var carry = UInt64(digit)
      for index in words.indices {
        let value = UInt64(words[index]) * UInt64(radix) + carry
        words[index] = UInt32(truncatingIfNeeded: value)
        carry = value >> 32
      }
      if carry > 0 { words.append(UInt32(carry)) }
    }
  }

  private static func trimmed(_ words: [UInt32]) -> [UInt32] {
    var words = words
    while words.last == 0 { words.removeLast() }
    return words
  }

  var isZero: Bool { words.isEmpty }
  var isOdd: Bool { words.first.map { $0 & 1 == 1 } ?? false }
  var bitWidth: Int { words.last.map { words.count * 32 - $0.leadingZeroBitCount } ?? 0 }
  var magnitude: BigInteger { BigInteger(words, isNegative: false) }
  static prefix func - (value: BigInteger) -> BigInteger {
    BigInteger(value.words, isNegative: !value.isNegative)
  }

  /// nil where it does not fit.
  var int: Int? {
    guard words.count <= 2 else { return nil }
    var magnitude: UInt64 = 0
    for (index, word) in words.enumerated() { magnitude |= UInt64(word) << UInt64(32 * index) }
    if isNegative { return magnitude <= 1 << 63 ? Int(truncatingIfNeeded: 0 &- magnitude) : nil }
    return Int(exactly: magnitude)
  }

  /// The nearest float, half to even; infinite past its range.
  var double: Double {
    let shift = bitWidth - 64
    guard shift > 0 else {
      var magnitude: UInt64 = 0
      for (index, word) in words.enumerated() { magnitude |= UInt64(word) << UInt64(32 * index) }
      return isNegative ? -Double(magnitude) : Double(magnitude)
    }
    guard shift < 1100 else { return isNegative ? -.infinity : .infinity }
    var top: UInt64 = 0
    for bit in 0..<64 where self.bit(shift + bit) { top |= 1 << UInt64(bit) }
    // What is below decides between two halves.
    if (0..<shift).contains(where: { bit($0) }) { top |= 1 }
    let value = Double(sign: .plus, exponent: shift, significand: Double(top))
    return isNegative ? -value : value
  }

  private func bit(_ index: Int) -> Bool { words[index / 32] >> UInt32(index % 32) & 1 == 1 }

  func shiftedLeft(_ count: Int) -> BigInteger {
    var result = Array(repeating: UInt32(0), count: count / 32)
    var carry: UInt64 = 0
    for word in words {
      let value = UInt64(word) << UInt64(count % 32) | carry
      result.append(UInt32(truncatingIfNeeded: value))
      carry = value >> 32
    }
    result.append(UInt32(carry))
    return BigInteger(result, isNegative: isNegative)
  }

  // MARK: Order and sums

  private static func order(_ left: [UInt32], _ right: [UInt32]) -> Int {
    if left.count != right.count { return left.count < right.count ? -1 : 1 }
    for (a, b) in zip(left.reversed(), right.reversed()) where a != b { return a < b ? -1 : 1 }
    return 0
  }

  /// -1, 0, 1.
  func order(_ other: BigInteger) -> Int {
    if isNegative != other.isNegative { return isNegative ? -1 : 1 }
    return Self.order(words, other.words) * (isNegative ? -1 : 1)
  }

  private static func sum(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    var carry: UInt64 = 0
    for index in 0..<max(left.count, right.count) {
      carry += UInt64(index < left.count ? left[index] : 0)
      carry += UInt64(index < right.count ? right[index] : 0)
      result.append(UInt32(truncatingIfNeeded: carry))
      carry >>= 32
    }
    return result + [UInt32(carry)]
  }

  /// Of a larger and a smaller magnitude.
  private static func difference(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    var borrow: Int64 = 0
    for index in left.indices {
      var value = Int64(left[index]) - Int64(index < right.count ? right[index] : 0) - borrow
      borrow = value < 0 ? 1 : 0
      if value < 0 { value += 1 << 32 }
      result.append(UInt32(value))
    }
    return result
  }

  static func + (left: BigInteger, right: BigInteger) -> BigInteger {
    if left.isNegative == right.isNegative {
      return BigInteger(sum(left.words, right.words), isNegative: left.isNegative)
    }
    return order(left.words, right.words) >= 0
      ? BigInteger(difference(left.words, right.words), isNegative: left.isNegative)
      : BigInteger(difference(right.words, left.words), isNegative: right.isNegative)
  }

  static func - (left: BigInteger, right: BigInteger) -> BigInteger { left + -right }

  static func * (left: BigInteger, right: BigInteger) -> BigInteger {
    var result = Array(repeating: UInt32(0), count: left.words.count + right.words.count)
    for (place, a) in left.words.enumerated() {
      var carry: UInt64 = 0
      for (index, b) in right.words.enumerated() {
        let value = UInt64(a) * UInt64(b) + UInt64(result[place + index]) + carry
        result[place + index] = UInt32(truncatingIfNeeded: value)
        carry = value >> 32
      }
      result[place + right.words.count] = UInt32(carry)
    }
    return BigInteger(result, isNegative: left.isNegative != right.isNegative)
  }

  // MARK: Division

  private func dividedBySmall(_ divisor: UInt32) -> (quotient: [UInt32], rest: UInt32) {
    var quotient = words
    var rest: UInt64 = 0
    for index in words.indices.reversed() {
      let value = rest << 32 | UInt64(words[index])
      quotient[index] = UInt32(value / UInt64(divisor))
      rest = value % UInt64(divisor)
    }
    return (Self.trimmed(quotient), UInt32(rest))
  }

  /// Quotient and rest of the magnitudes, bit by bit. O(bits · words).
  private func magnitudes(dividedBy divisor: BigInteger) -> (BigInteger, BigInteger) {
    if divisor.words.count == 1 {
      let (quotient, rest) = dividedBySmall(divisor.words[0])
      return (BigInteger(quotient, isNegative: false), BigInteger(UInt64(rest)))
    }
    var quotient = Array(repeating: UInt32(0), count: words.count)
    var rest = BigInteger(0)
    for index in (0..<bitWidth).reversed() {
      rest = rest.shiftedLeft(1)
      if bit(index) { rest = rest + BigInteger(1) }
      if Self.order(rest.words, divisor.words) >= 0 {
        rest = rest - divisor.magnitude
        quotient[index / 32] |= 1 << UInt32(index % 32)
      }
    }
    return (BigInteger(quotient, isNegative: false), rest)
  }

  /// Python's `//` and `%`: the quotient is rounded down. The divisor is not zero.
  func floorDivided(by divisor: BigInteger) -> (quotient: BigInteger, rest: BigInteger) {
    var (quotient, rest) = magnitudes(dividedBy: divisor)
    if isNegative != divisor.isNegative {
      quotient = -quotient
      if !rest.isZero {
        quotient = quotient - BigInteger(1)
        rest = divisor.magnitude - rest
      }
    }
    return (quotient, divisor.isNegative ? -rest : rest)
  }

  /// The float nearest to the exact quotient, half to even.
  func trueQuotient(_ divisor: BigInteger) -> Double {
    let shift = max(0, divisor.bitWidth - bitWidth + 66)
    var (quotient, rest) = shiftedLeft(shift).magnitudes(dividedBy: divisor.magnitude)
    // One bit more than the quotient has stands for all that is below.
    quotient = quotient.shiftedLeft(1)
    if !rest.isZero { quotient = quotient + BigInteger(1) }
    rest = BigInteger(0)
    let value = Double(sign: .plus, exponent: -shift - 1, significand: 1) * quotient.double
    return isNegative != divisor.isNegative ? -value : value
  }

  // MARK: Text

  /// Digits in a radix from 2 to 36. O(digits²).
  func text(radix: Int = 10) -> String {
    if words.isEmpty { return "0" }
    var (chunk, width) = (UInt32(radix), 1)
    while UInt64(chunk) * UInt64(radix) <= UInt64(UInt32.max) {
      chunk *= UInt32(radix)
      width += 1
    }
    var groups: [String] = []
    var rest = magnitude
    while !rest.isZero {
      let (quotient, digit) = rest.dividedBySmall(chunk)
      rest = BigInteger(quotient, isNegative: false)
      let shown = String(digit, radix: radix)
      groups.append(
        rest.isZero ? shown : String(repeating: "0", count: width - shown.utf8.count) + shown)
    }
    return (isNegative ? "-" : "") + groups.reversed().joined()
  }
}
