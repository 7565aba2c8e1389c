/// Which variable a name of a scope means: jinja2/idtracking.py, version 3.1, with slots for its
/// identifiers.
final class Symbols {
  struct Variable: Hashable {
    /// Nesting depth of the function that has the slot.
    var function: Int
    var slot: Int32
  }

  enum Load {
    case undefined
    case alias(Variable)
    /// What a block reads of the template's own variables: the caller's, as long as they are not set.
    case exported(Variable)
    case resolve, parameter
  }

  /// Slots of a scope by name, shared by the copies made for branches.
  final class Slots {
    var byName: [[UInt8]: Int32] = [:]
  }

  /// Counts the slots of one function.
  final class FunctionFrame {
    let depth: Int
    var slotCount: Int32 = 1
    var hasInner = false
    /// Loops open around the current statement: `break` outside of one is an error.
    var loopDepth = 0

    init(depth: Int) { self.depth = depth }
  }

  /// What following the names through branches has cost, of a whole template.
  final class Meter {
    static let maximum = 1 << 24
    var cost = 0
  }

  let parent: Symbols?
  /// Whether these are the names of a block that stands outside of all loops and blocks: `parent` are the template's.
  let isBlock: Bool
  let frame: FunctionFrame
  let meter: Meter
  private let slots: Slots
  private(set) var references: [[UInt8]: Variable] = [:]
  private(set) var loads: [Variable: (name: [UInt8], load: Load)] = [:]
  private(set) var stores: Set<[UInt8]> = []

  init(parent: Symbols?, frame: FunctionFrame, isBlock: Bool = false) {
    self.parent = parent
    self.isBlock = isBlock
    self.frame = frame
    meter = parent?.meter ?? Meter()
    slots = Slots()
  }

  private init(copying other: Symbols) {
    parent = other.parent
    isBlock = other.isBlock
    frame = other.frame
    meter = other.meter
    slots = other.slots
    references = other.references
    loads = other.loads
    stores = other.stores
  }

  func copy() -> Symbols { Symbols(copying: self) }

  /// How many names it knows.
  var size: Int { references.count }

  private func define(_ name: [UInt8], _ load: Load) -> Variable {
    let slot: Int32
    if let known = slots.byName[name] {
      slot = known
    } else {
      slot = frame.slotCount
      frame.slotCount += 1
      slots.byName[name] = slot
    }
    let variable = Variable(function: frame.depth, slot: slot)
    references[name] = variable
    loads[variable] = (name, load)
    return variable
  }

  func find(_ name: [UInt8]) -> Variable? {
    if let own = references[name] { return own }
    guard let outer = parent?.find(name) else { return nil }
    return isBlock && parent?.stores.contains(name) == true
      ? define(name, .exported(outer)) : outer
  }

  /// Whether the variable is only ever read from the caller's context.
  func isContextOnly(_ name: [UInt8]) -> Bool {
    if let own = references[name] {
      if case .resolve = loads[own]?.load { return !stores.contains(name) }
      return false
    }
    return parent?.isContextOnly(name) ?? true
  }

  func store(_ name: [UInt8]) {
    stores.insert(name)
    guard references[name] == nil else { return }
    if let outer = parent?.find(name) {
      _ = define(name, .alias(outer))
    } else {
      _ = define(name, .undefined)
    }
  }

  @discardableResult
  func declareParameter(_ name: [UInt8]) -> Variable {
    stores.insert(name)
    return define(name, .parameter)
  }

  func load(_ name: [UInt8]) {
    if find(name) == nil { _ = define(name, .resolve) }
  }

  func update(fromBranches branches: [Symbols]) {
    var stored: Set<[UInt8]> = []
    for branch in branches { stored.formUnion(branch.stores) }
    stored.subtract(stores)
    for branch in branches {
      references.merge(branch.references) { $1 }
      loads.merge(branch.loads) { $1 }
      stores.formUnion(branch.stores)
    }
    for name in stored {
      guard let target = find(name) else { continue }
      if let outer = parent?.find(name) {
        loads[target] = (name, .alias(outer))
      } else {
        loads[target] = (name, .resolve)
      }
    }
  }
}

/// Walks statements as jinja2's `FrameSymbolVisitor` does: which names a scope stores and loads.
struct SymbolVisitor {
  var symbols: Symbols

  mutating func visit(_ statements: [Statement]) {
    for statement in statements { visit(statement) }
  }

  mutating func visit(_ statement: Statement) {
    switch statement.kind {
    case .text, .leave, .next, .generation, .block: break
    case .output(let value): load(value)
    case .assign(let target, let value):
      load(value)
      store(target)
    case .assignBlock(let target, let filter, _):
      store(target)
      if let filter { load(filter) }
    case .loop(let loop): load(loop.iterable)
    case .branch(let test, let then, let elseIfs, let otherwise):
      load(test)
      let original = symbols
      symbols.meter.cost += 4 + 4 * symbols.size
      guard symbols.meter.cost < Symbols.Meter.maximum else { return }
      func branch(_ visitor: inout SymbolVisitor, _ body: (inout SymbolVisitor) -> Void) -> Symbols
      {
        visitor.symbols = original.copy()
        body(&visitor)
        defer { visitor.symbols = original }
        return visitor.symbols
      }
      let thenSymbols = branch(&self) { $0.visit(then) }
      let elseIfSymbols = branch(&self) { visitor in
        for (test, body) in elseIfs {
          visitor.visit(
            Statement(
              kind: .branch(test: test, then: body, elseIfs: [], otherwise: []),
              offset: statement.offset))
        }
      }
      let otherwiseSymbols = branch(&self) { $0.visit(otherwise) }
      symbols.update(fromBranches: [thenSymbols, elseIfSymbols, otherwiseSymbols])
    case .macro(let name, _, _): symbols.store(name)
    case .callBlock(_, let call, _): load(call)
    case .filterBlock(let filter, _): load(filter)
    case .with(let targets, _): for (_, value) in targets { load(value) }
    }
  }

  mutating func store(_ target: Expression, asParameter: Bool = false) {
    switch target.kind {
    case .name(let name):
      if asParameter { symbols.declareParameter(name) } else { symbols.store(name) }
    case .tuple(let targets): for target in targets { store(target, asParameter: asParameter) }
    case .namespaceReference(let name, _): symbols.load(name)
    default: break
    }
  }

  mutating func load(_ expression: Expression) {
    expression.forEachName { symbols.load($0) }
  }
}

extension Expression {
  /// The expressions right below this one, in the order in which they are evaluated.
  var children: [Expression] {
    switch kind {
    case .none, .bool, .int, .big, .float, .string, .name, .namespaceReference: []
    case .tuple(let items), .list(let items), .concatenation(let items): items
    case .dictionary(let members): members.flatMap { [$0.key, $0.value] }
    case .condition(let test, let then, let otherwise):
      [test, then] + (otherwise.map { [$0] } ?? [])
    case .and(let left, let right), .or(let left, let right), .binary(_, let left, let right),
      .item(let left, let right):
      [left, right]
    case .not(let operand), .negative(let operand), .positive(let operand),
      .attribute(let operand, _):
      [operand]
    case .comparison(let first, let rest): [first] + rest.map(\.operand)
    case .slice(let start, let stop, let step): [start, stop, step].compactMap { $0 }
    case .call(let callee, let arguments): [callee] + arguments.expressions
    case .filter(let base, _, let arguments): (base.map { [$0] } ?? []) + arguments.expressions
    case .test(let value, _, let arguments): [value] + arguments.expressions
    }
  }

  func forEachName(_ body: ([UInt8]) -> Void) {
    if case .name(let name) = kind { body(name) }
    for child in children { child.forEachName(body) }
  }
}

extension CallArguments {
  var isEmpty: Bool {
    positional.isEmpty && keywords.isEmpty && spread == nil && keywordSpread == nil
  }

  var expressions: [Expression] {
    positional + keywords.map(\.value) + [spread, keywordSpread].compactMap { $0 }
  }
}

extension [Statement] {
  /// Whether a name is read anywhere inside, nested scopes included (jinja2's `find_undeclared`).
  func mentions(_ name: [UInt8]) -> Bool {
    contains { $0.mentions(name) }
  }
}

extension Statement {
  func mentions(_ name: [UInt8]) -> Bool {
    func reads(_ expression: Expression) -> Bool {
      var isRead = false
      expression.forEachName { isRead = isRead || $0 == name }
      return isRead
    }
    switch kind {
    case .text, .leave, .next, .block: return false
    case .output(let value): return reads(value)
    case .assign(_, let value): return reads(value)
    case .assignBlock(_, let filter, let body):
      return filter.map(reads) ?? false || body.mentions(name)
    case .loop(let loop):
      return reads(loop.iterable) || loop.test.map(reads) ?? false || loop.body.mentions(name)
        || loop.otherwise.mentions(name)
    case .branch(let test, let then, let elseIfs, let otherwise):
      return reads(test) || then.mentions(name) || otherwise.mentions(name)
        || elseIfs.contains { reads($0.0) || $0.1.mentions(name) }
    case .macro(_, let parameters, let body):
      return parameters.contains { $0.standard.map(reads) ?? false } || body.mentions(name)
    case .callBlock(let parameters, let call, let body):
      return reads(call) || parameters.contains { $0.standard.map(reads) ?? false }
        || body.mentions(name)
    case .filterBlock(let filter, let body): return reads(filter) || body.mentions(name)
    case .with(let targets, let body):
      return targets.contains { reads($0.1) } || body.mentions(name)
    case .generation(let body): return body.mentions(name)
    }
  }
}
