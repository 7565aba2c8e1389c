import Problems

/// Finds where and why a text is not JSON: a plain strict reader, run only after simdjson refused.
enum JSONDiagnosis {
  /// The deepest nesting that simdjson reads.
  private static let maximumDepth = 1024

  static let largeInteger = "an integer does not fit 64 bits"

  /// The numbers of a text that Python's `json` writes and JSON, or 64 bits, do not hold: integers of any
  /// size, floats beyond the range, NaN and Infinity. Throws where the text is no JSON otherwise. O(n).
  static func foreignNumbers(
    in text: UnsafeBufferPointer<UInt8>
  ) throws(Problem) -> [Range<Int>] {
    var reader = unsafe Reader(text: text)
    reader.foreign = []
    reader.skipSpace()
    try reader.value(depth: 1)
    reader.skipSpace()
    if reader.position < text.count {
      throw reader.error("text after the end of the JSON value")
    }
    return reader.foreign ?? []
  }

  static func explain(_ text: UnsafeBufferPointer<UInt8>, simdjson: String) -> Problem {
    var reader = unsafe Reader(text: text)
    do throws(Problem) {
      reader.skipSpace()
      try reader.value(depth: 1)
      reader.skipSpace()
      if reader.position < text.count {
        return reader.error("text after the end of the JSON value")
      }
    } catch {
      return error
    }
    // The reader found nothing: what simdjson says is all there is to tell.
    return Problem(.invalidJSON, reason: simdjson, byteOffset: 0)
  }

  @safe private struct Reader {
    // SAFETY: lives only inside `explain`, whose caller keeps the buffer alive.
    let text: UnsafeBufferPointer<UInt8>
    var position = 0
    /// Where foreign numbers stand; nil where they are errors.
    var foreign: [Range<Int>]?

    init(text: UnsafeBufferPointer<UInt8>) { unsafe self.text = unsafe text }

    var peek: UInt8? { unsafe position < text.count ? text[position] : nil }

    func error(
      _ reason: String, kind: Problem.Kind = .invalidJSON, at offset: Int? = nil
    ) -> Problem {
      Problem(kind, reason: reason, byteOffset: offset ?? position)
    }

    mutating func skipSpace() {
      while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
        position += 1
      }
    }

    mutating func value(depth: Int) throws(Problem) {
      guard depth < maximumDepth else {
        throw error("nested deeper than \(maximumDepth - 1) levels")
      }
      guard let byte = peek else { throw error("the JSON ends too early: a value is missing") }
      switch byte {
      case UInt8(ascii: "{"): try object(depth: depth)
      case UInt8(ascii: "["): try array(depth: depth)
      case UInt8(ascii: "\""): try string()
      case UInt8(ascii: "t"): try literal("true")
      case UInt8(ascii: "f"): try literal("false")
      case UInt8(ascii: "n"): try literal("null")
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
      case UInt8(ascii: "N"), UInt8(ascii: "I"): try notANumber(from: position)
      case UInt8(ascii: "'"): throw error("a string in single quotes is not JSON")
      default: throw error("expected a value, found \(describe(byte))")
      }
    }

    private mutating func object(depth: Int) throws(Problem) {
      position += 1
      skipSpace()
      if peek == UInt8(ascii: "}") {
        position += 1
        return
      }
      while true {
        skipSpace()
        guard let quote = peek else { throw error("the JSON ends inside an object") }
        guard quote == UInt8(ascii: "\"") else {
          throw error("expected a key in double quotes, found \(describe(quote))")
        }
        try string()
        skipSpace()
        guard peek == UInt8(ascii: ":") else { throw missing("a colon after the key") }
        position += 1
        skipSpace()
        try value(depth: depth + 1)
        skipSpace()
        if peek == UInt8(ascii: ",") {
          position += 1
        } else if peek == UInt8(ascii: "}") {
          position += 1
          return
        } else {
          throw missing("a comma or } after the member")
        }
      }
    }

    private mutating func array(depth: Int) throws(Problem) {
      position += 1
      skipSpace()
      if peek == UInt8(ascii: "]") {
        position += 1
        return
      }
      while true {
        skipSpace()
        try value(depth: depth + 1)
        skipSpace()
        if peek == UInt8(ascii: ",") {
          position += 1
        } else if peek == UInt8(ascii: "]") {
          position += 1
          return
        } else {
          throw missing("a comma or ] after the element")
        }
      }
    }

    private func missing(_ what: String) -> Problem {
      guard let byte = peek else { return error("the JSON ends too early: expected \(what)") }
      return error("expected \(what), found \(describe(byte))")
    }

    private mutating func literal(_ word: StaticString) throws(Problem) {
      for index in 0..<word.utf8CodeUnitCount {
        guard unsafe position + index < text.count,
          unsafe text[position + index] == word.utf8Start[index]
        else { throw error("expected \(word)") }
      }
      position += word.utf8CodeUnitCount
    }

    private mutating func number() throws(Problem) {
      let start = position
      if peek == UInt8(ascii: "-") { position += 1 }
      if peek == UInt8(ascii: "I") { return try notANumber(from: start) }
      let integer = digits()
      guard integer > 0 else { throw error("a number has no digits", at: start) }
      let firstDigit = unsafe text[position - integer]
      if integer > 1, firstDigit == UInt8(ascii: "0") {
        throw error("a number starts with a zero", at: start)
      }
      var isInteger = true
      if peek == UInt8(ascii: ".") {
        isInteger = false
        position += 1
        guard digits() > 0 else { throw error("a number ends with its point", at: start) }
      }
      if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
        isInteger = false
        position += 1
        if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
        guard digits() > 0 else { throw error("a number has an empty exponent", at: start) }
      }
      let literal = unsafe String(decoding: text[start..<position], as: UTF8.self)
      if isInteger, Int64(literal) == nil, UInt64(literal) == nil {
        try takeForeign(from: start, JSONDiagnosis.largeInteger)
      } else if !isInteger, Double(literal)?.isFinite != true {
        try takeForeign(from: start, "a number does not fit a 64-bit float")
      }
    }

    /// `NaN`, `Infinity` or `-Infinity`, the sign read already.
    private mutating func notANumber(from start: Int) throws(Problem) {
      if foreign != nil {
        try literal(peek == UInt8(ascii: "N") ? "NaN" : "Infinity")
      }
      try takeForeign(from: start, "NaN and Infinity are not JSON")
    }

    private mutating func takeForeign(from start: Int, _ reason: String) throws(Problem) {
      guard foreign != nil else { throw error(reason, at: start) }
      foreign?.append(start..<position)
    }

    private mutating func digits() -> Int {
      let start = position
      while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        position += 1
      }
      return position - start
    }

    private mutating func string() throws(Problem) {
      let start = position
      position += 1
      while let byte = peek {
        switch byte {
        case UInt8(ascii: "\""):
          position += 1
          return
        case UInt8(ascii: "\\"): try escape()
        case 0..<0x20:
          throw error("a control character (\(describe(byte))) stands unescaped in a string")
        case 0x20..<0x80: position += 1
        default: try scalar()
        }
      }
      throw error("a string has no end", at: start)
    }

    private mutating func escape() throws(Problem) {
      let start = position
      position += 1
      guard let byte = peek else { throw error("the JSON ends inside a string") }
      position += 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
        UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        return
      case UInt8(ascii: "u"):
        let unit = try hex4(start)
        if (0xDC00...0xDFFF).contains(unit) { throw loneSurrogate(start) }
        guard (0xD800...0xDBFF).contains(unit) else { return }
        guard peek == UInt8(ascii: "\\") else { throw loneSurrogate(start) }
        position += 1
        guard peek == UInt8(ascii: "u") else { throw loneSurrogate(start) }
        position += 1
        let low = try hex4(start)
        guard (0xDC00...0xDFFF).contains(low) else { throw loneSurrogate(start) }
      default: throw error("an unknown escape in a string", at: start)
      }
    }

    private func loneSurrogate(_ start: Int) -> Problem {
      error("a lone surrogate escape is not a character", kind: .loneSurrogate, at: start)
    }

    private mutating func hex4(_ start: Int) throws(Problem) -> UInt32 {
      var unit: UInt32 = 0
      for _ in 0..<4 {
        guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
          throw error("a \\u escape needs four hexadecimal digits", at: start)
        }
        unit = unit << 4 | UInt32(digit)
        position += 1
      }
      return unit
    }

    /// One character of two to four bytes (Unicode 16, table 3-7).
    private mutating func scalar() throws(Problem) {
      let lead = unsafe text[position]
      let (length, second): (Int, ClosedRange<UInt8>)
      switch lead {
      case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
      case 0xE0: (length, second) = (3, 0xA0...0xBF)
      case 0xED: (length, second) = (3, 0x80...0x9F)
      case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
      case 0xF0: (length, second) = (4, 0x90...0xBF)
      case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
      case 0xF4: (length, second) = (4, 0x80...0x8F)
      default: throw error("invalid UTF-8", kind: .invalidUTF8)
      }
      guard unsafe position + length <= text.count, unsafe second.contains(text[position + 1])
      else {
        throw error("invalid UTF-8", kind: .invalidUTF8)
      }
      for index in 2..<max(length, 2) where unsafe text[position + index] & 0xC0 != 0x80 {
        throw error("invalid UTF-8", kind: .invalidUTF8)
      }
      position += length
    }

    private func describe(_ byte: UInt8) -> String {
      (0x21...0x7E).contains(byte)
        ? "\"\(Character(UnicodeScalar(byte)))\""
        : "byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
  }
}
