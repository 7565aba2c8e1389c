import Problems

extension PatternParser {
  /// An escape outside a class.
  mutating func escape() throws(Problem) -> PatternNode {
    let start = position
    guard position + 1 < bytes.count else { throw refusal("a backslash at the end") }
    let letter = bytes[position + 1]
    switch letter {
    case UInt8(ascii: "b"), UInt8(ascii: "B"):
      position += 2
      return .boundary(
        of: dialect == .oniguruma ? .word : .rustWord, isBoundary: letter == UInt8(ascii: "b"))
    case UInt8(ascii: "A"): return assertion(.textStart)
    case UInt8(ascii: "z"): return assertion(.textEnd)
    case UInt8(ascii: "Z"):
      return assertion(dialect == .oniguruma ? .textEndOrLastNewline : .textEndOrLastNewlines)
    case UInt8(ascii: "N"):
      position += 2
      return .set(ScalarSet.newline.complement)
    case UInt8(ascii: "O"):
      position += 2
      return .set(.all)
    case UInt8(ascii: "R"):
      position += 2
      let one = ScalarSet(unsorted: [0x0A...0x0D, 0x85...0x85, 0x2028...0x2029])
      return .atomic(
        .alternatives([.sequence([.set(ScalarSet(0x0D)), .set(ScalarSet(0x0A))]), .set(one)]))
    case UInt8(ascii: "K"), UInt8(ascii: "G"), UInt8(ascii: "X"), UInt8(ascii: "y"),
      UInt8(ascii: "Y"):
      throw refusal("\\\(Character(UnicodeScalar(letter))) is not supported")
    case UInt8(ascii: "k"), UInt8(ascii: "g"):
      if position + 2 < bytes.count, "<'".utf8.contains(bytes[position + 2]) {
        throw refusal("references by name and calls of groups are not supported")
      }
      return .set(try escapedSet())
    case 0x31...0x39:
      var number = 0
      var index = position + 1
      while index < bytes.count, 0x30...0x39 ~= bytes[index], number < 1000 {
        number = number * 10 + Int(bytes[index] - 0x30)
        index += 1
      }
      guard number <= 9, !ignoresCase else {
        throw refusal("a back reference above 9, or where case is ignored, is not supported")
      }
      position = index
      note(reference: number, at: start)
      return .backReference(number)
    default: return .set(try escapedSet())
    }
  }

  private mutating func assertion(_ kind: PatternNode.Assertion) -> PatternNode {
    position += 2
    return .assertion(kind)
  }

  /// An escape that stands for one scalar or a class of them, inside or outside a class.
  mutating func escapedSet(inClass: Bool = false) throws(Problem) -> ScalarSet {
    let start = position
    guard position + 1 < bytes.count else { throw refusal("a backslash at the end") }
    let letter = bytes[position + 1]
    position += 2
    switch letter {
    case UInt8(ascii: "d"): return .digit
    case UInt8(ascii: "D"): return ScalarSet.digit.complement
    case UInt8(ascii: "s"): return .space
    case UInt8(ascii: "S"): return ScalarSet.space.complement
    case UInt8(ascii: "w"): return word(inClass: inClass)
    case UInt8(ascii: "W"): return word(inClass: inClass).complement
    case UInt8(ascii: "h"): return .hexDigit
    case UInt8(ascii: "H"): return ScalarSet.hexDigit.complement
    case UInt8(ascii: "p"), UInt8(ascii: "P"):
      // In Oniguruma's syntax it is a plain p without a brace, and a property outside a class does not fold case.
      guard peek("{") || dialect == .rust else { return literal(UInt32(letter)) }
      let isNegative = letter == UInt8(ascii: "P")
      let set = try property(inClass: inClass, start)
      let members = dialect == .rust && ignoresCase && !inClass ? set.foldingCase(dialect) : set
      return isNegative ? members.complement : members
    default:
      position = start
      return literal(try escapedScalar(inClass: inClass))
    }
  }

  /// Whether the escape at the position stands for a class rather than one scalar.
  var isClassEscape: Bool {
    guard position + 1 < bytes.count else { return false }
    if dialect == .rust { return "dDsSwWhHpP".utf8.contains(bytes[position + 1]) }
    let hasBrace = position + 2 < bytes.count && bytes[position + 2] == UInt8(ascii: "{")
    return (hasBrace ? "dDsSwWhHpP" : "dDsSwWhH").utf8.contains(bytes[position + 1])
  }

  /// An escape that stands for one scalar.
  mutating func escapedScalar(inClass: Bool) throws(Problem) -> UInt32 {
    let start = position
    guard position + 1 < bytes.count else { throw refusal("a backslash at the end") }
    let letter = bytes[position + 1]
    position += 2
    switch letter {
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "v"): return 0x0B
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "a"): return 0x07
    case UInt8(ascii: "e"): return 0x1B
    case UInt8(ascii: "b") where inClass: return 0x08
    case UInt8(ascii: "x"), UInt8(ascii: "o"):
      let radix: UInt32 = letter == UInt8(ascii: "x") ? 16 : 8
      if peek("{") {
        position += 1
        let value = number(radix: radix, atMost: 11)
        guard let value, peek("}"), isScalar(value) else {
          throw refusal("a code point that cannot be read", at: start)
        }
        position += 1
        return value
      }
      guard radix == 16 else { return UInt32(letter) }
      return try byte(number(radix: 16, atMost: 2) ?? 0, start)
    case UInt8(ascii: "u"):
      let from = position
      guard let value = number(radix: 16, atMost: 4), position == from + 4, isScalar(value) else {
        throw refusal("\\u needs four hexadecimal digits of a scalar", at: start)
      }
      return value
    case UInt8(ascii: "0"):
      return try byte(number(radix: 8, atMost: 2) ?? 0, start)
    case 0x31...0x37 where inClass:
      position -= 1
      return try byte(number(radix: 8, atMost: 3) ?? 0, start)
    case UInt8(ascii: "c"), UInt8(ascii: "C"), UInt8(ascii: "M"):
      throw refusal("control and meta escapes are not supported", at: start)
    default:
      position = start + 1
      let scalar = bytes.scalar(at: position)
      position += scalar.length
      return scalar.value
    }
  }

  /// A byte escape is a scalar while it is ASCII; above, it is a piece of UTF-8.
  private func byte(_ value: UInt32, _ start: Int) throws(Problem) -> UInt32 {
    guard value < 0x80 else { throw refusal("a byte escape above 7F is not supported", at: start) }
    return value
  }

  private func isScalar(_ value: UInt32) -> Bool {
    value <= 0x10FFFF && !(0xD800...0xDFFF ~= value)
  }

  private mutating func number(radix: UInt32, atMost digits: Int) -> UInt32? {
    var value: UInt32?
    var left = digits
    while left > 0, position < bytes.count,
      let digit = Character(UnicodeScalar(bytes[position])).hexDigitValue, digit < Int(radix)
    {
      value = (value ?? 0).multipliedReportingOverflow(by: radix).partialValue &+ UInt32(digit)
      position += 1
      left -= 1
    }
    return value
  }

  private func word(inClass: Bool) -> ScalarSet {
    if dialect == .rust { return .rustWord }
    return inClass ? .classWord : .word
  }

  /// What the name after `\p` or `\P` stands for.
  private mutating func property(inClass: Bool, _ start: Int) throws(Problem) -> ScalarSet {
    var isNegative = false
    var name: [UInt8]
    if peek("{") {
      position += 1
      if peek("^") {
        isNegative = true
        position += 1
      }
      guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else {
        throw refusal("the property's name is not closed", at: start)
      }
      name = Array(bytes[position..<end])
      position = end + 1
    } else {
      guard position < bytes.count else { throw refusal("a property without a name", at: start) }
      name = [bytes[position]]
      position += 1
    }
    let shown = String(decoding: name, as: UTF8.self)
    if dialect == .rust, let equals = name.firstIndex(of: UInt8(ascii: "=")) {
      let kind = String(decoding: name[..<equals], as: UTF8.self).lowercased()
      guard ["sc", "script", "gc", "generalcategory", "general_category"].contains(kind) else {
        throw refusal("the property \(shown) is not known", at: start)
      }
      name.removeFirst(equals + 1)
    }
    guard var set = ScalarSet(property: name) else {
      throw refusal("the property \(shown) is not known", at: start)
    }
    if inClass, dialect == .oniguruma, set == .word { set = .classWord }
    return isNegative ? set.complement : set
  }
}
