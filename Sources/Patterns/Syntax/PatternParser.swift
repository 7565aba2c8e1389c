import Problems

/// Reads a pattern as its dialect reads it. What has no equal here is refused with its name and place.
struct PatternParser {
  let source: String
  let bytes: [UInt8]
  let dialect: PatternDialect
  var position = 0
  var ignoresCase = false
  var dotMatchesNewline = false
  var isExtended = false
  /// `(?m)` of Rust: `^` and `$` are ends of lines.
  var matchesLines: Bool
  private var depth = 0
  var classDepth = 0
  private var captures = 0
  private var hasNames = false
  private var largestReference: (number: Int, at: Int)?

  init(_ source: String, _ dialect: PatternDialect) {
    self.source = source
    self.dialect = dialect
    matchesLines = dialect == .oniguruma
    bytes = Array(source.utf8)
  }

  static func parse(
    _ source: String, _ dialect: PatternDialect
  ) throws(Problem) -> PatternNode {
    var parser = PatternParser(source, dialect)
    let node = try parser.alternatives()
    if parser.position < parser.bytes.count { throw parser.refusal("unmatched )") }
    if let reference = parser.largestReference,
      reference.number > parser.captures || parser.hasNames
    {
      parser.position = reference.at
      throw parser.refusal("a back reference to a group that is not there or not numbered")
    }
    return node
  }

  func refusal(_ reason: String, at offset: Int? = nil) -> Problem {
    Problem(pattern: source, offset: offset ?? position, reason: reason)
  }

  // MARK: Structure

  mutating func alternatives() throws(Problem) -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 200 else { throw refusal("groups are nested more than 200 deep") }
    var all = [try sequence()]
    while peek("|") {
      position += 1
      all.append(try sequence())
    }
    return all.count == 1 ? all[0] : .alternatives(all)
  }

  private mutating func sequence() throws(Problem) -> PatternNode {
    var parts: [PatternNode] = []
    var literals: [Bool] = []
    while position < bytes.count, !peek("|"), !peek(")") {
      if isExtended, skipsExtendedSpace() { continue }
      let start = position
      guard var part = try atom() else { continue }
      var isLiteral = isLiteralScalar(part)
      var quantifiers = 0
      while let repeated = try quantified(part, from: start) {
        part = repeated
        quantifiers += 1
        guard quantifiers <= 100 else {
          throw refusal("more than 100 quantifiers behind one another", at: start)
        }
        isLiteral = false
      }
      parts.append(part)
      literals.append(isLiteral)
    }
    if ignoresCase, dialect == .oniguruma { try joinFoldedSequences(&parts, literals) }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private func isLiteralScalar(_ node: PatternNode) -> Bool {
    if case .set(let set) = node {
      set.ranges.count <= 4 && set.ranges.allSatisfy { $0.count <= 2 }
    } else {
      false
    }
  }

  private mutating func skipsExtendedSpace() -> Bool {
    if " \t\n\r\u{0B}\u{0C}".utf8.contains(bytes[position]) {
      position += 1
      return true
    }
    guard peek("#") else { return false }
    while position < bytes.count, bytes[position] != 0x0A { position += 1 }
    return true
  }

  private mutating func atom() throws(Problem) -> PatternNode? {
    let start = position
    switch bytes[position] {
    case UInt8(ascii: "("): return try group()
    case UInt8(ascii: "["):
      position += 1
      return .set(try characterClass())
    case UInt8(ascii: "."):
      position += 1
      return .set(dotMatchesNewline ? .all : ScalarSet.newline.complement)
    case UInt8(ascii: "^"):
      position += 1
      return lineStart
    case UInt8(ascii: "$"):
      position += 1
      return .assertion(matchesLines ? .lineEnd : .textEnd)
    case UInt8(ascii: "\\"): return try escape()
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
      throw refusal("a quantifier with nothing before it", at: start)
    default:
      let scalar = bytes.scalar(at: position)
      position += scalar.length
      return .set(literal(scalar.value))
    }
  }

  /// `^`: Oniguruma finds no line after a newline that ends the text, Rust does.
  private var lineStart: PatternNode {
    if !matchesLines { return .assertion(.textStart) }
    if dialect == .oniguruma { return .assertion(.lineStart) }
    return .alternatives([
      .assertion(.textStart), .look(.set(.newline), isAhead: false, isNegative: false),
    ])
  }

  func literal(_ scalar: UInt32) -> ScalarSet {
    ignoresCase ? ScalarSet(scalar).foldingCase(dialect) : ScalarSet(scalar)
  }

  // MARK: Groups

  private mutating func group() throws(Problem) -> PatternNode? {
    let start = position
    position += 1
    let options = (ignoresCase, dotMatchesNewline, isExtended, matchesLines)
    func restored(_ parser: inout PatternParser) {
      (
        parser.ignoresCase, parser.dotMatchesNewline, parser.isExtended, parser.matchesLines
      ) = options
    }
    guard peek("?") else {
      if peek("*") { throw refusal("callouts are not supported", at: start) }
      captures += 1
      let inner = try closed(start)
      restored(&self)
      return .capture(inner)
    }
    position += 1
    guard position < bytes.count else { throw refusal("the group is not closed", at: start) }
    let kind = bytes[position]
    switch kind {
    case UInt8(ascii: "#"):
      while position < bytes.count, !peek(")") {
        position += peek("\\") ? 2 : 1
      }
      guard position < bytes.count else { throw refusal("the comment is not closed", at: start) }
      position += 1
      return nil
    case UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: ">"):
      position += 1
      let inner = try closed(start)
      restored(&self)
      return switch kind {
      case UInt8(ascii: "="): .look(inner, isAhead: true, isNegative: false)
      case UInt8(ascii: "!"): .look(inner, isAhead: true, isNegative: true)
      case UInt8(ascii: ">"): .atomic(inner)
      default: inner
      }
    case UInt8(ascii: "<"), UInt8(ascii: "P"):
      if kind == UInt8(ascii: "P") {
        guard dialect == .rust, position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "<")
        else { throw refusal("this kind of group or option is not supported", at: start) }
        position += 1
      }
      let next = position + 1 < bytes.count ? bytes[position + 1] : 0
      if next == UInt8(ascii: "=") || next == UInt8(ascii: "!") {
        position += 2
        let inner = try closed(start)
        restored(&self)
        return .look(inner, isAhead: false, isNegative: next == UInt8(ascii: "!"))
      }
      hasNames = true
      guard let end = bytes[position...].firstIndex(of: UInt8(ascii: ">")), end > position + 1
      else { throw refusal("the group's name is not closed", at: start) }
      position = end + 1
      let inner = try closed(start)
      restored(&self)
      return .capture(inner)
    default:
      try readOptions(start)
      let isolated = peek(")")
      position += 1
      // In Rust's syntax the options hold to the end of the group that is open, alternatives or not.
      if isolated, dialect == .rust { return nil }
      if isolated {
        let rest = try alternatives()
        restored(&self)
        return rest
      }
      let inner = try closed(start)
      restored(&self)
      return inner
    }
  }

  /// The inside of a group up to its closing parenthesis.
  private mutating func closed(_ start: Int) throws(Problem) -> PatternNode {
    let inner = try alternatives()
    guard peek(")") else { throw refusal("the group is not closed", at: start) }
    position += 1
    return inner
  }

  /// `imx-imx` up to `:` or `)`.
  private mutating func readOptions(_ start: Int) throws(Problem) {
    var isOn = true
    while position < bytes.count, !peek(":"), !peek(")") {
      switch bytes[position] {
      case UInt8(ascii: "-"): isOn = false
      case UInt8(ascii: "i"): ignoresCase = isOn
      case UInt8(ascii: "m"):
        if dialect == .rust { matchesLines = isOn } else { dotMatchesNewline = isOn }
      case UInt8(ascii: "s") where dialect == .rust: dotMatchesNewline = isOn
      case UInt8(ascii: "x"): isExtended = isOn
      default: throw refusal("this kind of group or option is not supported", at: start)
      }
      position += 1
    }
    guard position < bytes.count else { throw refusal("the group is not closed", at: start) }
  }

  // MARK: Small things

  func peek(_ character: Character) -> Bool {
    position < bytes.count && bytes[position] == character.asciiValue
  }

  /// Notes a back reference; whether its group is there is known at the end.
  mutating func note(reference number: Int, at offset: Int) {
    if number > largestReference?.number ?? 0 { largestReference = (number, offset) }
  }
}
