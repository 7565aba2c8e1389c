/// Filters over the items of a value.
extension Machine {
  /// jinja2's `make_attrgetter`: a path such as `function.name` or `0.text`.
  func parts(_ attribute: Value) throws(Raise) -> [Value] {
    guard attribute.isString else {
      return attribute.tag == .none || attribute.tag == .missing ? [] : [attribute]
    }
    var parts: [Value] = []
    let split = try split(attribute, heap.string("."), limit: -1, fromRight: false)
    for index in split.range {
      let part = heap.items[index]
      let bytes = heap.bytes(of: part)
      if !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(String(decoding: bytes, as: UTF8.self))
      {
        parts.append(.int(number))
      } else {
        parts.append(part)
      }
    }
    return parts
  }

  func get(
    _ value: Value, _ parts: [Value], standard: Value = .missing, ignoreCase: Bool = false
  )
    throws(Raise) -> Value
  {
    var value = value
    for part in parts {
      value = try item(value, part)
      if value.isUndefined, standard.tag != .missing, standard.tag != .none { value = standard }
    }
    return ignoreCase && value.isString ? changeCase(value, .lower) : value
  }

  func join(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    var items = try iterate(value)
    if values[1].tag != .missing, values[1].tag != .none {
      let parts = try parts(values[1])
      var found: [Value] = []
      for index in items { found.append(try get(heap.items[index], parts)) }
      let list = list(found)
      items = list.range
    }
    var separator = Value(.string, start: 0, count: 0)
    if values[0].tag != .missing { separator = try text(values[0]) }
    return try joined(items, with: separator)
  }

  func map(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    // What is false is never walked: `none` and 0 give nothing.
    guard try truth(value) else { return iterator(0..<0) }
    let items = try iterate(value)
    var found: [Value] = []
    found.reserveCapacity(items.count)
    if passed.positional.isEmpty {
      let values = try bind(passed, ["attribute", "default"], of: "the filter 'map'")
      guard values[0].tag != .missing else { throw raise("map requires a filter argument") }
      let parts = try parts(values[0])
      for index in items {
        try step()
        found.append(try get(heap.items[index], parts, standard: values[1]))
      }
    } else {
      let name = arguments[passed.positional.lowerBound]
      guard name.isString, let filter = FilterName.byName[heap.bytes(of: name)] else {
        if items.isEmpty { return iterator(0..<0) }
        let shown = try text(name)
        throw raise("No filter named '\(heap.text(of: shown))'.")
      }
      let rest = Passed(positional: passed.positional.dropFirst(), keywords: passed.keywords)
      for index in items {
        try step()
        found.append(try apply(filter, heap.items[index], rest))
      }
    }
    return iterator(list(found).range)
  }

  func select(_ filter: FilterName, _ value: Value, _ passed: Passed) throws(Raise) -> Value {
    guard try truth(value) else { return iterator(0..<0) }
    let items = try iterate(value)
    guard !items.isEmpty else { return iterator(0..<0) }
    var positional = passed.positional
    var parts: [Value] = []
    if filter == .selectattr || filter == .rejectattr {
      guard let first = positional.popFirst() else {
        throw raise("Missing parameter for attribute name")
      }
      parts = try self.parts(arguments[first])
    }
    var test: TestName?
    if let first = positional.popFirst() {
      let name = arguments[first]
      guard name.isString, let known = TestName.byName[heap.bytes(of: name)] else {
        let shown = try text(name)
        throw raise("No test named '\(heap.text(of: shown))'.")
      }
      test = known
    }
    let rest = Passed(positional: positional, keywords: passed.keywords)
    let keeps = filter == .select || filter == .selectattr
    var found: [Value] = []
    for index in items {
      try step()
      let item = heap.items[index]
      let tested = try get(item, parts)
      let holds: Bool
      if let test { holds = try self.holds(test, tested, rest) } else { holds = try truth(tested) }
      if holds == keeps { found.append(item) }
    }
    return iterator(list(found).range)
  }

  func sort(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    let isSensitive = try isTrue(values[1])
    var paths: [[Value]] = []
    if values[2].isString {
      let names = try split(values[2], heap.string(","), limit: -1, fromRight: false)
      for index in names.range { paths.append(try parts(heap.items[index])) }
    } else {
      paths = [try parts(values[2])]
    }
    var keyed: [(key: Value, item: Value)] = []
    for index in try iterate(value) {
      let item = heap.items[index]
      var keys: [Value] = []
      for path in paths { keys.append(try get(item, path, ignoreCase: !isSensitive)) }
      keyed.append((list(keys), item))
    }
    return list(try sorted(keyed, reverse: try isTrue(values[0])) { $0.key }.map(\.item))
  }

  func rows(_ filter: FilterName, _ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, [filter == .batch ? "linecount" : "slices", "fill_with"], required: 1,
      of: "the filter '\(filter)'")
    let size = try integer(values[0], 0)
    let fill = values[1]
    let hasFill = fill.tag != .missing && fill.tag != .none
    let items = try iterate(value).map { heap.items[$0] }
    var rows: [Value] = []
    if filter == .batch {
      var start = 0
      while start < items.count {
        let end = size > 0 ? min(start + size, items.count) : items.count
        var row = Array(items[start..<end])
        if hasFill, size > row.count, size < 1 << 20 {
          row += Array(repeating: fill, count: size - row.count)
        }
        rows.append(list(row))
        start = end
      }
    } else {
      guard size != 0 else { throw raise("integer division or modulo by zero") }
      guard size < 1 << 20 else { throw raise("too many slices", .tooLarge) }
      let (each, extra) = size > 0 ? items.count.quotientAndRemainder(dividingBy: size) : (0, 0)
      var start = 0
      for index in 0..<max(0, size) {
        let end = start + each + (index < extra ? 1 : 0)
        var row = Array(items[start..<end])
        if hasFill, index >= extra { row.append(fill) }
        rows.append(list(row))
        start = end
      }
    }
    return iterator(list(rows).range)
  }
}
