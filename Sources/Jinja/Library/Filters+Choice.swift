/// Filters that apply others, or keep what passes a test.
extension Library {
  static let choiceFilters: [(String, LibraryFunction)] = [
    (
      "default",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.standard(value, passed, of: "the filter 'default'")
      }
    ),
    (
      "d",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.standard(value, passed, of: "the filter 'd'")
      }
    ),
    ("map", { (machine, value, passed) throws(Machine.Raise) in try machine.map(value, passed) }),
    (
      "select",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.select(value, passed, keeps: true, byAttribute: false)
      }
    ),
    (
      "reject",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.select(value, passed, keeps: false, byAttribute: false)
      }
    ),
    (
      "selectattr",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.select(value, passed, keeps: true, byAttribute: true)
      }
    ),
    (
      "rejectattr",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.select(value, passed, keeps: false, byAttribute: true)
      }
    ),
  ]
}

extension Machine {
  func standard(_ value: Value, _ passed: Passed, of name: String) throws(Raise) -> Value {
    let values = try bind(passed, ["default_value", "boolean"], of: name)
    let standard = values[0].tag == .missing ? Value(.string, start: 0, count: 0) : values[0]
    if value.isUndefined { return standard }
    if try isTrue(values[1]), try !truth(value) { return standard }
    return value
  }

  /// A generator: Python runs its body when it is asked for the next item, so an error counts where it is
  /// reached.
  func generator(_ body: (inout [Value]) throws(Raise) -> Void) throws(Raise) -> Value {
    var found: [Value] = []
    var later = 0
    do throws(Raise) {
      try body(&found)
    } catch {
      guard failure.kind == .error || failure.kind == .undefined else { throw error }
      failures.append(failure)
      later = failures.count
    }
    let result = iterator(list(found).range)
    heap.objects[Int(result.bits)].link = later
    return result
  }

  /// A generator that gives something, or nothing, for each item of a value.
  private func lazily(
    _ value: Value, _ body: (Value) throws(Raise) -> Value?
  ) throws(Raise) -> Value {
    try generator { (found) throws(Raise) in
      // What is false is never walked: `none` and 0 give nothing.
      guard try truth(value) else { return }
      for index in try iterate(value) {
        try step()
        if let value = try body(heap.items[index]) { found.append(value) }
      }
    }
  }

  /// The failure that an iterator comes to at its end.
  func raiseLater(_ number: Int) -> Raise {
    failure = failures[number - 1]
    failure.offset = -1
    return Raise()
  }

  func map(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    if passed.positional.isEmpty {
      let values = try bind(passed, ["attribute", "default"], of: "the filter 'map'")
      return try lazily(value) { (item) throws(Raise) in
        guard values[0].tag != .missing else { throw raise("map requires a filter argument") }
        return try get(item, try parts(values[0]), standard: values[1])
      }
    }
    let name = arguments[passed.positional.lowerBound]
    let number = name.isString ? Library.filters.number(try bytes(of: name)) : nil
    let rest = Passed(positional: passed.positional.dropFirst(), keywords: passed.keywords)
    return try lazily(value) { (item) throws(Raise) in
      guard let number else {
        let shown = heap.text(of: try text(name))
        guard !Library.refusedFilters.contains(shown) else {
          throw raise("the filter '\(shown)' is not supported in templates", .unsupported)
        }
        throw raise("No filter named '\(shown)'.")
      }
      return try Library.filters.functions[Int(number)](self, item, rest)
    }
  }

  func select(_ value: Value, _ passed: Passed, keeps: Bool, byAttribute: Bool) throws(Raise)
    -> Value
  {
    var positional = passed.positional
    let attribute = byAttribute ? positional.popFirst().map { arguments[$0] } : nil
    let name = positional.popFirst().map { arguments[$0] }
    let rest = Passed(positional: positional, keywords: passed.keywords)
    let isText = name?.isString ?? false
    let number = try name.flatMap { (name) throws(Raise) in
      isText ? Library.tests.number(try bytes(of: name)) : nil
    }
    return try lazily(value) { (item) throws(Raise) in
      if byAttribute, attribute == nil { throw raise("Missing parameter for attribute name") }
      let tested = try get(item, try attribute.map(parts) ?? [])
      var holds: Bool
      if let name {
        guard let number else {
          let shown = heap.text(of: try text(name))
          throw raise("No test named '\(shown)'.")
        }
        holds = try Library.tests.functions[Int(number)](self, tested, rest).bool
      } else {
        holds = try truth(tested)
      }
      return holds == keeps ? item : nil
    }
  }
}
