import Problems

/// What each statement does.
extension Machine {
  @inline(__always)
  func enter(_ scope: Int32) throws(Raise) {
    guard scope >= 0 else { return }
    let range = scopes[scope]
    if range.start < range.end { enter(range) }
  }

  func enter(_ range: Program.Loads) {
    for index in range.start..<range.end {
      let load = loads[index]
      let value: Value
      switch load.kind {
      case .undefined: value = .missing
      case .alias(let levels, let slot): value = slots[base(levels) + Int(slot)]
      case .exported(let levels, let slot, let index):
        let own = slots[base(levels) + Int(slot)]
        value = own.tag == .missing ? context[Int(index)] : own
      case .context(let index): value = context[Int(index)]
      }
      slots[registers.frame + Int(load.slot)] = value
    }
  }

  /// Where the slots of an outer function start.
  @inline(__always)
  func base(_ levels: Int32) -> Int {
    var base = registers.frame
    var levels = levels
    while levels > 0 {
      base = slots[base].int
      levels -= 1
    }
    return base
  }

  func run(_ block: Int32) throws(Raise) -> Flow {
    let count = Int(lists[Int(block)])
    var index = Int(block) + 1
    let end = index + count
    while index < end {
      let flow = try statement(lists[index])
      if flow != .on { return flow }
      index += 1
    }
    return .on
  }

  @inline(__always)
  func statement(_ index: Int32) throws(Raise) -> Flow {
    let node = nodes[Int(index)]
    do throws(Raise) {
      return try statement(node)
    } catch {
      locate(node.offset)
      throw error
    }
  }

  @inline(__always)
  func statement(_ node: Program.Node) throws(Raise) -> Flow {
    switch node.operation {
    case .text:
      try emit(constants[Int(node.a)])
      return .on
    case .output:
      try print(node.a)
      return .on
    case .assign:
      try step()
      let value = try operand(node.b)
      let target = nodes[node.a]
      if target.operation == .storeLocal, value.tag != .dictionary {
        slots[registers.frame + Int(target.a)] = value
      } else {
        try store(node.a, value)
      }
      return .on
    case .branch:
      if try isTrue(node.a) { return try run(node.b) }
      return node.c >= 0 ? try run(node.c) : .on
    case .loop: return try loop(loops[Int(node.a)])
    case .branches:
      let end = Int(node.a) + Int(lists[node.a])
      var index = Int(node.a) + 1
      while index < end {
        if try isTrue(lists[index]) { return try run(lists[index + 1]) }
        index += 2
      }
      return node.b >= 0 ? try run(node.b) : .on
    default: return try otherStatement(node)
    }
  }

  private func otherStatement(_ node: Program.Node) throws(Raise) -> Flow {
    switch node.operation {
    case .leave: return .leave
    case .next: return .next
    case .scope:
      try enter(node.a)
      return try run(node.b)
    case .generation:
      // The body is a macro of the extension: it is caught, then printed.
      registers.generationDepth += 1
      defer { registers.generationDepth -= 1 }
      try enter(node.a)
      return try run(node.b)
    case .assignBlock:
      var text = try caught(node.c)
      if node.b >= 0 {
        let outer = registers.blockText
        defer { registers.blockText = outer }
        registers.blockText = text
        text = try evaluate(node.b)
      }
      try store(node.a, text)
      return .on
    case .filterBlock:
      let text = try caught(node.b)
      let outer = registers.blockText
      defer { registers.blockText = outer }
      registers.blockText = text
      let shown = try evaluate(node.a)
      guard shown.isString else {
        throw raise("sequence item 0: expected str instance, \(typeName(shown)) found")
      }
      try emit(shown)
      return .on
    case .macro:
      try store(node.b, Value(.macro, start: Int(node.a), count: registers.frame))
      return .on
    case .callBlock:
      let caller = Value(.macro, start: Int(node.b), count: registers.frame)
      try printValue(try call(nodes[Int(node.a)], caller: caller))
      return .on
    case .with:
      let list = Int(node.a)
      let count = Int(lists[list])
      let bottom = arguments.count
      var index = list + 3
      while index < list + 1 + count {
        arguments.append(try evaluate(lists[index + 1]))
        index += 2
      }
      try enter(lists[list + 1])
      index = list + 3
      var next = bottom
      while index < list + 1 + count {
        try store(lists[index], arguments[next])
        index += 2
        next += 1
      }
      arguments.truncate(to: bottom)
      return try run(lists[list + 2])
    case .block:
      guard node.b == 0 else {
        throw raise(
          "Required block '\(String(decoding: program.functions[Int(node.a)].name, as: UTF8.self))' not found"
        )
      }
      let value = Value(.macro, start: Int(node.a), count: node.c == 0 ? 0 : registers.frame)
      try printValue(try callFunction(value, positional: 0..<0, keywords: 0..<0, caller: .missing))
      return .on
    default:
      throw raise("a statement of the template cannot be run")
    }
  }

  /// Runs a body and gives what it would have printed.
  private func caught(_ body: Int32) throws(Raise) -> Value {
    let start = caught.count
    registers.catchDepth += 1
    defer { registers.catchDepth -= 1 }
    _ = try run(body)
    return try takeCaught(from: start)
  }

  func takeCaught(from start: Int) throws(Raise) -> Value {
    try charge(caught.count - start)
    let first = heap.pieces.count
    unsafe caught.withElements(start..<caught.count) { unsafe heap.pieces.append(contentsOf: $0) }
    caught.truncate(to: start)
    return heap.string(piecesFrom: first)
  }

  func store(_ target: Int32, _ value: Value) throws(Raise) {
    let node = nodes[Int(target)]
    switch node.operation {
    case .storeLocal:
      slots[registers.frame + Int(node.a)] = value
      if registers.scope < 0, value.tag == .dictionary, value.extra > 0, registers.loopDepth > 0 {
        openScope(value)
      }
    case .storeTuple:
      let count = Int(lists[Int(node.a)])
      let items = try iterate(value)
      guard items.count == count else {
        locate(node.offset)
        throw raise(
          items.count < count
            ? "not enough values to unpack (expected \(count), got \(items.count))"
            : "too many values to unpack (expected \(count))")
      }
      for index in 0..<count {
        try store(lists[Int(node.a) + 1 + index], heap.items[items.lowerBound + index])
      }
    default:
      let object = try evaluate(node.a)
      guard object.tag == .namespace else {
        throw raise("cannot assign attribute on non-namespace object")
      }
      try setAttribute(of: object, constants[Int(node.b)], value)
    }
  }

  /// Says that what is printed now belongs to the scope that `value` opens, if it opens one.
  @inline(__always)
  func openScope(_ value: Value) {
    guard value.tag == .dictionary, value.extra > 0 else { return }
    if let scope = host.scope(of: Int(value.extra)) { registers.scope = scope }
  }
}
