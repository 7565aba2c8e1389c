import Problems

extension TemplateParser {
  /// What may be assigned to: a name, `ns.name`, or a tuple of them.
  mutating func assignmentTarget(endsAtIn: Bool = false, withNamespace: Bool = false)
    throws(Problem) -> Expression
  {
    let target = try tuple(
      isSimple: true, ends: endsAtIn ? ["in"] : [], withNamespace: withNamespace)
    try checkAssignable(target)
    return target
  }

  private func checkAssignable(_ target: Expression) throws(Problem) {
    switch target.kind {
    case .name, .namespaceReference: return
    case .tuple(let targets): for target in targets { try checkAssignable(target) }
    default: throw error("can't assign to this expression", at: target.offset)
    }
  }

  /// One expression, or several with commas between them.
  mutating func tuple(
    isSimple: Bool = false, withCondition: Bool = true, ends: [StaticString] = [],
    inParentheses: Bool = false, withNamespace: Bool = false
  ) throws(Problem) -> Expression {
    let offset = current.offset
    var items: [Expression] = []
    var isTuple = false
    while true {
      if !items.isEmpty { try expect(operator: ",") }
      if current.kind == .variableEnd || current.kind == .blockEnd || current.isOperator(")")
        || ends.contains(where: { current.isName($0) })
      {
        break
      }
      items.append(
        isSimple ? try primary(withNamespace: withNamespace) : try expression(withCondition))
      guard current.isOperator(",") else { break }
      isTuple = true
    }
    if !isTuple {
      if let only = items.first { return only }
      guard inParentheses else {
        throw error("Expected an expression, got '\(current.shown)'")
      }
    }
    return Expression(kind: .tuple(items), offset: offset)
  }

  mutating func expression(_ withCondition: Bool = true) throws(Problem) -> Expression {
    try nested { (parser) throws(Problem) in
      withCondition ? try parser.condition() : try parser.or()
    }
  }

  mutating func condition() throws(Problem) -> Expression {
    let offset = current.offset
    var value = try or()
    var links = 0
    while skip(name: "if") {
      try link(&links)
      let test = try or()
      var otherwise: Expression?
      if skip(name: "else") {
        otherwise = try nested { (parser) throws(Problem) in try parser.condition() }
      }
      value = Expression(
        kind: .condition(test: test, then: value, otherwise: otherwise), offset: offset)
    }
    return value
  }

  mutating func or() throws(Problem) -> Expression {
    var left = try and()
    var links = 0
    while current.isName("or") {
      try link(&links)
      let offset = advance().offset
      left = Expression(kind: .or(left, try and()), offset: offset)
    }
    return left
  }

  mutating func and() throws(Problem) -> Expression {
    var left = try not()
    var links = 0
    while current.isName("and") {
      try link(&links)
      let offset = advance().offset
      left = Expression(kind: .and(left, try not()), offset: offset)
    }
    return left
  }

  mutating func not() throws(Problem) -> Expression {
    guard current.isName("not") else { return try comparison() }
    let offset = advance().offset
    let operand = try nested { (parser) throws(Problem) in try parser.not() }
    return Expression(kind: .not(operand), offset: offset)
  }

  mutating func comparison() throws(Problem) -> Expression {
    let offset = current.offset
    let first = try sum()
    var rest: [(operation: ComparisonOperator, operand: Expression)] = []
    while true {
      let operation: ComparisonOperator
      if current.isOperator("==") {
        operation = .equal
      } else if current.isOperator("!=") {
        operation = .notEqual
      } else if current.isOperator("<") {
        operation = .less
      } else if current.isOperator("<=") {
        operation = .lessOrEqual
      } else if current.isOperator(">") {
        operation = .greater
      } else if current.isOperator(">=") {
        operation = .greaterOrEqual
      } else if current.isName("in") {
        operation = .isIn
      } else if current.isName("not"), following.isName("in") {
        advance()
        operation = .isNotIn
      } else {
        break
      }
      advance()
      rest.append((operation, try sum()))
    }
    return rest.isEmpty ? first : Expression(kind: .comparison(first, rest), offset: offset)
  }

  private mutating func sum() throws(Problem) -> Expression {
    var left = try concatenation()
    var links = 0
    while current.isOperator("+") || current.isOperator("-") {
      try link(&links)
      let token = advance()
      let operation = token.isOperator("+") ? BinaryOperator.add : .subtract
      left = Expression(kind: .binary(operation, left, try concatenation()), offset: token.offset)
    }
    return left
  }

  mutating func concatenation() throws(Problem) -> Expression {
    let offset = current.offset
    var items = [try product()]
    while skip(operator: "~") { items.append(try product()) }
    return items.count == 1 ? items[0] : Expression(kind: .concatenation(items), offset: offset)
  }

  private mutating func product() throws(Problem) -> Expression {
    var left = try power()
    var links = 0
    while true {
      try link(&links)
      let operation: BinaryOperator
      if current.isOperator("*") {
        operation = .multiply
      } else if current.isOperator("/") {
        operation = .divide
      } else if current.isOperator("//") {
        operation = .floorDivide
      } else if current.isOperator("%") {
        operation = .remainder
      } else {
        return left
      }
      let offset = advance().offset
      left = Expression(kind: .binary(operation, left, try power()), offset: offset)
    }
  }

  mutating func power() throws(Problem) -> Expression {
    var left = try unary()
    var links = 0
    while current.isOperator("**") {
      try link(&links)
      let offset = advance().offset
      left = Expression(kind: .binary(.power, left, try unary()), offset: offset)
    }
    return left
  }

  private mutating func unary(withFilter: Bool = true) throws(Problem) -> Expression {
    let offset = current.offset
    var value: Expression
    if current.isOperator("-") || current.isOperator("+") {
      let isNegative = advance().isOperator("-")
      let operand = try nested { (parser) throws(Problem) in
        try parser.unary(withFilter: false)
      }
      value = Expression(kind: isNegative ? .negative(operand) : .positive(operand), offset: offset)
    } else {
      value = try primary()
    }
    value = try postfix(value)
    return withFilter ? try filtersAndTests(value) : value
  }
}
