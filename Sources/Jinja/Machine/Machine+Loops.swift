/// Loops, and the items of what they walk.
extension Machine {
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
        try charge(Int(code.testCost))
        try enter(code.testScope)
        var item = heap.items[index]
        try store(code.testTarget, item)
        guard try isTrue(code.test) else { continue }
        // jinja2 gives on what it unpacked: tuples, whatever the items were.
        if nodes[code.testTarget].operation == .storeTuple { item = stored(code.testTarget) }
        arguments.append(item)
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
    let walk = registers.isGrowing ? walk(items, code) : .plain
    if state >= 0, walk != .plain { heap.objects[state].walk = walk }
    let outerScope = registers.scope
    registers.loopDepth += 1
    defer {
      registers.loopDepth -= 1
      registers.scope = outerScope
    }
    let target = nodes[Int(code.target)]
    let isSimple = target.operation == .storeLocal
    var ranToEnd = false
    var leftAt: Int?
    var effects = walk == .growing ? Effects(self, code) : nil
    for index in items {
      if walk == .forking {
        try fork(at: index, of: items, code, state, ranToEnd: ranToEnd, scope: outerScope)
      }
      try charge(Int(code.cost))
      try enter(code.scope)
      let item = heap.items[index]
      registers.scope = outerScope
      if isSimple {
        slots[registers.frame + Int(target.a)] = item
        openScope(item)
      } else {
        try store(code.target, item)
      }
      if state >= 0 {
        heap.objects[state].index = index - items.lowerBound
        slots[registers.frame + Int(code.loopSlot)] = Value(.loop, bits: UInt64(state))
      }
      let flow = try run(code.body)
      effects?.look(self, at: index)
      if flow == .leave {
        leftAt = index
        break
      }
      if flow == .on { ranToEnd = true }
    }
    if let effects {
      effects.close(self, leftAt: leftAt)
    } else if walk == .growing || walk == .forking && leftAt == nil {
      registers.growing.isExposed = true
    }
    registers.scope = outerScope
    if code.otherwise >= 0, !ranToEnd {
      try enter(code.otherwiseScope)
      return try run(code.otherwise)
    }
    return .on
  }

  /// What a generator has not given yet.
  func rest(of iterator: Value) -> Range<Int> {
    let object = heap.objects[Int(iterator.bits)]
    return object.start + object.index..<object.start + object.count
  }

  /// The items of a value, side by side in the heap. Errors as Python's `iter`.
  func iterate(_ value: Value) throws(Raise) -> Range<Int> {
    switch value.tag {
    case .list, .tuple, .range: return value.range
    case .undefined, .missing: return 0..<0
    case .iterator:
      let state = Int(value.bits)
      touch(state)
      let items = rest(of: value)
      let later = heap.objects[state].link
      heap.objects[state].index = heap.objects[state].count
      if later > 0 { throw raiseLater(later) }
      return items
    case .dictionary, .keysView:
      try charge(value.count)
      let start = heap.items.count
      for index in value.range { heap.items.append(heap.entries[index].key) }
      return start..<heap.items.count
    case .valuesView:
      try charge(value.count)
      let start = heap.items.count
      for index in value.range { heap.items.append(heap.entries[index].value) }
      return start..<heap.items.count
    case .itemsView:
      try charge(3 * value.count)
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
      try charge(2 * Int(value.extra))
      let start = heap.items.count
      for index in value.range {
        let piece = heap.pieces[index]
        var offset = Int(piece.offset)
        let end = offset + Int(piece.count)
        while offset < end {
          let next = min(offset + PythonText.length(heap.bytes[offset]), end)
          heap.items.append(heap.string(offset..<next, piece.origin))
          offset = next
        }
      }
      return start..<heap.items.count
    case .loop:
      // What is left of the loop: rare, and only ever to take its length.
      let object = heap.objects[Int(value.bits)]
      return object.start + object.index + 1..<object.start + object.count
    default: throw raise("'\(typeName(value))' object is not iterable")
    }
  }

  /// The value that a target holds, tuples of targets as tuples.
  private func stored(_ target: Int32) -> Value {
    let node = nodes[target]
    guard node.operation == .storeTuple else { return slots[registers.frame + Int(node.a)] }
    let count = Int(lists[Int(node.a)])
    return list((0..<count).map { stored(lists[Int(node.a) + 1 + $0]) }, .tuple)
  }
}
