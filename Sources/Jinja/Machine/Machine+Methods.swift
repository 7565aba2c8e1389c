/// Methods of containers and of objects of the template language.
extension Machine {
  func callMethod(_ node: Program.Node, caller: Value = .missing) throws(Raise) -> Value {
    let object = try evaluate(node.a)
    if caller.tag == .missing {
      if object.isString, let method = StringMethod(rawValue: lists[Int(node.c) + 1]),
        method != .none
      {
        let passed = try pass(node.c)
        defer { release(passed) }
        if let value = quick(method, object, passed) { return value }
        return try call(method, object, passed)
      }
      if object.tag == .dictionary,
        let method = ContainerMethod(rawValue: lists[Int(node.c) + 2]),
        method.isOfDictionary, !method.changesItsObject
      {
        let passed = try pass(node.c)
        defer { release(passed) }
        return try call(method, object, passed)
      }
    }
    let callee = try attribute(object, constants[Int(node.b)])
    if callee.isUndefined { throw raiseUndefined(callee) }
    let passed = try pass(node.c)
    defer { release(passed) }
    return try call(callee, passed, caller: caller)
  }

  func callNamed(_ object: Value, _ name: Value, _ passed: Passed) throws(Raise) -> Value {
    let text = heap.bytes(of: name)
    switch object.tag {
    case .string:
      if let method = StringMethod.byName[text] { return try call(method, object, passed) }
    case .dictionary, .list, .tuple, .range:
      if let method = ContainerMethod.byName[text] { return try call(method, object, passed) }
    case .loop:
      let state = heap.objects[Int(object.bits)]
      if heap.isName(name, "cycle") {
        guard !passed.positional.isEmpty else { throw raise("no items for cycling given") }
        return arguments[passed.positional.lowerBound + state.index % passed.positional.count]
      }
      let start = heap.items.count
      for index in passed.positional { heap.items.append(arguments[index]) }
      let value = Value(.tuple, start: start, count: passed.positional.count)
      if state.second.tag == .tuple, equal(state.second, value) { return .bool(false) }
      heap.objects[Int(object.bits)].second = value
      return .bool(true)
    case .cycler:
      let index = Int(object.bits)
      let state = heap.objects[index]
      if heap.isName(name, "reset") {
        heap.objects[index].index = 0
        return .none
      }
      heap.objects[index].index = (state.index + 1) % max(1, state.count)
      return heap.items[state.start + state.index]
    default: break
    }
    throw raise("'\(typeName(object))' object has no method '\(heap.text(of: name))'")
  }

  func call(_ method: ContainerMethod, _ object: Value, _ passed: Passed) throws(Raise)
    -> Value
  {
    func only(_ least: Int, _ most: Int) throws(Raise) {
      guard passed.keywords.isEmpty else {
        throw raise("\(typeName(object)).\(method)() takes no keyword arguments")
      }
      guard (least...most).contains(passed.positional.count) else {
        throw raise(
          "\(method) expected \(least) to \(most) arguments, got \(passed.positional.count)")
      }
    }
    switch method {
    case .get:
      try only(1, 2)
      let first = passed.positional.lowerBound
      if let known = try member(object, arguments[first]) { return heap.entries[known].value }
      return passed.positional.count == 2 ? arguments[first + 1] : .none
    case .items:
      try only(0, 0)
      return Value(.itemsView, bits: object.bits)
    case .keys:
      try only(0, 0)
      return Value(.keysView, bits: object.bits)
    case .values:
      try only(0, 0)
      return Value(.valuesView, bits: object.bits)
    case .copy:
      try only(0, 0)
      return object
    case .count:
      try only(1, 1)
      let wanted = arguments[passed.positional.lowerBound]
      return .int(object.range.count { equal(heap.items[$0], wanted) })
    case .index:
      try only(1, 3)
      let wanted = arguments[passed.positional.lowerBound]
      guard let found = object.range.first(where: { equal(heap.items[$0], wanted) }) else {
        throw raise("value is not in list")
      }
      return .int(found - object.start)
    case .fromkeys:
      try only(1, 2)
      let first = passed.positional.lowerBound
      let value = passed.positional.count == 2 ? arguments[first + 1] : .none
      let items = try iterate(arguments[first])
      var dictionary = Value(.dictionary, start: heap.entries.count, count: 0)
      for index in items { dictionary = try insert(heap.items[index], value, into: dictionary) }
      return dictionary
    default:
      throw raise("\(typeName(object)).\(method)() changes its object, which a template may not")
    }
  }
}

extension ValueHeap {
  func isName(_ value: Value, _ text: StaticString) -> Bool {
    value.isString && bytes.equals(flat(value), text)
  }
}
