import Problems

/// Literals, calls, subscripts, filters and tests.
extension TemplateParser {
  mutating func primary(withNamespace: Bool = false) throws(Problem) -> Expression {
    let token = current
    switch token.kind {
    case .name:
      advance()
      switch String(decoding: token.text, as: UTF8.self) {
      case "true", "True": return Expression(kind: .bool(true), offset: token.offset)
      case "false", "False": return Expression(kind: .bool(false), offset: token.offset)
      case "none", "None": return Expression(kind: .none, offset: token.offset)
      default: break
      }
      if withNamespace, skip(operator: ".") {
        let attribute = try expectName()
        return Expression(
          kind: .namespaceReference(token.text, attribute.text), offset: token.offset)
      }
      return Expression(kind: .name(token.text), offset: token.offset)
    case .string:
      var text: [UInt8] = []
      while current.kind == .string { text.append(contentsOf: advance().text) }
      return Expression(kind: .string(text), offset: token.offset)
    case .integer:
      advance()
      return Expression(
        kind: token.big.map { .big($0) } ?? .int(token.integer), offset: token.offset)
    case .float:
      advance()
      return Expression(kind: .float(token.float), offset: token.offset)
    case .op where token.isOperator("("):
      advance()
      let value = try nested { (parser) throws(Problem) in
        try parser.tuple(inParentheses: true)
      }
      try expect(operator: ")")
      return value
    case .op where token.isOperator("["): return try list()
    case .op where token.isOperator("{"): return try dictionary()
    default: throw error("unexpected '\(token.shown)'")
    }
  }

  mutating func list() throws(Problem) -> Expression {
    let offset = advance().offset
    var items: [Expression] = []
    while !current.isOperator("]") {
      if !items.isEmpty { try expect(operator: ",") }
      if current.isOperator("]") { break }
      items.append(try expression())
    }
    try expect(operator: "]")
    return Expression(kind: .list(items), offset: offset)
  }

  mutating func dictionary() throws(Problem) -> Expression {
    let offset = advance().offset
    var members: [(key: Expression, value: Expression)] = []
    while !current.isOperator("}") {
      if !members.isEmpty { try expect(operator: ",") }
      if current.isOperator("}") { break }
      let key = try expression()
      try expect(operator: ":")
      members.append((key, try expression()))
    }
    try expect(operator: "}")
    return Expression(kind: .dictionary(members), offset: offset)
  }

  /// Attributes, items, slices and calls after a value.
  mutating func postfix(_ value: Expression) throws(Problem) -> Expression {
    var value = value
    var links = 0
    while true {
      try link(&links)
      if current.isOperator(".") || current.isOperator("[") {
        value = try subscription(value)
      } else if current.isOperator("(") {
        let offset = current.offset
        value = Expression(kind: .call(value, try arguments()), offset: offset)
      } else {
        return value
      }
    }
  }

  mutating func filtersAndTests(_ value: Expression) throws(Problem) -> Expression {
    var value = value
    var links = 0
    while true {
      try link(&links)
      if current.isOperator("|") {
        value = try filters(value, isInline: false)
      } else if current.isName("is") {
        value = try test(value)
      } else if current.isOperator("(") {
        let offset = current.offset
        value = Expression(kind: .call(value, try arguments()), offset: offset)
      } else {
        return value
      }
    }
  }

  private mutating func subscription(_ value: Expression) throws(Problem) -> Expression {
    let token = advance()
    if token.isOperator(".") {
      let attribute = advance()
      switch attribute.kind {
      case .name:
        return Expression(kind: .attribute(value, attribute.text), offset: attribute.offset)
      case .integer:
        let index = Expression(kind: .int(attribute.integer), offset: attribute.offset)
        return Expression(kind: .item(value, index), offset: attribute.offset)
      default: throw error("expected name or number", at: attribute.offset)
      }
    }
    var items: [Expression] = []
    while !current.isOperator("]") {
      if !items.isEmpty { try expect(operator: ",") }
      items.append(try indexOrSlice())
    }
    try expect(operator: "]")
    let index = items.count == 1 ? items[0] : Expression(kind: .tuple(items), offset: token.offset)
    return Expression(kind: .item(value, index), offset: token.offset)
  }

  private mutating func indexOrSlice() throws(Problem) -> Expression {
    let offset = current.offset
    var start: Expression?
    if !current.isOperator(":") {
      start = try expression()
      guard current.isOperator(":") else {
        return start ?? Expression(kind: .none, offset: offset)
      }
    }
    try expect(operator: ":")
    var stop: Expression?
    var step: Expression?
    func isOver(_ parser: TemplateParser) -> Bool {
      parser.current.isOperator("]") || parser.current.isOperator(",")
    }
    if !current.isOperator(":"), !isOver(self) { stop = try expression() }
    if skip(operator: ":"), !isOver(self) { step = try expression() }
    return Expression(kind: .slice(start, stop, step), offset: offset)
  }

  mutating func arguments() throws(Problem) -> CallArguments {
    let offset = current.offset
    try expect(operator: "(")
    var arguments = CallArguments()
    var isFirst = true
    func invalid(_ parser: TemplateParser) -> Problem {
      parser.error("invalid syntax for function call expression", at: offset)
    }
    while !current.isOperator(")") {
      if !isFirst {
        try expect(operator: ",")
        if current.isOperator(")") { break }
      }
      isFirst = false
      if skip(operator: "*") {
        guard arguments.spread == nil, arguments.keywordSpread == nil else { throw invalid(self) }
        arguments.spread = try expression()
      } else if skip(operator: "**") {
        guard arguments.keywordSpread == nil else { throw invalid(self) }
        arguments.keywordSpread = try expression()
      } else if current.kind == .name, following.isOperator("=") {
        guard arguments.keywordSpread == nil else { throw invalid(self) }
        let name = advance()
        advance()
        guard !arguments.keywords.contains(where: { $0.name == name.text }) else {
          throw error("keyword argument repeated", at: name.offset)
        }
        arguments.keywords.append((name.text, try expression()))
      } else {
        guard arguments.spread == nil, arguments.keywordSpread == nil, arguments.keywords.isEmpty
        else { throw invalid(self) }
        arguments.positional.append(try expression())
      }
    }
    try expect(operator: ")")
    return arguments
  }

  /// `| name(…)` once or more; `isInline` where the first name stands alone (`{% filter name %}`).
  mutating func filters(_ base: Expression?, isInline: Bool) throws(Problem) -> Expression {
    var value = base
    var isInline = isInline
    var offset = current.offset
    var links = 0
    while current.isOperator("|") || isInline {
      try link(&links)
      if !isInline { advance() }
      isInline = false
      offset = current.offset
      let name = try dottedName()
      let arguments = current.isOperator("(") ? try arguments() : CallArguments()
      value = Expression(kind: .filter(value, name, arguments), offset: offset)
    }
    guard let value else { throw error("expected a filter", at: offset) }
    return value
  }

  private mutating func dottedName() throws(Problem) -> [UInt8] {
    var name = try expectName().text
    while skip(operator: ".") { name += [UInt8(ascii: ".")] + (try expectName().text) }
    return name
  }

  mutating func test(_ value: Expression) throws(Problem) -> Expression {
    advance()
    let isNegated = skip(name: "not")
    let offset = current.offset
    let name = try dottedName()
    var passed = CallArguments()
    if current.isOperator("(") {
      passed = try arguments()
    } else {
      let startsValue =
        switch current.kind {
        case .name:
          !current.isName("else") && !current.isName("or") && !current.isName("and")
        case .string, .integer, .float: true
        case .op: current.isOperator("[") || current.isOperator("{")
        default: false
        }
      if startsValue {
        if current.isName("is") { throw error("You cannot chain multiple tests with is") }
        let operand = try primary()
        passed.positional = [try postfix(operand)]
      }
    }
    let result = Expression(kind: .test(value, name, passed), offset: offset)
    return isNegated ? Expression(kind: .not(result), offset: offset) : result
  }

  /// Counts the links of a chain (`a + b + …`): each makes the tree one deeper.
  func link(_ links: inout Int) throws(Problem) {
    links += 1
    guard links <= 300 else { throw error("an expression of more than 300 links") }
  }
}
