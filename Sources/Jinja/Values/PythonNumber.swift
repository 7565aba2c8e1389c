/// Texts as numbers, as Python's `int()` and `float()` read them.
enum PythonNumber {
  enum Integer {
    case value(Int)
    /// One that does not fit: the digits, each below the radix.
    case digits([UInt8], radix: Int, isNegative: Bool)
    case invalid
  }

  /// Without white space around it, with decimal digits of all scripts as ASCII digits.
  private static func normalized(_ text: [UInt8]) -> [UInt8] {
    let end = PythonText.trimEnd(text, 0..<text.count)
    let trimmed = Array(text[PythonText.trimStart(text, 0..<end)..<end])
    guard trimmed.contains(where: { $0 >= 0x80 }) else { return trimmed }
    var result: [UInt8] = []
    for scalar in String(decoding: trimmed, as: UTF8.self).unicodeScalars {
      if let digit = scalar.isASCII ? nil : PythonText.decimalDigit(scalar) {
        result.append(0x30 + digit)
      } else {
        result.append(contentsOf: Array(String(scalar).utf8))
      }
    }
    return result
  }

  /// `base` is 0, where the prefix decides, or from 2 to 36.
  static func integer(_ text: [UInt8], base: Int) -> Integer {
    var digits = normalized(text)
    var isNegative = false
    if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      digits.removeFirst()
    }
    var radix = base
    var hasPrefix = false
    if digits.count > 2, digits[0] == 0x30, base == 0 || base == 2 || base == 8 || base == 16 {
      let prefixes: [UInt8: Int] = [
        UInt8(ascii: "b"): 2, UInt8(ascii: "o"): 8, UInt8(ascii: "x"): 16,
      ]
      if let known = prefixes[digits[1] | 0x20], base == 0 || base == known {
        radix = known
        hasPrefix = true
        digits.removeFirst(2)
        if digits.first == UInt8(ascii: "_") { digits.removeFirst() }
      }
    }
    guard let plain = withoutUnderscores(digits), !plain.isEmpty else { return .invalid }
    if radix == 0 {
      radix = 10
      // `012` is an old way of writing an octal: none of Python's.
      if !hasPrefix, plain[0] == 0x30, plain.contains(where: { $0 != 0x30 }) { return .invalid }
    }
    var values: [UInt8] = []
    var value = 0
    var isOver = false
    for byte in plain {
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x5A, 0x61...0x7A: digit = (byte | 0x20) - 0x57
      default: return .invalid
      }
      guard digit < radix else { return .invalid }
      values.append(digit)
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, carry) = product.addingReportingOverflow(Int(digit))
      isOver = isOver || overflow || carry
      value = sum
    }
    if isOver { return .digits(values, radix: radix, isNegative: isNegative) }
    return .value(isNegative ? -value : value)
  }

  private static func withoutUnderscores(_ digits: [UInt8]) -> [UInt8]? {
    guard digits.contains(UInt8(ascii: "_")) else { return digits }
    for (index, byte) in digits.enumerated() where byte == UInt8(ascii: "_") {
      guard index > 0, index + 1 < digits.count, digits[index - 1] != byte,
        digits[index + 1] != byte
      else { return nil }
    }
    return digits.filter { $0 != UInt8(ascii: "_") }
  }

  static func float(_ text: [UInt8]) -> Double? {
    guard let trimmed = withoutUnderscores(normalized(text)) else { return nil }
    let shown = String(decoding: trimmed, as: UTF8.self).lowercased()
    let bare = shown.hasPrefix("-") || shown.hasPrefix("+") ? String(shown.dropFirst()) : shown
    switch bare {
    case "inf", "infinity": return shown.hasPrefix("-") ? -.infinity : .infinity
    case "nan": return .nan
    default: break
    }
    guard bare.utf8.allSatisfy({ (0x30...0x39).contains($0) || ".e+-".utf8.contains($0) }) else {
      return nil
    }
    if let value = Double(shown) { return value }
    // Python takes `1.` and `.5`, which Swift's reader may not.
    let repaired = bare.hasPrefix(".") ? "0" + bare : bare.hasSuffix(".") ? bare + "0" : bare
    return Double(repaired).map { shown.hasPrefix("-") ? -$0 : $0 }
  }
}
