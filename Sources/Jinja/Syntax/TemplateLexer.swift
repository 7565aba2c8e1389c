import Problems

/// Cuts a template into tokens as Jinja's lexer does with `trim_blocks` and `lstrip_blocks` on
/// (jinja2/lexer.py, version 3.1).
struct TemplateLexer {
  let source: TemplateSource
  var bytes: [UInt8] { source.bytes }
  var position = 0
  var tokens: [TemplateToken] = []
  var lineStarting = true

  init(_ source: TemplateSource) { self.source = source }

  static func tokens(_ source: TemplateSource) throws(Problem) -> [TemplateToken] {
    var lexer = TemplateLexer(source)
    try lexer.run()
    return lexer.tokens
  }

  func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

  mutating func run() throws(Problem) {
    while position < bytes.count {
      guard let tag = nextTag(from: position) else {
        add(.data, position, Array(bytes[position...]))
        position = bytes.count
        break
      }
      let isComment = byte(tag + 1) == UInt8(ascii: "#")
      let isVariable = byte(tag + 1) == UInt8(ascii: "{")
      let raw = byte(tag + 1) == UInt8(ascii: "%") ? rawBegin(tag) : nil
      var inner = tag + 2
      let sign = byte(inner)
      if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { inner += 1 }
      data(position..<tag, sign: sign, isVariable: isVariable)
      if let raw {
        position = raw
        lineStarting = raw > 0 && bytes[raw - 1] == 0x0A
        try rawBlock(tag)
      } else if isComment {
        try comment(inner, tag)
      } else {
        add(isVariable ? .variableBegin : .blockBegin, tag, [])
        position = inner
        try expression(isVariable: isVariable, opened: tag)
      }
    }
    add(.end, bytes.count, [])
  }

  mutating func add(_ kind: TemplateToken.Kind, _ offset: Int, _ text: [UInt8]) {
    tokens.append(TemplateToken(kind: kind, offset: offset, text: text))
  }

  private func nextTag(from start: Int) -> Int? {
    var index = start
    while index + 1 < bytes.count {
      if bytes[index] == UInt8(ascii: "{") {
        let next = bytes[index + 1]
        if next == UInt8(ascii: "{") || next == UInt8(ascii: "%") || next == UInt8(ascii: "#") {
          return index
        }
      }
      index += 1
    }
    return nil
  }

  /// The text before a tag, stripped as its sign and `lstrip_blocks` say.
  private mutating func data(_ range: Range<Int>, sign: UInt8, isVariable: Bool) {
    var end = range.upperBound
    if sign == UInt8(ascii: "-") {
      end = PythonText.trimEnd(bytes, range)
    } else if sign != UInt8(ascii: "+"), !isVariable {
      let newline = bytes[range].lastIndex(of: 0x0A)
      let lineStart = newline.map { $0 + 1 } ?? range.lowerBound
      if newline != nil || lineStarting,
        lineStart < end, PythonText.trimEnd(bytes, lineStart..<end) == lineStart
      {
        end = lineStart
      }
    }
    if end > range.lowerBound { add(.data, range.lowerBound, Array(bytes[range.lowerBound..<end])) }
  }

  func skipSpace(_ start: Int) -> Int {
    PythonText.trimStart(bytes, start..<bytes.count)
  }

  func has(_ text: StaticString, at index: Int) -> Bool {
    guard index + text.utf8CodeUnitCount <= bytes.count else { return false }
    for step in 0..<text.utf8CodeUnitCount where unsafe bytes[index + step] != text.utf8Start[step]
    {
      return false
    }
    return true
  }

  /// Where the text of a raw block starts, if the tag opens one.
  private func rawBegin(_ tag: Int) -> Int? {
    var index = tag + 2
    if byte(index) == UInt8(ascii: "-") || byte(index) == UInt8(ascii: "+") { index += 1 }
    index = skipSpace(index)
    guard has("raw", at: index) else { return nil }
    index = skipSpace(index + 3)
    if has("-%}", at: index) { return skipSpace(index + 3) }
    return has("%}", at: index) ? index + 2 : nil
  }

  private mutating func rawBlock(_ opened: Int) throws(Problem) {
    var tag = position
    while tag < bytes.count {
      guard has("{%", at: tag) else {
        tag += 1
        continue
      }
      var index = tag + 2
      let sign = byte(index)
      if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { index += 1 }
      index = skipSpace(index)
      guard has("endraw", at: index), let end = blockEnd(skipSpace(index + 6)) else {
        tag += 1
        continue
      }
      data(position..<tag, sign: sign, isVariable: false)
      finish(end)
      return
    }
    throw source.error("Missing end of raw directive", at: opened, remedy: "add {% endraw %}")
  }

  /// The end of `%}` (with its sign, the space that `-` eats, the newline that trimming eats).
  func blockEnd(_ index: Int) -> Int? {
    if has("-%}", at: index) { return skipSpace(index + 3) }
    if has("+%}", at: index) { return index + 3 }
    guard has("%}", at: index) else { return nil }
    return byte(index + 2) == 0x0A && index + 2 < bytes.count ? index + 3 : index + 2
  }

  mutating func finish(_ end: Int) {
    position = end
    lineStarting = bytes[end - 1] == 0x0A
  }

  private mutating func comment(_ inner: Int, _ opened: Int) throws(Problem) {
    var index = inner
    while index + 1 < bytes.count {
      if has("-#}", at: index) { return finish(skipSpace(index + 3)) }
      if has("+#}", at: index) { return finish(index + 3) }
      if has("#}", at: index) {
        return finish(byte(index + 2) == 0x0A && index + 2 < bytes.count ? index + 3 : index + 2)
      }
      index += 1
    }
    throw source.error("Missing end of comment tag", at: opened, remedy: "add #}")
  }
}
