/// Texts as numbers, as Python's `int()` and `float()` read them.
enum PythonNumber {
  enum Integer {
    case value(Int)
    case tooLarge
    case invalid
  }

  static func integer(_ text: [UInt8], base: Int) -> Integer {
    let end = PythonText.trimEnd(text, 0..<text.count)
    var digits = Array(text[PythonText.trimStart(text, 0..<end)..<end])
    var isNegative = false
    if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      digits.removeFirst()
    }
    var radix = base
    if digits.count > 2, digits[0] == 0x30, base == 0 || base == 2 || base == 8 || base == 16 {
      let prefixes: [UInt8: Int] = [
        UInt8(ascii: "b"): 2, UInt8(ascii: "o"): 8, UInt8(ascii: "x"): 16,
      ]
      if let known = prefixes[digits[1] | 0x20], base == 0 || base == known {
        radix = known
        digits.removeFirst(2)
        if digits.first == UInt8(ascii: "_") { digits.removeFirst() }
      }
    }
    if radix == 0 { radix = 10 }
    guard let plain = withoutUnderscores(digits), !plain.isEmpty,
      plain.allSatisfy({ Character(UnicodeScalar($0)).isASCII && ($0 != 0x2B && $0 != 0x2D) })
    else { return .invalid }
    let shown = (isNegative ? "-" : "") + String(decoding: plain, as: UTF8.self)
    if let value = Int(shown, radix: radix) { return .value(value) }
    let isNumber = plain.allSatisfy { byte in
      let digit =
        (0x30...0x39).contains(byte)
        ? Int(byte) - 0x30 : (0x61...0x7A).contains(byte | 0x20) ? Int(byte | 0x20) - 0x57 : 99
      return digit < radix
    }
    return isNumber ? .tooLarge : .invalid
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
    let end = PythonText.trimEnd(text, 0..<text.count)
    guard let trimmed = withoutUnderscores(Array(text[PythonText.trimStart(text, 0..<end)..<end]))
    else {
      return nil
    }
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
