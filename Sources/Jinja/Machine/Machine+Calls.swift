import Problems

/// Calls, and how arguments are fitted to parameters.
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
          try step()
          arguments.append(heap.items[item])
        }
      }
      if lists[index + 1] >= 0 {
        let spread = try evaluate(lists[index + 1])
        guard spread.tag == .dictionary else {
          throw raise("argument after ** must be a mapping, not \(typeName(spread))")
        }
        for member in spread.range {
          try charge(keywords.count - keywordBottom + 1)
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

  /// Arguments without names, from `least` to `most` of them; missing where not given.
  func positional(_ passed: Passed, _ least: Int, _ most: Int, of name: String) throws(Raise)
    -> [Value]
  {
    guard passed.keywords.isEmpty else { throw raise("\(name)() takes no keyword arguments") }
    guard (least...most).contains(passed.positional.count) else {
      throw raise(
        "\(name) expected \(least) to \(most) arguments, got \(passed.positional.count)")
    }
    return (0..<max(1, most)).map {
      $0 < passed.positional.count ? arguments[passed.positional.lowerBound + $0] : .missing
    }
  }

  func noArguments(_ passed: Passed, of filter: String) throws(Raise) {
    guard passed.positional.isEmpty, passed.keywords.isEmpty else {
      throw raise("the filter '\(filter)' takes no argument")
    }
  }

  func string(_ value: Value, _ what: String) throws(Raise) -> Value {
    guard value.isString else {
      if value.isUndefined { throw raiseUndefined(value) }
      throw raise("\(what) must be str, not \(typeName(value))")
    }
    return value
  }

  func optionalString(_ value: Value, _ what: String) throws(Raise) -> Value? {
    value.tag == .none || value.tag == .missing ? nil : try string(value, what)
  }

  /// An integer, or the standard where none is given.
  func index(_ value: Value, _ standard: Int) throws(Raise) -> Int {
    switch value.tag {
    case .missing: return standard
    case .int, .bool: return value.int
    case .big: throw raise("cannot fit 'int' into an index-sized integer")
    case .undefined: throw raiseUndefined(value)
    default: throw raise("'\(typeName(value))' object cannot be interpreted as an integer")
    }
  }

  /// A bound of a slice: one that does not fit is as good as the largest.
  func clamped(_ value: Value) throws(Raise) -> Int {
    switch value.tag {
    case .int, .bool: return value.int
    case .big: return heap.bigs[Int(value.bits)].isNegative ? Int.min + 1 : Int.max
    default: throw raise("slice indices must be integers or None or have an __index__ method")
    }
  }

  /// Whether an argument is true; one that is not given is not.
  func isTrue(_ value: Value) throws(Raise) -> Bool {
    value.tag == .missing ? false : try truth(value)
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
      touch(index)
      heap.objects[index].index = 1
      return Value(.string, start: 0, count: 0)
    default: throw raise("'\(typeName(callee))' object is not callable")
    }
  }
}
