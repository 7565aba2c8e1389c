import Problems

extension Compiler {
  mutating func expression(_ expression: Expression) throws(Problem) -> Int32 {
    try deeper(expression.offset) { (compiler) throws(Problem) in
      try compiler.node(expression)
    }
  }

  /// As `expression`, of which is known what is done with it.
  mutating func expression(_ expression: Expression, _ place: Place) throws(Problem) -> Int32 {
    self.place = place
    return try self.expression(expression)
  }

  /// What is done with the base of a subscript: its end stays open where a slice goes on to it.
  private func place(ofBase index: Expression, _ place: Place) -> Place {
    guard case .slice(_, let stop, let step) = index.kind else { return .list }
    return stop == nil && step == nil && place == .list ? .list : .other
  }

  /// A variable that may change from render to render is watched, as far as the machine does not see what is read of it.
  private mutating func watched(_ node: Int32, _ name: [UInt8], _ place: Place, _ offset: Int)
    -> Int32
  {
    guard let growing, place != .existence else { return node }
    if name == growing.flag { return add(.growingFlag, node, at: offset) }
    guard growing.lists.contains(name), place != .list else { return node }
    return add(place == .truth ? .growingTruth : .growing, node, at: offset)
  }

  private mutating func expressions(_ items: [Expression]) throws(Problem) -> [Int32] {
    var nodes: [Int32] = []
    nodes.reserveCapacity(items.count)
    for item in items { nodes.append(try expression(item)) }
    return nodes
  }

  private mutating func node(_ expression: Expression) throws(Problem) -> Int32 {
    let offset = expression.offset
    let place = self.place
    self.place = .other
    switch expression.kind {
    case .none: return add(.constant, constant(.none), at: offset)
    case .bool(let value): return add(.constant, constant(.bool(value)), at: offset)
    case .int(let value): return add(.constant, constant(.int(value)), at: offset)
    case .big(let value): return add(.constant, constant(.big(value)), at: offset)
    case .float(let value): return add(.constant, constant(.float(value.bitPattern)), at: offset)
    case .string(let text): return add(.constant, constant(.string(text)), at: offset)
    case .name(let name):
      return expression.isBlocks(in: symbols)
        ? add(.blocks, at: offset) : watched(variable(name, offset), name, place, offset)
    case .tuple(let items):
      return add(.tuple, list(try expressions(items)), at: offset)
    case .list(let items):
      return add(.list, list(try expressions(items)), at: offset)
    case .dictionary(let members):
      var nodes: [Int32] = []
      for (key, value) in members {
        nodes.append(try self.expression(key))
        nodes.append(try self.expression(value))
      }
      return add(.dictionary, list(nodes), at: offset)
    case .condition(let test, let then, let otherwise):
      return try soft { (compiler) throws(Problem) in
        let testNode = try compiler.expression(test, .truth)
        let thenNode = try compiler.expression(then, place)
        var otherwiseNode: Int32 = -1
        if let otherwise { otherwiseNode = try compiler.expression(otherwise, place) }
        return compiler.add(.condition, testNode, thenNode, otherwiseNode, at: offset)
      }
    case .and(let left, let right):
      let place = place == .truth ? place : .other
      return add(
        .and, try self.expression(left, place), try self.expression(right, place), at: offset)
    case .or(let left, let right):
      let place = place == .truth ? place : .other
      return add(
        .or, try self.expression(left, place), try self.expression(right, place), at: offset)
    case .not(let operand): return add(.not, try self.expression(operand, .truth), at: offset)
    case .negative(let operand):
      if case .int(let value) = operand.kind {
        return add(.constant, constant(.int(0 - value)), at: offset)
      }
      return add(.negative, try self.expression(operand), at: offset)
    case .positive(let operand): return add(.positive, try self.expression(operand), at: offset)
    case .binary(.add, _, _):
      var operands: [Expression] = []
      var first = expression
      while case .binary(.add, let left, let right) = first.kind {
        operands.append(right)
        first = left
      }
      operands.append(first)
      return add(.sum, list(try expressions(operands.reversed())), at: offset)
    case .binary(.power, let left, let right) where left.isNegativeNumber && !right.isConstant:
      // jinja2 writes a negative constant without brackets, and Python raises before it negates.
      let number = left.children[0]
      return add(
        .negative,
        add(
          .binary, try self.expression(number), try self.expression(right),
          Int32(BinaryOperator.power.rawValue), at: offset), at: offset)
    case .binary(let operation, let left, let right):
      return add(
        .binary, try self.expression(left), try self.expression(right),
        Int32(operation.rawValue), at: offset)
    case .concatenation(let items):
      return add(.concatenation, list(try expressions(items)), at: offset)
    case .comparison(let first, let rest):
      let firstNode = try self.expression(first)
      if rest.count == 1 {
        return add(
          .compare, firstNode, try self.expression(rest[0].operand),
          Int32(rest[0].operation.rawValue), at: offset)
      }
      var nodes: [Int32] = []
      for (operation, operand) in rest {
        nodes.append(Int32(operation.rawValue))
        nodes.append(try self.expression(operand))
      }
      return add(.compareChain, firstNode, list(nodes), at: offset)
    case .attribute(let base, let name):
      return try member(.attribute, of: base, name, offset)
    case .item(let base, let index):
      if case .string(let name) = index.kind { return try member(.key, of: base, name, offset) }
      let baseNode = try self.expression(base, self.place(ofBase: index, place))
      if case .slice(let start, let stop, let step) = index.kind {
        switch base.kind {
        case .int, .big, .float, .bool, .none, .dictionary, .negative:
          // jinja2 takes it for undefined where all is constant, and for an error elsewhere.
          throw error("a slice of a constant that has no items is not supported", offset)
        default: break
        }
        var bounds: [Int32] = []
        for bound in [start, stop, step] {
          if let bound { bounds.append(try self.expression(bound)) } else { bounds.append(-1) }
        }
        return add(.slice, baseNode, list(bounds), at: offset)
      }
      return add(.item, baseNode, try self.expression(index), at: offset)
    case .slice: throw error("a slice among several subscripts is not supported", offset)
    case .call(let callee, let arguments):
      if case .attribute(let base, let name) = callee.kind {
        if base.isBlocks(in: symbols) { return try blockCall(name, arguments, offset) }
        let baseNode = try self.expression(base)
        let passed = try self.arguments(arguments, method: name)
        return add(.methodCall, baseNode, constant(.string(name)), passed, at: offset)
      }
      return add(.call, try self.expression(callee), try self.arguments(arguments), at: offset)
    case .filter(let base, let name, let arguments):
      let baseNode =
        try base.map { (base) throws(Problem) in try self.expression(base) }
        ?? add(.blockText, at: offset)
      if arguments.isEmpty, name == Array("trim".utf8) { return add(.trim, baseNode, at: offset) }
      if arguments.isEmpty, name == Array("length".utf8) {
        return add(.length, baseNode, at: offset)
      }
      guard let filter = Library.filters.number(name) else {
        let shown = String(decoding: name, as: UTF8.self)
        if Library.refusedFilters.contains(shown) {
          throw error("the filter '\(shown)' is not supported in templates", offset)
        }
        guard isSoft else { throw error("No filter named '\(shown)'.", offset) }
        return add(.unknownFilter, constant(.string(name)), baseNode, at: offset)
      }
      let passed = try arguments.isEmpty ? -1 : self.arguments(arguments)
      return add(.filter, baseNode, filter, passed, at: offset)
    case .test(let value, let name, let arguments):
      let isExistence = ["defined", "undefined"].contains { name == Array($0.utf8) }
      let valueNode = try self.expression(value, isExistence ? .existence : .other)
      if arguments.isEmpty, let kind = Program.Kind.named(name) {
        return add(.kind, valueNode, kind.rawValue, at: offset)
      }
      guard let test = Library.tests.number(name) else {
        guard isSoft else {
          throw error("No test named '\(String(decoding: name, as: UTF8.self))'.", offset)
        }
        return add(.unknownTest, constant(.string(name)), valueNode, at: offset)
      }
      let passed = try arguments.isEmpty ? -1 : self.arguments(arguments)
      return add(.test, valueNode, test, passed, at: offset)
    case .namespaceReference: throw error("a namespace attribute cannot be read this way", offset)
    }
  }

  private mutating func member(
    _ operation: Program.Operation, of base: Expression, _ name: [UInt8], _ offset: Int
  ) throws(Problem) -> Int32 {
    let node = try expression(base)
    let constant = constant(.string(name))
    let known = Program.MemberName(name, atom: program.atoms.find(name) ?? 0)
    return add(operation, node, constant, known.code, at: offset)
  }

  private mutating func variable(_ name: [UInt8], _ offset: Int) -> Int32 {
    let constant = constant(.string(name))
    guard !symbols.isContextOnly(name), let variable = symbols.find(name) else {
      return add(.context, context(name), constant, at: offset)
    }
    let levels = symbols.frame.depth - variable.function
    return levels == 0
      ? add(.local, variable.slot, constant, at: offset)
      : add(.outer, variable.slot, constant, Int32(levels), at: offset)
  }

  /// String and container method numbers, then: how many positional, the nodes; how many keywords, name
  /// constant and node of each; spread nodes or -1.
  private mutating func arguments(_ arguments: CallArguments, method: [UInt8]? = nil)
    throws(Problem) -> Int32
  {
    var code: [Int32] = [
      method.flatMap { Library.stringMethods.number($0) } ?? -1,
      method.flatMap { ContainerMethod.byName[$0] }?.rawValue ?? 0,
    ]
    code.append(Int32(arguments.positional.count))
    code += try expressions(arguments.positional)
    code.append(Int32(arguments.keywords.count))
    for (name, value) in arguments.keywords {
      code.append(constant(.string(name)))
      code.append(try expression(value))
    }
    for spread in [arguments.spread, arguments.keywordSpread] {
      if let spread { code.append(try expression(spread)) } else { code.append(-1) }
    }
    return list(code)
  }

  /// `self.name()`: the block is compiled once all are known.
  private mutating func blockCall(_ name: [UInt8], _ arguments: CallArguments, _ offset: Int)
    throws(Problem) -> Int32
  {
    guard arguments.isEmpty else {
      throw error("a block takes no arguments", offset)
    }
    let node = add(.blockCall, -1, constant(.string(name)), at: offset)
    blockCalls.append((node, name))
    return node
  }
}

extension Expression {
  /// Whether this is `self`, and no variable of the template.
  func isBlocks(in symbols: Symbols) -> Bool {
    guard case .name(let name) = kind, name == Array("self".utf8) else { return false }
    return symbols.isContextOnly(name)
  }
}

extension Program.Kind {
  static func named(_ name: [UInt8]) -> Program.Kind? {
    switch String(decoding: name, as: UTF8.self) {
    case "defined": .defined
    case "undefined": .undefined
    case "none": Program.Kind.none
    case "string": .string
    case "mapping": .mapping
    default: nil
    }
  }
}

extension Expression {
  /// Whether this is a negative number as it is written.
  fileprivate var isNegativeNumber: Bool {
    guard case .negative(let operand) = kind else { return false }
    return switch operand.kind {
    case .int, .big, .float: true
    default: false
    }
  }

  /// Whether jinja2 knows the value before the template runs.
  fileprivate var isConstant: Bool {
    switch kind {
    case .name, .namespaceReference, .call: false
    default: children.allSatisfy(\.isConstant)
    }
  }
}
