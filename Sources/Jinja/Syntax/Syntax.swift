/// An expression of a template, as written.
struct Expression {
  indirect enum Kind {
    case none
    case bool(Bool)
    case int(Int)
    case big(BigInteger)
    case float(Double)
    case string([UInt8])
    case name([UInt8])
    case tuple([Expression])
    case list([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case condition(test: Expression, then: Expression, otherwise: Expression?)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case not(Expression)
    case negative(Expression)
    case positive(Expression)
    case binary(BinaryOperator, Expression, Expression)
    case concatenation([Expression])
    case comparison(Expression, [(operation: ComparisonOperator, operand: Expression)])
    case attribute(Expression, [UInt8])
    case item(Expression, Expression)
    case slice(Expression?, Expression?, Expression?)
    case call(Expression, CallArguments)
    /// The base is nil in a filter block: the text of the block.
    case filter(Expression?, [UInt8], CallArguments)
    case test(Expression, [UInt8], CallArguments)
    /// `ns.name` as the target of `set`.
    case namespaceReference([UInt8], [UInt8])
  }

  var kind: Kind
  /// Byte offset in the template.
  var offset: Int
}

enum BinaryOperator: UInt8 { case add, subtract, multiply, divide, floorDivide, remainder, power }

enum ComparisonOperator: UInt8 {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isIn, isNotIn
}

struct CallArguments {
  var positional: [Expression] = []
  var keywords: [(name: [UInt8], value: Expression)] = []
  var spread: Expression?
  var keywordSpread: Expression?
}

/// A parameter of a macro, with its default.
struct Parameter {
  var name: [UInt8]
  var standard: Expression?
  var offset: Int
}

/// A statement of a template.
struct Statement {
  indirect enum Kind {
    case text([UInt8])
    case output(Expression)
    case assign(target: Expression, value: Expression)
    case assignBlock(target: Expression, filter: Expression?, body: [Statement])
    case loop(ForLoop)
    case branch(
      test: Expression, then: [Statement], elseIfs: [(Expression, [Statement])],
      otherwise: [Statement])
    case macro(name: [UInt8], parameters: [Parameter], body: [Statement])
    case callBlock(parameters: [Parameter], call: Expression, body: [Statement])
    case filterBlock(filter: Expression, body: [Statement])
    case with(targets: [(Expression, Expression)], body: [Statement])
    case block(TemplateBlock)
    case generation([Statement])
    case leave
    case next
  }

  var kind: Kind
  var offset: Int
}

struct TemplateBlock {
  var name: [UInt8]
  /// Whether it sees the variables of the loops around it.
  var isScoped: Bool
  /// Whether another template has to fill it: none can.
  var isRequired: Bool
  var body: [Statement]
}

struct ForLoop {
  var target: Expression
  var iterable: Expression
  var test: Expression?
  var isRecursive: Bool
  var body: [Statement]
  var otherwise: [Statement]
}
