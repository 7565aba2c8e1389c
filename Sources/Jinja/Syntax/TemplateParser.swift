import Problems

/// Builds statements from tokens: the grammar of jinja2/parser.py, version 3.1, with the statements of
/// `loopcontrols` and `{% generation %}`. Other templates cannot be reached: a template is one text.
struct TemplateParser {
  /// Deepest nesting of expressions and blocks.
  static let maximumDepth = 100

  let source: TemplateSource
  let tokens: [TemplateToken]
  var position = 0
  var depth = 0
  private var openTags: [(name: [UInt8], offset: Int)] = []

  init(_ source: TemplateSource) throws(Problem) {
    self.source = source
    tokens = try TemplateLexer.tokens(source)
  }

  static func parse(_ source: TemplateSource) throws(Problem) -> [Statement] {
    var parser = try TemplateParser(source)
    return try parser.statements(until: [])
  }

  var current: TemplateToken { tokens[position] }
  var following: TemplateToken { tokens[min(position + 1, tokens.count - 1)] }

  @discardableResult
  mutating func advance() -> TemplateToken {
    let token = tokens[position]
    if position + 1 < tokens.count { position += 1 }
    return token
  }

  func error(_ reason: String, at offset: Int? = nil, remedy: String = "") -> Problem {
    source.error(reason, at: offset ?? current.offset, remedy: remedy)
  }

  mutating func skip(operator text: StaticString) -> Bool {
    guard current.isOperator(text) else { return false }
    advance()
    return true
  }

  mutating func skip(name text: StaticString) -> Bool {
    guard current.isName(text) else { return false }
    advance()
    return true
  }

  private func expected(_ what: String) -> Problem {
    current.kind == .end
      ? error("unexpected end of template, expected '\(what)'.")
      : error("expected token '\(what)', got '\(current.shown)'")
  }

  mutating func expect(operator text: StaticString) throws(Problem) {
    guard skip(operator: text) else { throw expected("\(text)") }
  }

  mutating func expect(name text: StaticString) throws(Problem) {
    guard skip(name: text) else { throw expected("\(text)") }
  }

  mutating func expectName() throws(Problem) -> TemplateToken {
    guard current.kind == .name else { throw expected("name") }
    return advance()
  }

  mutating func expect(_ kind: TemplateToken.Kind, _ shown: String) throws(Problem) {
    guard current.kind == kind else { throw expected(shown) }
    advance()
  }

  /// Runs `body` one level deeper; refuses nesting without end.
  mutating func nested<Result>(
    _ body: (inout TemplateParser) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    guard depth < Self.maximumDepth else {
      throw error("nested deeper than \(Self.maximumDepth) levels")
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  // MARK: Statements

  /// Statements up to one of the tags, whose name is left as the current token.
  mutating func statements(until ends: [StaticString]) throws(Problem) -> [Statement] {
    var body: [Statement] = []
    while current.kind != .end {
      let token = current
      switch token.kind {
      case .data:
        advance()
        if !token.text.isEmpty {
          body.append(Statement(kind: .text(token.text), offset: token.offset))
        }
      case .variableBegin:
        advance()
        let value = try tuple()
        body.append(Statement(kind: .output(value), offset: token.offset))
        try expect(.variableEnd, "end of print statement")
      case .blockBegin:
        advance()
        if ends.contains(where: { current.isName($0) }) { return body }
        body.append(contentsOf: try statement(ends))
        try expect(.blockEnd, "end of statement block")
      default:
        throw error("unexpected '\(token.shown)'")
      }
    }
    if let first = ends.first {
      let open = openTags.last
      throw source.error(
        "Unexpected end of template: \(open.map { "{% \(String(decoding: $0.name, as: UTF8.self)) %}" } ?? "a block") is not closed",
        at: open?.offset ?? current.offset, remedy: "add {% \(ends.last ?? first) %}")
    }
    return body
  }

  /// The body of a block: `%}` statements `{% end`.
  mutating func body(until ends: [StaticString]) throws(Problem) -> [Statement] {
    _ = skip(operator: ":")
    try expect(.blockEnd, "end of statement block")
    return try statements(until: ends)
  }

  private mutating func statement(_ ends: [StaticString]) throws(Problem) -> [Statement] {
    let token = current
    guard token.kind == .name else { throw error("tag name expected") }
    openTags.append((token.text, token.offset))
    defer { openTags.removeLast() }
    return try nested { (parser) throws(Problem) in
      try parser.statement(token, ends)
    }
  }

  private mutating func statement(_ token: TemplateToken, _ ends: [StaticString])
    throws(Problem)
    -> [Statement]
  {
    let name = String(decoding: token.text, as: UTF8.self)
    func one(_ kind: Statement.Kind) -> [Statement] {
      [Statement(kind: kind, offset: token.offset)]
    }
    switch name {
    case "for": return one(try loop())
    case "if": return one(try branch())
    case "set": return one(try assignment())
    case "macro": return one(try macro())
    case "call": return one(try callBlock())
    case "filter":
      advance()
      let chain = try filters(nil, isInline: true)
      let text = try body(until: ["endfilter"])
      advance()
      return one(.filterBlock(filter: chain, body: text))
    case "with": return one(try with())
    case "block": return one(try block())
    case "print":
      advance()
      var outputs: [Statement] = []
      while current.kind != .blockEnd {
        if !outputs.isEmpty { try expect(operator: ",") }
        outputs.append(Statement(kind: .output(try expression()), offset: token.offset))
      }
      return outputs
    case "generation":
      advance()
      let marked = try body(until: ["endgeneration"])
      advance()
      return one(.generation(marked))
    case "break":
      advance()
      return one(.leave)
    case "continue":
      advance()
      return one(.next)
    case "extends", "include", "import", "from":
      throw error(
        "{% \(name) %} reaches for another template, which is not supported: a template is one text",
        remedy: "put that template's text here")
    case "autoescape":
      throw error(
        "{% autoescape %} is not supported: the text is not HTML", remedy: "remove the block")
    default:
      let looking =
        ends.isEmpty ? "" : ": looking for \(ends.map { "'\($0)'" }.joined(separator: " or "))"
      throw error("Encountered unknown tag '\(name)'\(looking)")
    }
  }

  private mutating func loop() throws(Problem) -> Statement.Kind {
    try expect(name: "for")
    let target = try assignmentTarget(endsAtIn: true)
    try expect(name: "in")
    let iterable = try tuple(withCondition: false, ends: ["recursive"])
    let test = skip(name: "if") ? try expression() : nil
    let isRecursive = skip(name: "recursive")
    let statements = try body(until: ["else", "endfor"])
    var otherwise: [Statement] = []
    if advance().isName("else") {
      otherwise = try body(until: ["endfor"])
      advance()
    }
    return .loop(
      ForLoop(
        target: target, iterable: iterable, test: test, isRecursive: isRecursive, body: statements,
        otherwise: otherwise))
  }

  private mutating func branch() throws(Problem) -> Statement.Kind {
    try expect(name: "if")
    let test = try tuple(withCondition: false)
    let then = try body(until: ["elif", "else", "endif"])
    var elseIfs: [(Expression, [Statement])] = []
    var otherwise: [Statement] = []
    while true {
      let tag = advance()
      if tag.isName("elif") {
        let test = try tuple(withCondition: false)
        elseIfs.append((test, try body(until: ["elif", "else", "endif"])))
      } else if tag.isName("else") {
        otherwise = try body(until: ["endif"])
        advance()
        break
      } else {
        break
      }
    }
    return .branch(test: test, then: then, elseIfs: elseIfs, otherwise: otherwise)
  }

  private mutating func assignment() throws(Problem) -> Statement.Kind {
    advance()
    let target = try assignmentTarget(withNamespace: true)
    if skip(operator: "=") { return .assign(target: target, value: try tuple()) }
    let chain = current.isOperator("|") ? try filters(nil, isInline: false) : nil
    let text = try body(until: ["endset"])
    advance()
    return .assignBlock(target: target, filter: chain, body: text)
  }

  private mutating func parameters() throws(Problem) -> [Parameter] {
    var parameters: [Parameter] = []
    try expect(operator: "(")
    while !current.isOperator(")") {
      if !parameters.isEmpty { try expect(operator: ",") }
      let name = try expectName()
      if skip(operator: "=") {
        parameters.append(
          Parameter(name: name.text, standard: try expression(), offset: name.offset))
      } else {
        guard parameters.last?.standard == nil else {
          throw error("non-default argument follows default argument", at: name.offset)
        }
        parameters.append(Parameter(name: name.text, standard: nil, offset: name.offset))
      }
    }
    try expect(operator: ")")
    return parameters
  }

  private mutating func macro() throws(Problem) -> Statement.Kind {
    advance()
    let name = try expectName()
    let signature = try parameters()
    let text = try body(until: ["endmacro"])
    advance()
    return .macro(name: name.text, parameters: signature, body: text)
  }

  private mutating func callBlock() throws(Problem) -> Statement.Kind {
    let tag = advance()
    let signature = current.isOperator("(") ? try parameters() : []
    let call = try expression()
    guard case .call = call.kind else { throw error("expected call", at: tag.offset) }
    let text = try body(until: ["endcall"])
    advance()
    return .callBlock(parameters: signature, call: call, body: text)
  }

  private mutating func with() throws(Problem) -> Statement.Kind {
    advance()
    var targets: [(Expression, Expression)] = []
    while current.kind != .blockEnd {
      if !targets.isEmpty { try expect(operator: ",") }
      let target = try assignmentTarget()
      try expect(operator: "=")
      targets.append((target, try expression()))
    }
    let text = try body(until: ["endwith"])
    advance()
    return .with(targets: targets, body: text)
  }

  private mutating func block() throws(Problem) -> Statement.Kind {
    advance()
    let name = try expectName()
    let isScoped = skip(name: "scoped")
    let isRequired = skip(name: "required")
    if current.isOperator("-") {
      throw error(
        "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead."
      )
    }
    let text = try body(until: ["endblock"])
    let isBlank = text.allSatisfy { statement in
      if case .text(let text) = statement.kind {
        return PythonText.trimEnd(text, 0..<text.count) == 0
      }
      return false
    }
    guard isBlank || !isRequired else {
      throw error("Required blocks can only contain comments or whitespace", at: name.offset)
    }
    advance()
    if current.kind == .name, current.text == name.text { advance() }
    return .block(
      TemplateBlock(name: name.text, isScoped: isScoped, isRequired: isRequired, body: text))
  }
}
