/// Filters over the items of a value, in their order.
extension Library {
  static let itemFilters: [(String, LibraryFunction)] = [
    (
      "length",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "length")
        return .int(try machine.length(value))
      }
    ),
    (
      "count",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "count")
        return .int(try machine.length(value))
      }
    ),
    (
      "list",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "list")
        let items = try machine.iterate(value)
        return Value(.list, start: items.lowerBound, count: items.count)
      }
    ),
    (
      "items",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "items")
        return try machine.itemPairs(value)
      }
    ),
    (
      "first",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "first")
        return try machine.first(value)
      }
    ),
    (
      "last",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "last")
        return try machine.last(value)
      }
    ),
    (
      "join",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.join(value, passed)
      }
    ),
    ("sum", { (machine, value, passed) throws(Machine.Raise) in try machine.sum(value, passed) }),
    (
      "batch",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.batch(value, passed)
      }
    ),
    (
      "slice",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.slices(value, passed)
      }
    ),
    (
      "attr",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.attr(value, passed)
      }
    ),
  ]
}

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
        parts.append(named(plain(part)))
      }
    }
    return parts
  }

  func get(
    _ value: Value, _ parts: [Value], standard: Value = .missing, ignoreCase: Bool = false
  ) throws(Raise) -> Value {
    var value = value
    for part in parts {
      value = try item(value, part)
      if value.isUndefined, standard.tag != .missing, standard.tag != .none { value = standard }
    }
    return ignoreCase && value.isString ? try changeCase(value, .lower) : value
  }

  func length(_ value: Value) throws(Raise) -> Int {
    switch value.tag {
    case .string: return try characterCount(value)
    case .list, .tuple, .range, .dictionary, .keysView, .valuesView, .itemsView: return value.count
    case .undefined, .missing: return 0
    case .loop: return heap.objects[Int(value.bits)].count
    default: throw raise("object of type '\(typeName(value))' has no len()")
    }
  }

  func itemPairs(_ value: Value) throws(Raise) -> Value {
    try generator { (found) throws(Raise) in
      if value.isUndefined { return }
      guard value.tag == .dictionary else {
        throw raise("Can only get item pairs from a mapping.")
      }
      for index in try iterate(Value(.itemsView, bits: value.bits)) {
        found.append(heap.items[index])
      }
    }
  }

  func first(_ value: Value) throws(Raise) -> Value {
    if value.tag == .iterator {
      // Takes one item off the generator.
      let index = Int(value.bits)
      let state = heap.objects[index]
      if state.index == state.count, state.link > 0 { throw raiseLater(state.link) }
      guard state.index < state.count else { return hint("No first item, sequence was empty.") }
      touch(index)
      heap.objects[index].index += 1
      return heap.items[state.start + state.index]
    }
    if value.isString {
      return value.extra == 0
        ? hint("No first item, sequence was empty.") : plain(try character(value, at: 0) ?? value)
    }
    let items = try iterate(value)
    return items.isEmpty
      ? hint("No first item, sequence was empty.") : heap.items[items.lowerBound]
  }

  /// Whether Python's `reversed` takes a value.
  func isReversible(_ value: Value) -> Bool {
    switch value.tag {
    case .string, .list, .tuple, .range, .dictionary, .keysView, .valuesView, .itemsView,
      .undefined, .missing:
      true
    default: false
    }
  }

  func last(_ value: Value) throws(Raise) -> Value {
    guard isReversible(value) else {
      throw raise("'\(typeName(value))' object is not reversible")
    }
    if value.isString, value.extra > 0 { return try character(value, at: -1) ?? value }
    let items = try iterate(value)
    return items.isEmpty
      ? hint("No last item, sequence was empty.") : heap.items[items.upperBound - 1]
  }

  func join(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(passed, ["d", "attribute"], of: "the filter 'join'")
    var items = try iterate(value)
    if values[1].tag != .missing, values[1].tag != .none {
      let parts = try parts(values[1])
      var found: [Value] = []
      for index in items { found.append(try get(heap.items[index], parts)) }
      items = list(found).range
    }
    var separator = Value(.string, start: 0, count: 0)
    if values[0].tag != .missing { separator = try text(values[0]) }
    return plain(try joined(items, with: separator))
  }

  func sum(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(passed, ["attribute", "start"], of: "the filter 'sum'")
    let parts = try parts(values[0])
    var total = values[1].tag == .missing ? Value.int(0) : values[1]
    if total.isString { throw raise("sum() can't sum strings [use ''.join(seq) instead]") }
    for index in try iterate(value) {
      try step()
      total = try add(total, try get(heap.items[index], parts))
    }
    return total
  }

  private func fill(_ value: Value) -> Value? {
    value.tag == .missing || value.tag == .none ? nil : value
  }

  func batch(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, ["linecount", "fill_with"], required: 1, of: "the filter 'batch'")
    return try generator { (rows) throws(Raise) in
      let size = values[0].isNumber ? try batchSize(values[0]) : -1
      let items = try iterate(value)
      try charge(items.count)
      var start = items.lowerBound
      // The row before the first item has as many as none.
      if size == 0, !items.isEmpty { rows.append(list([])) }
      while start < items.upperBound {
        let end =
          size > 0 ? min(start + min(size, items.count), items.upperBound) : items.upperBound
        var row = (start..<end).map { heap.items[$0] }
        if let fill = fill(values[1]), size > row.count {
          try charge(size)
          row += Array(repeating: fill, count: size - row.count)
        }
        rows.append(list(row))
        start = end
      }
    }
  }

  /// What a length is compared with: a float that is no integer is never reached.
  private func batchSize(_ value: Value) throws(Raise) -> Int {
    if value.tag == .float { return Int(exactly: value.float) ?? -1 }
    return try index(value, 0)
  }

  func slices(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(passed, ["slices", "fill_with"], required: 1, of: "the filter 'slice'")
    return try generator { (rows) throws(Raise) in
      let items = Array(try iterate(value))
      let size = try index(values[0], 0)
      guard size != 0 else { throw raise("integer division or modulo by zero") }
      try charge(items.count)
      try charge(max(0, size))
      let (each, extra) = size > 0 ? items.count.quotientAndRemainder(dividingBy: size) : (0, 0)
      var start = 0
      for index in 0..<max(0, size) {
        let end = start + each + (index < extra ? 1 : 0)
        var row = items[start..<end].map { heap.items[$0] }
        if let fill = fill(values[1]), index >= extra { row.append(fill) }
        rows.append(list(row))
        start = end
      }
    }
  }

  func attr(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let name = try bind(passed, ["name"], required: 1, of: "the filter 'attr'")[0]
    guard name.isString else {
      throw raise("attribute name must be string, not '\(typeName(name))'")
    }
    if value.tag == .dictionary, ContainerMethod.isNamed(named(name), self) == nil,
      !PythonText.isDunder(heap.bytes(of: name))
    {
      return undefined(name, of: value)
    }
    return try objectAttribute(value, named(name), fallsBackToKey: false)
  }
}
