import Problems

/// Turns statements into a `Program`: every name becomes a slot or a variable of the caller.
struct Compiler {
  /// Deepest tree: the renderer recurses over it.
  static let maximumDepth = 400

  let source: TemplateSource
  var program = Program()
  var symbols: Symbols
  let root: Symbols
  /// In a branch: unknown filters are errors only when reached.
  var isSoft = false
  var depth = 0
  /// How deep the function has been so far.
  var deepest = 0
  var constants: [Program.Constant: Int32] = [:]
  var contexts: [[UInt8]: Int32] = [:]
  var blocks: [[UInt8]: TemplateBlock] = [:]
  /// Whether blocks are compiled a second time, for `self`.
  var isRepeating = false
  /// `self.name()`, by their nodes.
  var blockCalls: [(node: Int32, name: [UInt8])] = []

  /// Names of a list that grows from render to render; nil where no `Forks` are asked for.
  var growing: GrowingNames?
  /// What is done with the value of the expression that is compiled next.
  var place = Place.other

  enum Place {
    /// Walked, looked into, or set to a name of the list: the machine sees what of it is read.
    case list
    /// Asked whether it is true.
    case truth
    /// Asked whether it is there.
    case existence
    case other
  }

  private init(_ source: TemplateSource, _ growing: GrowingNames?) {
    self.source = source
    self.growing = growing
    root = Symbols(parent: nil, frame: Symbols.FunctionFrame(depth: 0))
    symbols = root
  }

  static func compile(
    _ statements: [Statement], _ source: TemplateSource, growing: Template.Growing? = nil
  ) throws(Problem) -> Program {
    var compiler = Compiler(source, growing.map { GrowingNames($0, in: statements) })
    var visitor = SymbolVisitor(symbols: compiler.root)
    visitor.visit(statements)
    compiler.program.main = try compiler.block(statements)
    try compiler.checkCost()
    compiler.program.mainDepth = compiler.deepest
    try compiler.resolveBlockCalls()
    compiler.program.mainScope = compiler.addScope(compiler.root)
    compiler.program.mainSlots = Int(compiler.root.frame.slotCount)
    if let growing = compiler.growing, growing.isPlain, let given = compiler.contexts[growing.flag]
    {
      compiler.program.growingFlag = given
    }
    compiler.follow(compiler.program.main, [])
    return compiler.program
  }

  /// Notes what follows each loop that stands outside of all other loops, blocks and macros: statements of the blocks around it,
  /// from the inside out.
  private mutating func follow(_ block: Int32, _ outer: [Program.Rest]) {
    for index in 0..<program.lists[Int(block)] {
      let node = program.nodes[Int(program.lists[Int(block + 1 + index)])]
      func rest() -> [Program.Rest] { [Program.Rest(block: block, index: index + 1)] + outer }
      switch node.operation {
      case .loop where program.loops[Int(node.a)].body >= 0:
        program.rests.append(rest())
        program.loops[Int(node.a)].rest = Int32(program.rests.count - 1)
      case .branch:
        let rest = rest()
        follow(node.b, rest)
        if node.c >= 0 { follow(node.c, rest) }
      case .branches:
        let rest = rest()
        for place in stride(from: node.a + 2, through: node.a + program.lists[Int(node.a)], by: 2) {
          follow(program.lists[Int(place)], rest)
        }
        if node.b >= 0 { follow(node.b, rest) }
      default: break
      }
    }
  }

  /// Names are followed through every branch: many of both together take too long.
  private func checkCost() throws(Problem) {
    guard root.meter.cost < Symbols.Meter.maximum else {
      throw error("the template has too many names and branches", 0)
    }
  }

  // MARK: Pieces of a program

  func error(_ reason: String, _ offset: Int, remedy: String = "") -> Problem {
    source.error(reason, at: offset, remedy: remedy)
  }

  mutating func add(
    _ operation: Program.Operation, _ a: Int32 = 0, _ b: Int32 = 0, _ c: Int32 = 0, at offset: Int
  ) -> Int32 {
    program.nodes.append(
      Program.Node(
        operation: operation, a: a, b: b, c: c, offset: Int32(truncatingIfNeeded: offset)))
    return Int32(program.nodes.count - 1)
  }

  mutating func list(_ items: [Int32]) -> Int32 {
    program.lists.append(Int32(items.count))
    program.lists.append(contentsOf: items)
    return Int32(program.lists.count - items.count - 1)
  }

  mutating func constant(_ constant: Program.Constant) -> Int32 {
    if let known = constants[constant] { return known }
    if case .string(let text) = constant, text.count <= 64 { _ = program.atoms.add(text) }
    program.constants.append(constant)
    constants[constant] = Int32(program.constants.count - 1)
    return Int32(program.constants.count - 1)
  }

  mutating func context(_ name: [UInt8]) -> Int32 {
    if let known = contexts[name] { return known }
    program.contextNames.append(name)
    contexts[name] = Int32(program.contextNames.count - 1)
    return Int32(program.contextNames.count - 1)
  }

  private mutating func addScope(_ symbols: Symbols) -> Int32 {
    var loads: [Program.ScopeLoad] = []
    for (variable, entry) in symbols.loads.sorted(by: { $0.key.slot < $1.key.slot }) {
      switch entry.load {
      case .parameter: break
      case .undefined: loads.append(.init(slot: variable.slot, kind: .undefined))
      case .alias where symbols.parent?.isContextOnly(entry.name) == true:
        // No slot holds what is only ever read from the caller.
        loads.append(.init(slot: variable.slot, kind: .context(context(entry.name))))
      case .alias(let outer):
        loads.append(
          .init(
            slot: variable.slot,
            kind: .alias(levels: Int32(symbols.frame.depth - outer.function), slot: outer.slot)))
      case .exported(let outer):
        loads.append(
          .init(
            slot: variable.slot,
            kind: .exported(
              levels: Int32(symbols.frame.depth - outer.function), slot: outer.slot,
              context(entry.name))))
      case .resolve:
        if symbols.stores.contains(entry.name) {
          loads.append(.init(slot: variable.slot, kind: .context(context(entry.name))))
        }
      }
    }
    program.scopes.append(loads)
    return Int32(program.scopes.count - 1)
  }

  /// Compiles with the names of an inner scope, and gives the scope: one of this function, or the outermost of another.
  mutating func inner<Result>(
    in scope: Symbols? = nil,
    _ analyze: (inout SymbolVisitor) -> Void,
    _ body: (inout Compiler) throws(Problem) -> Result
  ) throws(Problem) -> (scope: Int32, result: Result) {
    let outer = symbols
    let wasSoft = isSoft
    symbols = scope ?? Symbols(parent: outer, frame: outer.frame)
    isSoft = false
    defer {
      symbols = outer
      isSoft = wasSoft
    }
    var visitor = SymbolVisitor(symbols: symbols)
    analyze(&visitor)
    try checkCost()
    let result = try body(&self)
    return (addScope(symbols), result)
  }

  /// Compiles a function with slots of its own, defined in `parent`.
  mutating func function(
    _ name: [UInt8], in parent: Symbols? = nil, isBlock: Bool = false,
    _ analyze: (inout SymbolVisitor) -> Void,
    _ body: (inout Compiler, inout Program.Function) throws(Problem) -> Void
  ) throws(Problem) -> Int32 {
    let parent = parent ?? symbols
    parent.frame.hasInner = true
    let frame = Symbols.FunctionFrame(depth: parent.frame.depth + 1)
    var function = Program.Function(name: name)
    let (known, outerDepth, outerDeepest) = (program.nodes.count, depth, deepest)
    (depth, deepest) = (0, 0)
    (function.scope, _) = try inner(
      in: Symbols(parent: parent, frame: frame, isBlock: isBlock), analyze
    ) {
      (compiler) throws(Problem) in
      try body(&compiler, &function)
    }
    function.cost = Int32(program.nodes.count - known + 1)
    function.depth = deepest
    (depth, deepest) = (outerDepth, outerDeepest)
    function.slotCount = Int(frame.slotCount)
    function.hasInner = frame.hasInner
    program.functions.append(function)
    return Int32(program.functions.count - 1)
  }

  mutating func soft<Result>(_ body: (inout Compiler) throws(Problem) -> Result)
    throws(Problem) -> Result
  {
    let wasSoft = isSoft
    isSoft = true
    defer { isSoft = wasSoft }
    return try body(&self)
  }

  mutating func deeper<Result>(
    _ offset: Int, _ body: (inout Compiler) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    guard depth < Self.maximumDepth else {
      throw error("nested deeper than \(Self.maximumDepth) levels", offset)
    }
    depth += 1
    deepest = max(deepest, depth)
    defer { depth -= 1 }
    return try body(&self)
  }
}
