import Problems

/// One token of a template, as Jinja's lexer cuts it.
struct TemplateToken {
  enum Kind: Equatable {
    case data
    case blockBegin, blockEnd
    case variableBegin, variableEnd
    case name, string, integer, float
    case op
    case end
  }

  var kind: Kind
  /// Byte offset in the normalized source.
  var offset: Int
  /// The text of data (newlines normalized), a name, an operator; the unescaped text of a string.
  var text: [UInt8]
  var integer = 0
  /// An integer that does not fit 64 bits.
  var big: BigInteger?
  var float = 0.0

  func isOperator(_ text: StaticString) -> Bool { kind == .op && matches(text) }
  func isName(_ text: StaticString) -> Bool { kind == .name && matches(text) }

  private func matches(_ other: StaticString) -> Bool {
    guard text.count == other.utf8CodeUnitCount else { return false }
    for index in text.indices where unsafe text[index] != other.utf8Start[index] { return false }
    return true
  }

  /// As error messages call it.
  var shown: String {
    switch kind {
    case .data: "template data / text"
    case .blockBegin: "begin of statement block"
    case .blockEnd: "end of statement block"
    case .variableBegin: "begin of print statement"
    case .variableEnd: "end of print statement"
    case .string: "string"
    case .integer: "integer"
    case .float: "float"
    case .end: "end of template"
    case .name, .op: String(decoding: text, as: UTF8.self)
    }
  }
}

/// The text of a template with normalized newlines, and where its lines are.
package struct TemplateSource: Sendable {
  package let name: String
  package let bytes: [UInt8]

  /// Jinja's lexer reads `\r\n` and `\r` as `\n`, and forgets one newline at the end.
  init(_ source: some Collection<UInt8>, name: String) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.count)
    var previous: UInt8 = 0
    for byte in source {
      if byte == 0x0D {
        bytes.append(0x0A)
      } else if !(byte == 0x0A && previous == 0x0D) {
        bytes.append(byte)
      }
      previous = byte
    }
    if bytes.last == 0x0A { bytes.removeLast() }
    self.name = name
    self.bytes = bytes
  }

  /// Line and column (code points) of an offset, from 1, and the line itself. O(n).
  package func place(of offset: Int) -> (line: Int, column: Int, text: String) {
    let offset = min(max(offset, 0), bytes.count)
    let start = bytes[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
    let line = bytes[..<start].count { $0 == 0x0A } + 1
    let column = bytes[start..<offset].count { $0 & 0xC0 != 0x80 } + 1
    let limit = min(end, start + 400)
    return (line, column, String(decoding: bytes[start..<limit], as: UTF8.self))
  }

  func error(_ reason: String, at offset: Int, remedy: String = "") -> Problem {
    let place = place(of: offset)
    return Problem(
      .template, Place(file: name, line: place.line, column: place.column, excerpt: place.text),
      reason: reason, remedy: remedy)
  }
}
