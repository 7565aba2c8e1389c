/// Calls: of macros, of what the template finds ready made, of methods of containers.
extension Machine {
  /// Where the arguments of a call lie.
  struct Passed {
    var positional: Range<Int>
    var keywords: Range<Int>
  }

  /// Evaluates an argument list, -1 where it is empty; `release` forgets it.
  func pass(_ list: Int32) throws(Raise) -> Passed {
    guard list >= 0 else { return Passed(positional: 0..<0, keywords: 0..<0) }
    let bottom = arguments.count
    // One plain argument is what most calls have.
    if lists[list + 3] == 1, lists[list + 5] == 0, lists[list + 6] < 0, lists[list + 7] < 0 {
      arguments.append(try evaluate(lists[list + 4]))
      return Passed(positional: bottom..<bottom + 1, keywords: 0..<0)
    }
    return try passAll(list)
  }

  private func passAll(_ list: Int32) throws(Raise) -> Passed {
    var index = Int(list) + 3
    let bottom = arguments.count
    let keywordBottom = keywords.count
    do throws(Raise) {
      let positional = Int(lists[index])
      index += 1
      for next in index..<index + positional { arguments.append(try evaluate(lists[next])) }
      index += positional
      let named = Int(lists[index])
      index += 1
      for _ in 0..<named {
        let value = try evaluate(lists[index + 1])
        keywords.append(Entry(key: constants[Int(lists[index])], value: value))
        index += 2
      }
      if lists[index] >= 0 {
        for item in try iterate(try evaluate(lists[index])) {
          arguments.append(heap.items[item])
        }
      }
      if lists[index + 1] >= 0 {
        let spread = try evaluate(lists[index + 1])
        guard spread.tag == .dictionary else {
          throw raise("argument after ** must be a mapping, not \(typeName(spread))")
        }
        for member in spread.range {
          let entry = heap.entries[member]
          guard entry.key.isString else { throw raise("keywords must be strings") }
          for known in keywordBottom..<keywords.count
          where heap.isEqual(keywords[known].key, entry.key) {
            throw raise("got multiple values for keyword argument '\(heap.text(of: entry.key))'")
          }
          keywords.append(entry)
        }
      }
    } catch {
      arguments.truncate(to: bottom)
      keywords.truncate(to: keywordBottom)
      throw error
    }
    return Passed(positional: bottom..<arguments.count, keywords: keywordBottom..<keywords.count)
  }

  @inline(__always)
  func release(_ passed: Passed) {
    if !passed.positional.isEmpty { arguments.truncate(to: passed.positional.lowerBound) }
    if !passed.keywords.isEmpty { keywords.truncate(to: passed.keywords.lowerBound) }
  }

  /// Fits arguments to parameters, missing where not given. Errors as Python's call does.
  func bind(
    _ passed: Passed, _ names: [StaticString], required: Int = 0,
    of function: @autoclosure () -> String
  )
    throws(Raise) -> [Value]
  {
    guard passed.positional.count <= names.count else {
      throw raise(
        "\(function()) takes at most \(names.count) arguments (\(passed.positional.count) given)")
    }
    var values = Array(repeating: Value.missing, count: names.count)
    for (index, argument) in passed.positional.enumerated() { values[index] = arguments[argument] }
    for keyword in passed.keywords {
      let entry = keywords[keyword]
      let key = heap.flat(entry.key)
      guard let index = names.firstIndex(where: { heap.bytes.equals(key, $0) }) else {
        throw raise(
          "\(function()) got an unexpected keyword argument '\(heap.text(of: entry.key))'")
      }
      guard values[index].tag == .missing else {
        throw raise("\(function()) got multiple values for argument '\(names[index])'")
      }
      values[index] = entry.value
    }
    for index in 0..<required where values[index].tag == .missing {
      throw raise("\(function()) missing a required argument: '\(names[index])'")
    }
    return values
  }

  func call(_ node: Program.Node, caller: Value) throws(Raise) -> Value {
    if node.operation == .methodCall { return try callMethod(node, caller: caller) }
    let callee = try evaluate(node.a)
    let passed = try pass(node.b)
    defer { release(passed) }
    return try call(callee, passed, caller: caller)
  }

  func call(_ callee: Value, _ passed: Passed, caller: Value) throws(Raise) -> Value {
    if caller.tag != .missing {
      if callee.tag == .macro {
        return try callFunction(
          callee, positional: passed.positional, keywords: passed.keywords, caller: caller)
      }
      throw raise("the callee of a call block must be a macro")
    }
    switch callee.tag {
    case .undefined, .missing: throw raiseUndefined(callee)
    case .macro:
      return try callFunction(
        callee, positional: passed.positional, keywords: passed.keywords, caller: .missing)
    case .builtin:
      guard let function = GlobalFunction(rawValue: Int32(truncatingIfNeeded: callee.int)) else {
        throw raise("no such function")
      }
      return try call(function, passed)
    case .method:
      let state = heap.objects[Int(callee.bits)]
      return try callNamed(state.first, state.second, passed)
    case .loop:
      let state = heap.objects[Int(callee.bits)]
      guard state.first.int >= 0 else {
        throw raise("The loop must have the 'recursive' marker to be called recursively.")
      }
      let iterable = try bind(passed, ["iterable"], required: 1, of: "loop()")[0]
      return try callRecursive(
        Int32(state.first.int), iterable, depth: state.depth + 1, parent: state.link)
    case .joiner:
      let index = Int(callee.bits)
      if heap.objects[index].index > 0 { return heap.objects[index].first }
      heap.objects[index].index = 1
      return Value(.string, start: 0, count: 0)
    default: throw raise("'\(typeName(callee))' object is not callable")
    }
  }

  // MARK: Macros

  /// Opens slots for a function defined at `parent`, runs `body`, gives what it printed.
  private func inFunction(
    _ function: Program.Function, parent: Int, _ fill: (Int) throws(Raise) -> Void
  ) throws(Raise) -> Value {
    guard registers.calls < Self.maximumCalls else {
      throw raise("maximum recursion depth exceeded", .tooLarge)
    }
    try step()
    guard slots.count + function.slotCount < ValueHeap.maximumItems else {
      throw raise("too many registers.calls of macros inside macros", .tooLarge)
    }
    let outerFrame = registers.frame
    let outerLoopDepth = registers.loopDepth
    let base = slots.count
    slots.append(repeating: .missing, count: function.slotCount)
    slots[base] = .int(parent)
    registers.calls += 1
    registers.frame = base
    let start = caught.count
    registers.catchDepth += 1
    defer {
      registers.catchDepth -= 1
      registers.calls -= 1
      registers.frame = outerFrame
      registers.loopDepth = outerLoopDepth
      // Functions inside may be called later and read these slots.
      if !function.hasInner { slots.truncate(to: base) }
    }
    do throws(Raise) {
      try fill(base)
      _ = try run(function.body)
    } catch {
      caught.truncate(to: start)
      throw error
    }
    return takeCaught(from: start)
  }

  /// Runs a recursive loop; `parent` is the registers.frame that its statement ran in.
  func callRecursive(_ index: Int32, _ iterable: Value, depth: Int, parent: Int) throws(Raise)
    -> Value
  {
    let function = program.functions[Int(index)]
    let outer = registers.recursionDepth
    registers.recursionDepth = depth
    defer { registers.recursionDepth = outer }
    return try inFunction(function, parent: parent) { (base) throws(Raise) in
      slots[base + Int(function.restSlot)] = iterable
      try enter(function.scope)
    }
  }

  func callFunction(
    _ macro: Value, positional: Range<Int>, keywords passedKeywords: Range<Int>, caller: Value
  ) throws(Raise) -> Value {
    let function = program.functions[macro.start]
    let name = String(decoding: function.name, as: UTF8.self)
    return try inFunction(function, parent: macro.count) { (base) throws(Raise) in
      var used = 0
      for (index, parameter) in function.parameters.enumerated() {
        if index < positional.count {
          slots[base + Int(parameter.slot)] = arguments[positional.lowerBound + index]
          continue
        }
        for keyword in passedKeywords
        where heap.isEqual(keywords[keyword].key, constants[Int(parameter.name)]) {
          slots[base + Int(parameter.slot)] = keywords[keyword].value
          used += 1
        }
        if caller.tag != .missing, heap.isName(constants[Int(parameter.name)], "caller") {
          slots[base + Int(parameter.slot)] = caller
        }
      }
      if function.callerSlot >= 0 {
        var value = caller
        for keyword in passedKeywords where heap.isName(keywords[keyword].key, "caller") {
          value = keywords[keyword].value
          used += 1
        }
        slots[base + Int(function.callerSlot)] =
          value.tag == .missing ? hint("No caller defined") : value
      } else if caller.tag != .missing, function.keywordsSlot < 0,
        !function.parameters.contains(where: { heap.isName(constants[Int($0.name)], "caller") })
      {
        throw raise(
          "macro '\(name)' was invoked with two values for the special caller argument. This is most likely a bug."
        )
      }
      if function.keywordsSlot >= 0 {
        let start = heap.entries.count
        for keyword in passedKeywords {
          let entry = keywords[keyword]
          if function.parameters.dropFirst(positional.count).contains(where: {
            heap.isEqual(constants[Int($0.name)], entry.key)
          }) {
            continue
          }
          if function.callerSlot >= 0, heap.isName(entry.key, "caller") { continue }
          heap.entries.append(Entry(key: named(entry.key), value: entry.value))
        }
        slots[base + Int(function.keywordsSlot)] =
          Value(.dictionary, start: start, count: heap.entries.count - start)
      } else if used < passedKeywords.count {
        throw raise("macro '\(name)' got a keyword argument that it does not take")
      }
      if function.restSlot >= 0 {
        let start = heap.items.count
        for index in positional.dropFirst(function.parameters.count) {
          heap.items.append(arguments[index])
        }
        slots[base + Int(function.restSlot)] =
          Value(.tuple, start: start, count: heap.items.count - start)
      } else if positional.count > function.parameters.count {
        throw raise("macro '\(name)' takes not more than \(function.parameters.count) argument(s)")
      }
      try enter(function.scope)
      for parameter in function.parameters where slots[base + Int(parameter.slot)].tag == .missing {
        slots[base + Int(parameter.slot)] =
          parameter.standard >= 0
          ? try evaluate(parameter.standard)
          : hint("parameter '\(heap.text(of: constants[Int(parameter.name)]))' was not provided")
      }
    }
  }

  // MARK: Ready-made functions

  private func call(_ function: GlobalFunction, _ passed: Passed) throws(Raise) -> Value {
    switch function {
    case .range: return try range(passed)
    case .dict:
      var dictionary = Value(.dictionary, start: heap.entries.count, count: 0)
      if let first = passed.positional.first {
        guard passed.positional.count == 1 else { throw raise("dict expected at most 1 argument") }
        dictionary = try members(of: arguments[first])
      }
      for keyword in passed.keywords {
        let entry = keywords[keyword]
        dictionary = try insert(entry.key, entry.value, into: dictionary)
      }
      return dictionary
    case .namespace:
      heap.objects.append(ValueHeap.ObjectState())
      let namespace = Value(.namespace, bits: UInt64(heap.objects.count - 1))
      if let first = passed.positional.first {
        guard passed.positional.count == 1 else { throw raise("dict expected at most 1 argument") }
        let dictionary = try members(of: arguments[first])
        for index in dictionary.range {
          let entry = heap.entries[index]
          guard entry.key.isString else { continue }
          try setAttribute(of: namespace, entry.key, entry.value)
        }
      }
      for keyword in passed.keywords {
        try setAttribute(of: namespace, keywords[keyword].key, keywords[keyword].value)
      }
      return namespace
    case .cycler:
      guard !passed.positional.isEmpty else { throw raise("at least one item has to be provided") }
      var state = ValueHeap.ObjectState()
      state.start = heap.items.count
      for index in passed.positional { heap.items.append(arguments[index]) }
      state.count = passed.positional.count
      heap.objects.append(state)
      return Value(.cycler, bits: UInt64(heap.objects.count - 1))
    case .joiner:
      var state = ValueHeap.ObjectState()
      let separator = try bind(passed, ["sep"], of: "joiner()")[0]
      state.first = separator.tag == .missing ? heap.string(", ") : separator
      heap.objects.append(state)
      return Value(.joiner, bits: UInt64(heap.objects.count - 1))
    case .raiseException:
      let message = try bind(passed, ["message"], required: 1, of: "raise_exception()")[0]
      let shown = try text(message)
      throw raise(heap.text(of: shown), .raised)
    case .strftimeNow:
      let format = try bind(passed, ["format"], required: 1, of: "strftime_now()")[0]
      guard format.isString else { throw raise("strftime() argument 1 must be str") }
      guard let date else {
        throw raise(
          "the template prints today's date (strftime_now), which changes daily", .dateMissing)
      }
      return heap.string(date.formatted(heap.bytes(of: format)))
    case .lipsum: throw raise("lipsum() is random and not supported")
    }
  }

  /// A new dictionary with the members of a mapping, or of a row of pairs.
  private func members(of value: Value) throws(Raise) -> Value {
    if value.tag == .dictionary {
      let start = heap.entries.count
      heap.entries.append(from: value.range)
      return Value(.dictionary, start: start, count: value.count)
    }
    var pairs: [Entry] = []
    for index in try iterate(value) {
      let pair = try iterate(heap.items[index])
      guard pair.count == 2 else {
        throw raise("dictionary update sequence element has length \(pair.count); 2 is required")
      }
      pairs.append(Entry(key: heap.items[pair.lowerBound], value: heap.items[pair.lowerBound + 1]))
    }
    var dictionary = Value(.dictionary, start: heap.entries.count, count: 0)
    for pair in pairs { dictionary = try insert(pair.key, pair.value, into: dictionary) }
    return dictionary
  }

  private func range(_ passed: Passed) throws(Raise) -> Value {
    guard passed.keywords.isEmpty else { throw raise("range() takes no keyword arguments") }
    guard (1...3).contains(passed.positional.count) else {
      throw raise("range expected 1 to 3 arguments, got \(passed.positional.count)")
    }
    var numbers: [Int] = []
    for index in passed.positional {
      let value = arguments[index]
      if value.isUndefined { throw raiseUndefined(value) }
      guard value.tag == .int || value.tag == .bool else {
        throw raise("'\(typeName(value))' object cannot be interpreted as an integer")
      }
      numbers.append(value.int)
    }
    let (start, stop) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    let step = numbers.count == 3 ? numbers[2] : 1
    guard step != 0 else { throw raise("range() arg 3 must not be zero") }
    let first = heap.items.count
    var next = start
    while step > 0 ? next < stop : next > stop {
      guard heap.items.count - first < 100_000 else {
        throw raise("Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).")
      }
      heap.items.append(.int(next))
      let (following, isTooLarge) = next.addingReportingOverflow(step)
      if isTooLarge { break }
      next = following
    }
    return Value(.range, start: first, count: heap.items.count - first)
  }

  // MARK: Methods

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

  private func callNamed(_ object: Value, _ name: Value, _ passed: Passed) throws(Raise) -> Value {
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

  private func call(_ method: ContainerMethod, _ object: Value, _ passed: Passed) throws(Raise)
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
