/// What a render reads of a list that grows from render to render, and renders of its first items: see `Forks`.
extension Machine {
  /// As `run`, with renders of fewer items beside it. `list` and `flag`: places in `context`.
  package func run(_ forks: Forks, list: Int, flag: Int) throws(Raise) {
    forks.forget()
    guard !forks.requests.isEmpty, context[list].tag == .list, context[list].count > 1 else {
      return try run()
    }
    let heap = heap.mark
    self.forks = forks
    forkedList = list
    forkedFlag = flag
    defer { self.forks = nil }
    try run()
    guard registers.growing.isBroken else { return }
    // A fork changed what this render goes on with: both are made anew, apart.
    forks.forget()
    self.forks = nil
    self.heap.reset(to: heap)
    try run()
  }

  /// Begins to watch the list, where forks are asked for.
  func openForks() {
    guard forks != nil else { return }
    let list = context[forkedList]
    registers.growing.start = list.start
    registers.growing.end = list.start + list.count
  }

  // MARK: What is read

  /// Whether a value is the list, or its end.
  @inline(__always)
  private func isGrowing(_ value: Value) -> Bool {
    let growing = registers.growing
    return value.tag == .list && value.start >= growing.start && value.start < growing.end
      && value.start + value.count == growing.end
  }

  /// More of a list may be read than is watched.
  func expose(_ value: Value) {
    if registers.isGrowing, isGrowing(value) { registers.growing.isExposed = true }
  }

  /// An item of a list is read, or known to be there.
  func note(item position: Int, of list: Value, isRead: Bool = true) {
    guard registers.isGrowing, position >= 0, position < list.count, isGrowing(list) else { return }
    note(list.start + position, isRead: isRead)
  }

  /// The item at a place of the heap is read, or known to be there.
  func note(_ place: Int, isRead: Bool = true) {
    var growing = registers.growing
    let count = place - growing.start + 1
    growing.known = max(growing.known, count)
    if isRead { growing.read = max(growing.read, count) }
    registers.growing = growing
  }

  /// An attribute of a loop over the list is read.
  @inline(never)
  func note(_ name: LoopAttribute, of state: ValueHeap.ObjectState) {
    switch name {
    case .last where state.walk == .forking, .nextitem where state.walk == .forking:
      // A fork is made where an item is the last one: that there is another is known behind it.
      if state.index + 1 < state.count {
        note(state.start + state.index + 1, isRead: name == .nextitem)
      }
    case .last, .nextitem, .length, .revindex, .revindex0: registers.growing.isExposed = true
    default: break
    }
  }

  /// An object changes. A namespace is put back behind a fork, any other cannot be.
  @inline(__always)
  func touch(_ object: Int) {
    if object < registers.growing.objects { registers.growing.isBroken = true }
  }

  /// How a loop walks items: whether they are the list, and whether it is the loop at which renders are forked.
  func walk(_ items: Range<Int>, _ code: Program.LoopCode) -> ValueHeap.ObjectState.Walk {
    let growing = registers.growing
    guard !items.isEmpty, items.lowerBound >= growing.start, items.upperBound == growing.end
    else { return .plain }
    let isOwn =
      code.rest >= 0 && code.prints && registers.calls == 0 && registers.catchDepth == 0
      && registers.generationDepth == 0 && registers.loopDepth == 0
    return isOwn ? .forking : .growing
  }

  /// What a loop over the list leaves behind: nothing but the values of variables and namespaces, of which is known since which item they
  /// are as they are. A render that ends at that item or behind it goes on with the same ones.
  struct Effects {
    private let own: Range<Int>
    private var slots: [Value]
    private var members: [Entry] = []
    private var next: [Entry] = []
    private let printed: Int
    /// Past the last item that changed anything; nil where more than that may have changed.
    private var end: Int?
    /// What the loop must not touch.
    private let objects: Int
    private let outer: Registers.Growing

    /// nil where more than variables may change, or somebody may ask for more.
    init?(_ machine: Machine, _ code: Program.LoopCode) {
      guard machine.registers.calls == 0,
        machine.registers.catchDepth == 0, code.otherwise < 0,
        machine.slots.count <= Machine.maximumKept,
        machine.namespaces.count <= Machine.maximumKept / 8
      else { return nil }
      own = Int(code.firstSlot)..<Int(code.endSlot)
      slots = machine.slots.copy(0..<machine.slots.count)
      printed = machine.output.text.count
      objects = machine.heap.objects.count
      outer = machine.registers.growing
      end = outer.start
      Self.collect(machine, into: &members)
      // What changes for good is seen as in a fork.
      var growing = outer
      growing.objects = objects
      machine.registers.growing = growing
    }

    private static func collect(_ machine: Machine, into members: inout [Entry]) {
      members.removeAll(keepingCapacity: true)
      for place in 0..<machine.namespaces.count {
        let state = machine.heap.objects[machine.namespaces[place]]
        for index in state.start..<state.start + state.count {
          members.append(machine.heap.entries[index])
        }
      }
    }

    /// Behind the iteration of an item.
    mutating func look(_ machine: Machine, at index: Int) {
      guard end != nil else { return }
      guard machine.slots.count == slots.count, machine.output.text.count == printed,
        machine.namespaces.count <= Machine.maximumKept / 8
      else {
        end = nil
        return
      }
      var isSame = true
      for slot in slots.indices where !own.contains(slot) {
        let value = machine.slots[slot]
        if !value.isIdentical(to: slots[slot]) {
          isSame = false
          slots[slot] = value
        }
      }
      Self.collect(machine, into: &next)
      if next.count != members.count
        || !zip(next, members).allSatisfy({
          $0.key.isIdentical(to: $1.key) && $0.value.isIdentical(to: $1.value)
        })
      {
        isSame = false
        swap(&next, &members)
      }
      if !isSame { end = index + 1 }
    }

    /// Behind the last iteration, or where the loop was left at an item.
    func close(_ machine: Machine, leftAt index: Int?) {
      var growing = machine.registers.growing
      growing.objects = outer.objects
      if growing.isBroken, !outer.isBroken {
        growing.isBroken = false
        growing.isExposed = true
      }
      machine.registers.growing = growing
      if let index {
        machine.note(index)
      } else if let end {
        growing.known = max(growing.known, end - growing.start)
        // Of another item in place of one of them is not known what it would do.
        growing.read = growing.end - growing.start
        machine.registers.growing = growing
      } else {
        machine.registers.growing.isExposed = true
      }
    }
  }

  // MARK: Forks

  /// Namespaces and slots that are put back at most: a template with more is not forked.
  static let maximumKept = 256

  /// Makes the renders that end with the item at a place, before the loop goes on to it.
  func fork(
    at index: Int, of items: Range<Int>, _ code: Program.LoopCode, _ state: Int, ranToEnd: Bool,
    scope: Int32
  ) throws(Raise) {
    guard let forks else { return }
    let count = index - registers.growing.start + 1
    while forks.next < forks.requests.count, forks.requests[forks.next].count < count {
      forks.next += 1
    }
    while forks.next < forks.requests.count, forks.requests[forks.next].count == count {
      let number = forks.next
      forks.next += 1
      guard canFork(forks.requests[number]) else { continue }
      try fork(number, forks, at: index, of: items, code, state, ranToEnd, scope)
    }
  }

  private func canFork(_ request: Forks.Request) -> Bool {
    let growing = registers.growing
    let isSameFlag =
      forkedFlag < 0 || context[forkedFlag].bool == request.flag
      || (!growing.sawFlag && program.growingFlag >= 0)
    return !growing.isExposed && !growing.isBroken && isSameFlag && growing.known <= request.count
      && (request.last == nil || growing.read < request.count)
      && slots.count <= Self.maximumKept && namespaces.count <= Self.maximumKept / 8
  }

  private func fork(
    _ number: Int, _ forks: Forks, at index: Int, of items: Range<Int>, _ code: Program.LoopCode,
    _ state: Int, _ ranToEnd: Bool, _ scope: Int32
  ) throws(Raise) {
    let request = forks.requests[number]
    try charge(slots.count + 16)
    let kept = Kept(self, state)
    let item = heap.items[index]
    if let last = request.last { heap.items[index] = last }
    open(request, before: items.upperBound, state)
    var result = Forks.Result()
    result.sharedText = output.text.count
    result.sharedSpans = max(0, output.spans.count - 1)
    do throws(Raise) {
      try finish(at: index, of: items, code, state, ranToEnd, scope)
      result.outcome = .rendered
    } catch {
      result.outcome = failure.kind == .tooLarge ? .tooLarge : .refused
      failure = Failure(kind: .error, reason: "", offset: -1)
    }
    if result.outcome == .rendered {
      let (text, spans) = (forks.text.count, forks.spans.count)
      unsafe output.text.withElements(result.sharedText..<output.text.count) {
        unsafe forks.text.append(contentsOf: $0)
      }
      unsafe output.spans.withElements(result.sharedSpans..<output.spans.count) {
        unsafe forks.spans.append(contentsOf: $0)
      }
      result.text = text..<forks.text.count
      result.spans = spans..<forks.spans.count
    }
    forks.results[number] = result
    if request.last != nil { heap.items[index] = item }
    kept.restore(self, state)
  }

  /// Gives the render that begins what it has in place of what the one of all items has.
  private func open(_ request: Forks.Request, before end: Int, _ state: Int) {
    let newEnd = registers.growing.start + request.count
    func shortened(_ value: Value) -> Value {
      isGrowing(value)
        ? Value(.list, start: value.start, count: max(0, newEnd - value.start), extra: value.extra)
        : value
    }
    for slot in 0..<slots.count where slots[slot].tag == .list {
      slots[slot] = shortened(slots[slot])
    }
    context[forkedList] = shortened(context[forkedList])
    if state >= 0 { heap.objects[state].count -= end - newEnd }
    if forkedFlag >= 0, context[forkedFlag].bool != request.flag {
      context[forkedFlag] = .bool(request.flag)
      // The template's own level has a copy of what it may set.
      let scope = scopes[program.mainScope]
      for place in scope.start..<scope.end {
        if case .context(let index) = loads[place].kind, Int(index) == forkedFlag {
          slots[Int(loads[place].slot)] = .bool(request.flag)
        }
      }
    }
    var growing = Registers.Growing()
    growing.objects = heap.objects.count
    registers.growing = growing
  }

  /// The last iteration, and what follows the loop.
  private func finish(
    at index: Int, of items: Range<Int>, _ code: Program.LoopCode, _ state: Int, _ ranToEnd: Bool,
    _ scope: Int32
  ) throws(Raise) {
    try charge(Int(code.cost))
    try enter(code.scope)
    registers.scope = scope
    try store(code.target, heap.items[index])
    if state >= 0 {
      heap.objects[state].index = index - items.lowerBound
      slots[registers.frame + Int(code.loopSlot)] = Value(.loop, bits: UInt64(state))
    }
    let flow = try run(code.body)
    registers.loopDepth -= 1
    registers.scope = scope
    if code.otherwise >= 0, !ranToEnd, flow != .on {
      try enter(code.otherwiseScope)
      _ = try run(code.otherwise)
    }
    for rest in program.rests[Int(code.rest)] {
      let end = rest.block + 1 + lists[Int(rest.block)]
      var place = rest.block + 1 + rest.index
      while place < end {
        _ = try statement(lists[Int(place)])
        place += 1
      }
    }
    try charge(0)
  }

  /// What a fork may change, as it was.
  private struct Kept {
    private let heap: ValueHeap.Mark
    private let registers: Registers.Numbers
    private let slots: [Value]
    private let states: [ValueHeap.ObjectState]
    private let members: [Entry]
    private let context: (list: Value, flag: Value)
    private let counts: (caught: Int, arguments: Int, keywords: Int, failures: Int, namespaces: Int)
    private let printed: (text: Int, spans: Int, last: RenderOutput.Span?)
    private let loop: ValueHeap.ObjectState?

    init(_ machine: Machine, _ state: Int) {
      heap = machine.heap.mark
      registers = machine.registers.all
      slots = machine.slots.copy(0..<machine.slots.count)
      states = (0..<machine.namespaces.count).map { machine.heap.objects[machine.namespaces[$0]] }
      var members: [Entry] = []
      for state in states {
        members += machine.heap.entries.copy(state.start..<state.start + state.count)
      }
      self.members = members
      context = (
        machine.context[machine.forkedList],
        machine.forkedFlag < 0 ? .missing : machine.context[machine.forkedFlag]
      )
      counts = (
        machine.caught.count, machine.arguments.count, machine.keywords.count,
        machine.failures.count, machine.namespaces.count
      )
      let output = machine.output
      let spans = output.spans.count
      printed = (output.text.count, spans, spans > 0 ? output.spans[spans - 1] : nil)
      loop = state < 0 ? nil : machine.heap.objects[state]
    }

    func restore(_ machine: Machine, _ state: Int) {
      let isBroken = machine.registers.growing.isBroken
      machine.heap.reset(to: heap)
      machine.registers.restore(registers)
      if isBroken { machine.registers.growing.isBroken = true }
      machine.slots.truncate(to: 0)
      unsafe slots.withUnsafeBufferPointer { unsafe machine.slots.append(contentsOf: $0) }
      machine.namespaces.truncate(to: counts.namespaces)
      var next = 0
      for (place, state) in states.enumerated() {
        machine.heap.objects[machine.namespaces[place]] = state
        for index in 0..<state.count {
          machine.heap.entries[state.start + index] = members[next]
          next += 1
        }
      }
      machine.context[machine.forkedList] = context.list
      if machine.forkedFlag >= 0 { machine.context[machine.forkedFlag] = context.flag }
      machine.caught.truncate(to: counts.caught)
      machine.arguments.truncate(to: counts.arguments)
      machine.keywords.truncate(to: counts.keywords)
      machine.failures.removeLast(machine.failures.count - counts.failures)
      machine.output.text.truncate(to: printed.text)
      machine.output.spans.truncate(to: printed.spans)
      if let last = printed.last { machine.output.spans[printed.spans - 1] = last }
      if let loop { machine.heap.objects[state] = loop }
    }
  }
}
