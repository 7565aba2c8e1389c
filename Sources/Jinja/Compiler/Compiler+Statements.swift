import Problems

/// Statements as nodes.
extension Compiler {
  mutating func block(_ statements: [Statement]) throws(Problem) -> Int32 {
    var children: [Int32] = []
    for statement in statements {
      children.append(
        try deeper(statement.offset) { (compiler) throws(Problem) in
          try compiler.statement(statement)
        })
    }
    return list(children)
  }

  mutating func statement(_ statement: Statement) throws(Problem) -> Int32 {
    let offset = statement.offset
    switch statement.kind {
    case .text(let text): return add(.text, constant(.string(text)), at: offset)
    case .output(let value): return add(.output, try expression(value), at: offset)
    case .assign(let target, let value):
      let node = try assigned(value, to: target, offset)
      return add(.assign, try self.target(target), node, at: offset)
    case .assignBlock(let target, let filter, let body):
      let (scope, (inside, chain)) = try inner(
        { $0.visit(body) },
        {
          (compiler) throws(Problem) -> (Int32, Int32) in
          let inside = try compiler.block(body)
          return (
            inside,
            try filter.map { (filter) throws(Problem) in try compiler.expression(filter) }
              ?? -1
          )
        })
      let text = add(.scope, scope, inside, at: offset)
      return add(.assignBlock, try self.target(target), chain, list([text]), at: offset)
    case .loop(let loop): return try self.loop(loop, offset)
    case .branch(let test, let then, let elseIfs, let otherwise):
      return try soft { (compiler) throws(Problem) in
        let node = try compiler.expression(test, .truth)
        let body = try compiler.block(then)
        let rest: Int32 = otherwise.isEmpty ? -1 : try compiler.block(otherwise)
        guard elseIfs.isEmpty else {
          var pairs = [node, body]
          for (test, then) in elseIfs {
            pairs.append(try compiler.expression(test, .truth))
            pairs.append(try compiler.block(then))
          }
          return compiler.add(.branches, compiler.list(pairs), rest, at: offset)
        }
        return compiler.add(.branch, node, body, rest, at: offset)
      }
    case .macro(let name, let parameters, let body):
      let function = try macro(name, parameters, body)
      let target = try self.target(Expression(kind: .name(name), offset: offset))
      return add(.macro, function, target, at: offset)
    case .callBlock(let parameters, let call, let body):
      let function = try macro(Array("caller".utf8), parameters, body)
      return add(.callBlock, try expression(call), function, at: offset)
    case .filterBlock(let filter, let body):
      let (scope, (inside, chain)) = try inner(
        {
          $0.visit(body)
          $0.load(filter)
        },
        { (compiler) throws(Problem) -> (Int32, Int32) in
          (try compiler.block(body), try compiler.expression(filter))
        })
      let text = add(.scope, scope, inside, at: offset)
      return add(.filterBlock, chain, list([text]), at: offset)
    case .with(let targets, let body):
      let values = try targets.map { (pair) throws(Problem) in try expression(pair.1) }
      let (scope, (inside, stores)) = try inner(
        {
          for (target, _) in targets { $0.store(target, asParameter: true) }
          $0.visit(body)
        },
        { (compiler) throws(Problem) -> (Int32, [Int32]) in
          let stores = try targets.map { (pair) throws(Problem) in try compiler.target(pair.0)
          }
          return (try compiler.block(body), stores)
        })
      var children: [Int32] = [scope, inside]
      for (store, value) in zip(stores, values) { children += [store, value] }
      return add(.with, list(children), at: offset)
    case .block(let block):
      guard program.blocks.insert(block.name).inserted || isRepeating else {
        throw error("block '\(String(decoding: block.name, as: UTF8.self))' defined twice", offset)
      }
      blocks[block.name] = block
      let index = try self.block(block, in: block.isScoped ? symbols : root)
      return add(
        .block, index, block.isRequired ? 1 : 0, block.isScoped ? 1 : 0, at: offset)
    case .generation(let body):
      program.marksGeneration = true
      let loopDepth = symbols.frame.loopDepth
      symbols.frame.loopDepth = 0
      defer { symbols.frame.loopDepth = loopDepth }
      let (scope, inside) = try inner(
        { $0.visit(body) },
        { (compiler) throws(Problem) in
          try compiler.block(body)
        })
      return add(.generation, scope, inside, at: offset)
    case .leave, .next:
      let isLeave = if case .leave = statement.kind { true } else { false }
      guard symbols.frame.loopDepth > 0 else {
        throw error("'\(isLeave ? "break" : "continue")' outside a loop", offset)
      }
      return add(isLeave ? .leave : .next, at: offset)
    }
  }

  mutating func block(_ block: TemplateBlock, in parent: Symbols) throws(Problem) -> Int32 {
    try function(
      block.name, in: parent, isBlock: parent === root, { $0.visit(block.body) },
      { (compiler, function) throws(Problem) in
        function.body = try compiler.block(block.body)
      })
  }

  /// Compiles the blocks that `self` calls: they see what stands outside of all loops and blocks.
  mutating func resolveBlockCalls() throws(Problem) {
    var functions: [[UInt8]: Int32] = [:]
    isRepeating = true
    while let (node, name) = blockCalls.popLast() {
      guard let block = blocks[name] else { continue }
      if functions[name] == nil { functions[name] = try self.block(block, in: root) }
      program.nodes[Int(node)].a = functions[name] ?? -1
    }
  }

  mutating func macro(_ name: [UInt8], _ parameters: [Parameter], _ body: [Statement])
    throws(Problem) -> Int32
  {
    for (index, parameter) in parameters.enumerated()
    where parameters[..<index].contains(where: { $0.name == parameter.name }) {
      throw error("a parameter is named twice", parameter.offset)
    }
    let special = ["caller", "kwargs", "varargs"].map { Array($0.utf8) }
    let isExplicit = special.map { name in parameters.contains { $0.name == name } }
    let isUsed = special.map { body.mentions($0) }
    if let caller = parameters.first(where: { $0.name == special[0] }), caller.standard == nil {
      throw error(
        "When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default.",
        caller.offset)
    }
    return try function(
      name,
      { visitor in
        for parameter in parameters { visitor.symbols.declareParameter(parameter.name) }
        for (index, name) in special.enumerated() where isUsed[index] && !isExplicit[index] {
          visitor.symbols.declareParameter(name)
        }
        for parameter in parameters {
          if let standard = parameter.standard { visitor.load(standard) }
        }
        visitor.visit(body)
      },
      { (compiler, function) throws(Problem) in
        func slot(_ index: Int) -> Int32 {
          isUsed[index] && !isExplicit[index]
            ? compiler.symbols.find(special[index])?.slot ?? -1 : -1
        }
        (function.callerSlot, function.keywordsSlot, function.restSlot) = (
          slot(0), slot(1), slot(2)
        )
        for parameter in parameters {
          let standard =
            try parameter.standard.map { (value) throws(Problem) in
              try compiler.expression(value)
            } ?? -1
          function.parameters.append(
            (
              compiler.symbols.find(parameter.name)?.slot ?? 0, standard,
              compiler.constant(.string(parameter.name))
            ))
        }
        function.body = try compiler.block(body)
      })
  }

  mutating func loop(_ loop: ForLoop, _ offset: Int) throws(Problem) -> Int32 {
    if loop.target.assigns("loop") || loop.body.assign("loop") {
      throw error("Can't assign to special loop variable in for-loop target", offset)
    }
    let isOpen = loop.test == nil && !loop.isRecursive
    let iterable = try expression(loop.iterable, isOpen ? .list : .other)
    guard loop.isRecursive else { return try loopCode(loop, iterable, offset, function: -1) }
    let index = try function(
      Array("loop".utf8),
      { $0.symbols.declareParameter(Array("\0iterable".utf8)) },
      { (compiler, function) throws(Problem) in
        let slot = compiler.symbols.find(Array("\0iterable".utf8))?.slot ?? 0
        function.restSlot = slot
        let iterable = compiler.add(.local, slot, compiler.constant(.string([])), at: offset)
        let node = try compiler.loopCode(loop, iterable, offset, function: 0)
        function.body = compiler.list([node])
      })
    // The loop inside the function knows it, so that `loop(…)` can call it.
    let inside = program.nodes[Int(program.lists[Int(program.functions[Int(index)].body) + 1])]
    program.loops[Int(inside.a)].function = index
    program.loops.append(
      Program.LoopCode(
        target: -1, iterable: iterable, test: -1, testTarget: -1, testScope: -1, scope: -1,
        body: -1,
        otherwise: -1, otherwiseScope: -1, loopSlot: -1, function: index))
    return add(.loop, Int32(program.loops.count - 1), at: offset)
  }

  private mutating func loopCode(_ loop: ForLoop, _ iterable: Int32, _ offset: Int, function: Int32)
    throws(Problem) -> Int32
  {
    let name = Array("loop".utf8)
    let isExtended = loop.isRecursive || loop.body.mentions(name)
    var code = Program.LoopCode(
      target: -1, iterable: iterable, test: -1, testTarget: -1, testScope: -1, scope: -1, body: -1,
      otherwise: -1, otherwiseScope: -1, loopSlot: -1, function: function)
    code.prints = loop.body.print
    code.firstSlot = symbols.frame.slotCount
    symbols.frame.loopDepth += 1
    let frame = symbols.frame
    var known = program.nodes.count
    func cost(_ compiler: Compiler) -> Int32 {
      defer { known = compiler.program.nodes.count }
      return Int32(compiler.program.nodes.count - known + 1)
    }
    let (scope, parts) = try inner(
      {
        if isExtended { $0.symbols.declareParameter(name) }
        $0.store(loop.target, asParameter: true)
        $0.visit(loop.body)
      },
      { (compiler) throws(Problem) -> (Int32, Int32, Int32) in
        let target = try compiler.target(loop.target)
        let slot = isExtended ? compiler.symbols.find(name)?.slot ?? -1 : -1
        return (target, try compiler.block(loop.body), slot)
      })
    frame.loopDepth -= 1
    code.endSlot = frame.slotCount
    code.scope = scope
    (code.target, code.body, code.loopSlot) = parts
    code.cost = cost(self)
    if let test = loop.test {
      let (scope, parts) = try inner(
        {
          $0.store(loop.target, asParameter: true)
          $0.load(test)
        },
        { (compiler) throws(Problem) -> (Int32, Int32) in
          (try compiler.target(loop.target), try compiler.expression(test))
        })
      code.testScope = scope
      (code.testTarget, code.test) = parts
      code.testCost = cost(self)
    }
    if !loop.otherwise.isEmpty {
      let (scope, body) = try inner(
        { $0.visit(loop.otherwise) },
        {
          (compiler) throws(Problem) in
          try compiler.block(loop.otherwise)
        })
      code.otherwiseScope = scope
      code.otherwise = body
    }
    program.loops.append(code)
    return add(.loop, Int32(program.loops.count - 1), at: offset)
  }

  /// The value of an assignment. One of the template's own level may hold a list whose end is open: the machine finds such variables.
  private mutating func assigned(_ value: Expression, to target: Expression, _ offset: Int)
    throws(Problem) -> Int32
  {
    guard let growing, case .name(let name) = target.kind else { return try expression(value) }
    let isOpen = growing.lists.contains(name) && symbols.frame.depth == 0
    let node = try expression(value, isOpen ? .list : .other)
    return name == growing.flag ? add(.growingFlag, node, at: offset) : node
  }

  private mutating func target(_ target: Expression) throws(Problem) -> Int32 {
    switch target.kind {
    case .name(let name):
      guard let variable = symbols.find(name), variable.function == symbols.frame.depth else {
        throw error(
          "can't assign to '\(String(decoding: name, as: UTF8.self))' here", target.offset)
      }
      return add(.storeLocal, variable.slot, at: target.offset)
    case .tuple(let targets):
      var children: [Int32] = []
      for target in targets { children.append(try self.target(target)) }
      return add(.storeTuple, list(children), at: target.offset)
    case .namespaceReference(let name, let attribute):
      let variable = try expression(Expression(kind: .name(name), offset: target.offset))
      return add(.storeNamespace, variable, constant(.string(attribute)), at: target.offset)
    default: throw error("can't assign to this expression", target.offset)
    }
  }
}

extension Expression {
  fileprivate func assigns(_ name: String) -> Bool {
    switch kind {
    case .name(let own): own == Array(name.utf8)
    case .tuple(let items): items.contains { $0.assigns(name) }
    default: false
    }
  }
}

extension [Statement] {
  fileprivate func assign(_ name: String) -> Bool {
    contains { statement in
      switch statement.kind {
      case .assign(let target, _): target.assigns(name)
      case .assignBlock(let target, _, let body): target.assigns(name) || body.assign(name)
      case .loop(let loop):
        loop.target.assigns(name) || loop.body.assign(name) || loop.otherwise.assign(name)
      case .branch(_, let then, let elseIfs, let otherwise):
        then.assign(name) || otherwise.assign(name) || elseIfs.contains { $0.1.assign(name) }
      case .with(_, let body), .filterBlock(_, let body), .generation(let body):
        body.assign(name)
      case .block(let block): block.body.assign(name)
      default: false
      }
    }
  }
}
