/// What stands behind the colon of a replacement field: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
struct FormatSpecification {
  var fill: [UInt8] = [0x20]
  /// `<`, `>`, `=`, `^`; 0 where none is given.
  var align: UInt8 = 0
  /// `+`, `-` or a space; 0 where none is given.
  var sign: UInt8 = 0
  var isAlternate = false
  /// Whether a negative zero loses its sign.
  var coercesZero = false
  var width = 0
  /// `,` or `_`; 0 where none is given.
  var grouping: UInt8 = 0
  var precision: Int?
  var kind: UInt8 = 0

  enum Mistake: String, Error {
    case missingPrecision = "Format specifier missing precision"
    case tooManyDigits = "Too many decimal digits in format string"
    case severalGroupings = "Cannot specify both ',' and '_'."
    case invalid = "Invalid format specifier"
  }

  init() {}

  /// Reads a specification for a value that stands at the left of its field (texts), or at the right (numbers).
  init(_ text: [UInt8], isText: Bool) throws(Mistake) {
    var index = 0
    var hasFill = false
    func isAlign(_ byte: UInt8) -> Bool { "<>=^".utf8.contains(byte) }
    if !text.isEmpty {
      let end = PythonText.scalarEnd(text, 0)
      if end < text.count, isAlign(text[end]) {
        fill = Array(text[0..<end])
        align = text[end]
        hasFill = true
        index = end + 1
      } else if isAlign(text[0]) {
        align = text[0]
        index = 1
      }
    }
    func peek() -> UInt8 { index < text.count ? text[index] : 0 }
    func skip(_ byte: Character) -> Bool {
      guard peek() == byte.asciiValue else { return false }
      index += 1
      return true
    }
    func number() throws(Mistake) -> Int? {
      var value: Int?
      while (0x30...0x39).contains(peek()) {
        let (tens, isOver) = (value ?? 0).multipliedReportingOverflow(by: 10)
        guard !isOver, tens < Int.max - 9 else { throw .tooManyDigits }
        value = tens + Int(text[index] - 0x30)
        index += 1
      }
      return value
    }
    if "+- ".utf8.contains(peek()) {
      sign = peek()
      index += 1
    }
    coercesZero = skip("z")
    isAlternate = skip("#")
    if !hasFill, peek() == UInt8(ascii: "0") {
      fill = [0x30]
      if align == 0, !isText { align = UInt8(ascii: "=") }
      index += 1
    }
    width = try number() ?? 0
    if skip(",") { grouping = UInt8(ascii: ",") }
    if skip("_") {
      guard grouping == 0 else { throw .severalGroupings }
      grouping = UInt8(ascii: "_")
    }
    if peek() == UInt8(ascii: ","), grouping == UInt8(ascii: "_") { throw .severalGroupings }
    if skip(".") {
      guard let digits = try number() else { throw .missingPrecision }
      precision = digits
    }
    guard text.count - index <= 1 else { throw .invalid }
    kind = peek()
  }
}
