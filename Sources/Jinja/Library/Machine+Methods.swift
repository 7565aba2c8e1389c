/// Methods of containers and of objects of the template language.
extension Machine {
  func callMethod(_ node: Program.Node, caller: Value = .missing) throws(Raise) -> Value {
    let object = try evaluate(node.a)
    if caller.tag == .missing {
      let method = lists[Int(node.c) + 1]
      if object.isString, method >= 0 {
        let passed = try pass(node.c)
        defer { release(passed) }
        return try stringMethods[Int(method)](self, object, passed)
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
      if let method = Library.stringMethods.number(text) {
        return try stringMethods[Int(method)](self, object, passed)
      }
    case .int, .bool, .big, .float: return try numberMethod(object, name, passed)
    case .dictionary, .list, .tuple, .range:
      if let method = ContainerMethod.byName[text] { return try call(method, object, passed) }
    case .loop:
      let state = heap.objects[Int(object.bits)]
      if heap.isName(name, "cycle") {
        guard !passed.positional.isEmpty else { throw raise("no items for cycling given") }
        return arguments[passed.positional.lowerBound + state.index % passed.positional.count]
      }
      let value = list(passed.positional.map { arguments[$0] }, .tuple)
      if state.second.tag == .tuple, try equal(state.second, value) { return .bool(false) }
      touch(Int(object.bits))
      heap.objects[Int(object.bits)].second = value
      return .bool(true)
    case .cycler:
      let index = Int(object.bits)
      touch(index)
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
      return Value(object.tag, bits: object.bits)
    case .count:
      try only(1, 1)
      let wanted = arguments[passed.positional.lowerBound]
      var count = 0
      for index in object.range {
        try step()
        if try equal(heap.items[index], wanted) { count += 1 }
      }
      return .int(count)
    case .index:
      try only(1, 3)
      let wanted = arguments[passed.positional.lowerBound]
      let bounds = passed.positional.dropFirst()
      guard object.tag != .range || bounds.isEmpty else {
        throw raise("range.index() takes exactly one argument")
      }
      func bound(_ place: Int, _ standard: Int) throws(Raise) -> Int {
        guard bounds.count > place else { return standard }
        let index = try clamped(arguments[bounds.lowerBound + place])
        return min(max(0, index < 0 ? index + object.count : index), object.count)
      }
      let (start, end) = (try bound(0, 0), try bound(1, object.count))
      for index in start..<max(start, end) {
        try step()
        if try equal(heap.items[object.start + index], wanted) { return .int(index) }
      }
      throw raise("value is not in the \(typeName(object))")
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

/// Methods of numbers.
extension Machine {
  static let numberMethods = [
    "bit_length", "bit_count", "conjugate", "as_integer_ratio", "is_integer",
  ]

  private func numberMethod(_ object: Value, _ name: Value, _ passed: Passed) throws(Raise) -> Value
  {
    let text = heap.text(of: name)
    _ = try positional(passed, 0, 0, of: text)
    switch text {
    case "conjugate": return object.tag == .float ? object : heap.integer(integer(object))
    case "is_integer" where object.tag == .float:
      return .bool(object.float.isFinite && object.float == object.float.rounded())
    case "bit_length" where object.tag != .float: return .int(integer(object).bitWidth)
    case "bit_count" where object.tag != .float:
      return .int(integer(object).words.reduce(0) { $0 + $1.nonzeroBitCount })
    case "as_integer_ratio" where object.tag != .float:
      return list([heap.integer(integer(object)), .int(1)], .tuple)
    default:
      throw raise(
        "the method \(typeName(object)).\(text) is not supported in templates", .unsupported)
    }
  }
}

extension ValueHeap {
  func isName(_ value: Value, _ text: StaticString) -> Bool {
    value.isString && bytes.equals(flat(value), text)
  }
}
