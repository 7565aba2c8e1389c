/// Runs a compiled template. One a worker: everything it makes lies in its heap until the next render.
final class Machine {
  /// A render stopped; `failure` says why.
  struct Raise: Error {}

  struct Failure {
    enum Kind { case raised, error, undefined, dateMissing, tooLarge }
    var kind: Kind
    var reason: String
    /// Byte offset in the template, -1 where it is not known.
    var offset: Int
  }

  enum Flow: UInt8 { case on, leave, next }

  static let maximumCalls = 120
  static let maximumSteps = 30_000_000

  let program: Program
  let heap = ValueHeap()
  /// What the last render printed.
  let output = RenderOutput()
  let registers = Registers()
  let slots = Arena<Value>(capacity: 256)
  /// Pieces of blocks and macros whose text is caught instead of printed.
  let caught = Arena<Piece>(capacity: 256)
  let arguments = Arena<Value>(capacity: 64)
  let keywords = Arena<Entry>(capacity: 16)
  /// What the caller gives to the template, in the order of the program's context names.
  let context: Arena<Value>
  let nodes: Table<Program.Node>
  let lists: Table<Int32>
  let loops: Table<Program.LoopCode>
  /// What is done on entry to each scope: places in `loads`.
  let scopes: Table<Program.Loads>
  let loads: Table<Program.ScopeLoad>
  let constants: Table<Value>
  /// The container method that an atom names, if it names one.
  let containerMethods: Table<ContainerMethod?>
  var failure = Failure(kind: .error, reason: "", offset: -1)
  var date: TemplateDate?

  init(_ program: Program) {
    self.program = program
    context = Arena(repeating: .missing, count: program.contextNames.count)
    nodes = Table(program.nodes)
    lists = Table(program.lists)
    loops = Table(program.loops)
    loads = Table(program.scopes.flatMap { $0 })
    var scopes: [Program.Loads] = []
    for scope in program.scopes {
      let start = scopes.last?.end ?? 0
      scopes.append(Program.Loads(start: start, end: start + Int32(scope.count)))
    }
    self.scopes = Table(scopes)
    // Path 0 is none.
    heap.paths.append(
      ValueHeap.PathNode(parent: 0, key: 0, keyCount: 0, turn: -1, kind: .root, isMessage: false))
    let heap = heap
    constants = Table(
      program.constants.map { constant in
        switch constant {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .float(let bits): return Value(.float, bits: bits)
        case .string(let text):
          var value = heap.string(text)
          value.atom = program.atoms.find(text) ?? 0
          return value
        }
      })
    containerMethods = Table(
      (0..<program.atoms.count).map { ContainerMethod.byName[program.atoms.text(UInt16($0))] })
  }

  /// Renders into `output`. `context` must be filled.
  func run() throws(Raise) {
    output.removeAll()
    slots.truncate(to: 0)
    caught.truncate(to: 0)
    arguments.truncate(to: 0)
    keywords.truncate(to: 0)
    registers.reset()
    slots.append(repeating: .missing, count: program.mainSlots)
    try enter(program.mainScope)
    _ = try run(program.main)
  }

  func raise(_ reason: @autoclosure () -> String, _ kind: Failure.Kind = .error) -> Raise {
    failure = Failure(kind: kind, reason: reason(), offset: -1)
    return Raise()
  }

  /// Marks where the template was, unless something deeper already did.
  @inline(never)
  private func locate(_ offset: Int32) {
    if failure.offset < 0 { failure.offset = Int(offset) }
  }

  @inline(__always)
  func step() throws(Raise) {
    registers.steps += 1
    if registers.steps > Self.maximumSteps || heap.isExhausted
      || output.text.count > RenderOutput.maximumBytes
    {
      throw raise("the template does not come to an end within its bounds", .tooLarge)
    }
  }

  // MARK: Statements

  @inline(__always)
  func enter(_ scope: Int32) throws(Raise) {
    guard scope >= 0 else { return }
    let range = scopes[scope]
    if range.start < range.end { enter(range) }
  }

  private func enter(_ range: Program.Loads) {
    for index in range.start..<range.end {
      let load = loads[index]
      let value: Value
      switch load.kind {
      case .undefined: value = .missing
      case .alias(let levels, let slot): value = slots[base(levels) + Int(slot)]
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
  private func statement(_ index: Int32) throws(Raise) -> Flow {
    let node = nodes[Int(index)]
    do throws(Raise) {
      return try statement(node)
    } catch {
      locate(node.offset)
      throw error
    }
  }

  @inline(__always)
  private func statement(_ node: Program.Node) throws(Raise) -> Flow {
    switch node.operation {
    case .text:
      emit(constants[Int(node.a)])
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
    default: return try rarer(node)
    }
  }

  private func rarer(_ node: Program.Node) throws(Raise) -> Flow {
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
      try printValue(try evaluate(node.a))
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
      let value = Value(.macro, start: Int(node.a), count: 0)
      try printValue(try callFunction(value, positional: 0..<0, keywords: 0..<0, caller: .missing))
      return .on
    default:
      throw raise("a statement of the template cannot be run")
    }
  }

  /// Runs a body and gives what it would have printed.
  func caught(_ body: Int32) throws(Raise) -> Value {
    let start = caught.count
    registers.catchDepth += 1
    defer { registers.catchDepth -= 1 }
    _ = try run(body)
    return takeCaught(from: start)
  }

  func takeCaught(from start: Int) -> Value {
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
      if registers.turn < 0, value.tag == .dictionary, value.extra > 0, registers.loopDepth > 0 {
        attribute(value)
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

  // MARK: Loops

  /// Says that what is printed now belongs to the message that `value` is, if it is one.
  @inline(__always)
  private func attribute(_ value: Value) {
    guard value.tag == .dictionary, value.extra > 0 else { return }
    let node = heap.paths[Int(value.extra)]
    if node.isMessage { registers.turn = node.turn }
  }

  func loop(_ code: Program.LoopCode) throws(Raise) -> Flow {
    let iterable = try evaluate(code.iterable)
    if code.body < 0 {
      try printValue(try callRecursive(code.function, iterable, depth: 0, parent: registers.frame))
      return .on
    }
    return try loop(code, iterable)
  }

  func loop(_ code: Program.LoopCode, _ iterable: Value) throws(Raise) -> Flow {
    var items = try iterate(iterable)
    if code.test >= 0 {
      let bottom = arguments.count
      for index in items {
        try step()
        try enter(code.testScope)
        let item = heap.items[index]
        try store(code.testTarget, item)
        if try truth(try evaluate(code.test)) { arguments.append(item) }
      }
      let start = heap.items.count
      for index in bottom..<arguments.count { heap.items.append(arguments[index]) }
      arguments.truncate(to: bottom)
      items = start..<heap.items.count
    }
    var state = -1
    if code.loopSlot >= 0 {
      state = heap.objects.count
      var object = ValueHeap.ObjectState()
      object.start = items.lowerBound
      object.count = items.count
      object.depth = code.function >= 0 ? registers.recursionDepth : 0
      object.link = code.function >= 0 ? slots[registers.frame].int : 0
      object.first = Value(.int, bits: UInt64(bitPattern: Int64(code.function)))
      heap.objects.append(object)
    }
    let outerTurn = registers.turn
    registers.loopDepth += 1
    defer {
      registers.loopDepth -= 1
      registers.turn = outerTurn
    }
    let target = nodes[Int(code.target)]
    let isSimple = target.operation == .storeLocal
    var ranToEnd = false
    for index in items {
      try step()
      try enter(code.scope)
      let item = heap.items[index]
      registers.turn = outerTurn
      if isSimple {
        slots[registers.frame + Int(target.a)] = item
        attribute(item)
      } else {
        try store(code.target, item)
      }
      if state >= 0 {
        heap.objects[state].index = index - items.lowerBound
        slots[registers.frame + Int(code.loopSlot)] = Value(.loop, bits: UInt64(state))
      }
      let flow = try run(code.body)
      if flow == .leave { break }
      if flow == .on { ranToEnd = true }
    }
    registers.turn = outerTurn
    if code.otherwise >= 0, !ranToEnd {
      try enter(code.otherwiseScope)
      return try run(code.otherwise)
    }
    return .on
  }

  /// The items of a value, side by side in the heap. Errors as Python's `iter`.
  func iterate(_ value: Value) throws(Raise) -> Range<Int> {
    switch value.tag {
    case .list, .tuple, .range: return value.range
    case .undefined, .missing: return 0..<0
    case .iterator:
      let state = Int(value.bits)
      let object = heap.objects[state]
      heap.objects[state].index = object.count
      return object.start + object.index..<object.start + object.count
    case .dictionary, .keysView:
      let start = heap.items.count
      for index in value.range { heap.items.append(heap.entries[index].key) }
      return start..<heap.items.count
    case .valuesView:
      let start = heap.items.count
      for index in value.range { heap.items.append(heap.entries[index].value) }
      return start..<heap.items.count
    case .itemsView:
      let pairs = heap.items.count
      for index in value.range {
        heap.items.append(heap.entries[index].key)
        heap.items.append(heap.entries[index].value)
      }
      let start = heap.items.count
      for index in 0..<value.count {
        heap.items.append(Value(.tuple, start: pairs + 2 * index, count: 2))
      }
      return start..<heap.items.count
    case .string:
      let bytes = heap.flat(value)
      let start = heap.items.count
      var position = 0
      while position < bytes.count {
        let length = PythonText.length(heap.bytes[bytes.lowerBound + position])
        let end = min(position + length, bytes.count)
        var character = heap.slice(value, position..<end)
        character.flag = 0
        heap.items.append(character)
        position = end
      }
      return start..<heap.items.count
    case .loop:
      // What is left of the loop: rare, and only ever to take its length.
      let object = heap.objects[Int(value.bits)]
      return object.start + object.index + 1..<object.start + object.count
    default: throw raise("'\(typeName(value))' object is not iterable")
    }
  }

  // MARK: Printing

  private func emit(_ value: Value) {
    let mark: UInt32 = registers.generationDepth > 0 ? Origin.generationMark : 0
    if registers.catchDepth == 0 {
      output.append(value, of: heap, mark: mark, turn: registers.turn)
      return
    }
    for index in value.range {
      var piece = heap.pieces[index]
      piece.origin.bits |= mark
      caught.append(piece)
    }
  }

  func printValue(_ value: Value) throws(Raise) {
    switch value.tag {
    case .string: emit(value)
    case .undefined, .missing: break
    default: emit(try text(value))
    }
  }

  /// Prints an expression; sums of strings piece by piece, without making the whole string.
  private func print(_ index: Int32) throws(Raise) {
    let node = nodes[Int(index)]
    guard node.operation == .sum || node.operation == .concatenation else {
      return try printValue(try operand(index))
    }
    let bottom = arguments.count
    defer { arguments.truncate(to: bottom) }
    try evaluateList(node.a)
    if node.operation == .concatenation || arePlainStrings(bottom..<arguments.count) {
      for next in bottom..<arguments.count { try printValue(arguments[next]) }
    } else {
      do throws(Raise) {
        try printValue(try sum(bottom..<arguments.count))
      } catch {
        locate(node.offset)
        throw error
      }
    }
  }

  func evaluateList(_ list: Int32) throws(Raise) {
    let count = Int(lists[Int(list)])
    for index in Int(list) + 1..<Int(list) + 1 + count {
      arguments.append(try operand(lists[index]))
    }
  }
}
