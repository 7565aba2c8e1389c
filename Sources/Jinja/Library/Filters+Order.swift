/// Filters that put items into an order, or take the least, the greatest, the different ones.
extension Library {
  static let orderFilters: [(String, LibraryFunction)] = [
    (
      "reverse",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "reverse")
        return try machine.reversed(value)
      }
    ),
    (
      "sort",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.sort(value, passed)
      }
    ),
    (
      "dictsort",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.dictionarySort(value, passed)
      }
    ),
    (
      "unique",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.unique(value, passed)
      }
    ),
    (
      "min",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.best(value, passed, of: "the filter 'min'") {
          (new, known) throws(Machine.Raise) in
          try machine.isLess(new, known)
        }
      }
    ),
    (
      "max",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.best(value, passed, of: "the filter 'max'") {
          (new, known) throws(Machine.Raise) in
          try machine.isGreater(new, known)
        }
      }
    ),
    (
      "groupby",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.groupBy(value, passed)
      }
    ),
  ]
}

extension Machine {
  func reversed(_ value: Value) throws(Raise) -> Value {
    if value.isString { return try slice(value, .none, .none, .int(-1)) }
    let items = try iterate(value)
    try charge(items.count)
    let start = heap.items.count
    for index in items.reversed() { heap.items.append(heap.items[index]) }
    // Of a generator a list, of what Python can walk backwards an iterator.
    return isReversible(value)
      ? iterator(start..<start + items.count)
      : Value(.list, start: start, count: items.count)
  }

  func sort(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, ["reverse", "case_sensitive", "attribute"], of: "the filter 'sort'")
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
      try charge(paths.count)
      let item = heap.items[index]
      var keys: [Value] = []
      for path in paths { keys.append(try get(item, path, ignoreCase: !isSensitive)) }
      keyed.append((list(keys), item))
    }
    return list(try sorted(keyed, reverse: try isReversed(values[0])) { $0.key }.map(\.item))
  }

  /// `reverse` of Python 3.11's `sorted`: a number, not whatever is true.
  private func isReversed(_ value: Value) throws(Raise) -> Bool {
    switch value.tag {
    case .missing, .bool, .int, .big: return try isTrue(value)
    default: throw raise("'\(typeName(value))' object cannot be interpreted as an integer")
    }
  }

  func dictionarySort(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(passed, ["case_sensitive", "by", "reverse"], of: "the filter 'dictsort'")
    let isByValue = values[1].tag == .missing ? false : heap.isName(values[1], "value")
    if values[1].tag != .missing, !isByValue, !heap.isName(values[1], "key") {
      throw raise("You can only sort by either \"key\" or \"value\"")
    }
    if value.isUndefined { throw raiseUndefined(value) }
    guard value.tag == .dictionary else {
      throw raise("'\(typeName(value)) object' has no attribute 'items'")
    }
    let isSensitive = try isTrue(values[0])
    var keyed: [(key: Value, item: Value)] = []
    for index in try iterate(Value(.itemsView, bits: value.bits)) {
      let pair = heap.items[index]
      let key = heap.items[pair.start + (isByValue ? 1 : 0)]
      keyed.append((!isSensitive && key.isString ? try changeCase(key, .lower) : key, pair))
    }
    return list(try sorted(keyed, reverse: try isReversed(values[2])) { $0.key }.map(\.item))
  }

  func unique(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(passed, ["case_sensitive", "attribute"], of: "the filter 'unique'")
    return try generator { (found) throws(Raise) in
      let parts = try parts(values[1])
      let isSensitive = try isTrue(values[0])
      var seen: Set<ValueKey> = []
      for index in try iterate(value) {
        try step()
        let key = try get(heap.items[index], parts, ignoreCase: !isSensitive)
        if seen.insert(try hashed(key)).inserted { found.append(heap.items[index]) }
      }
    }
  }

  /// The first item whose key is better than those of all others.
  func best(
    _ value: Value, _ passed: Passed, of name: String,
    _ isBetter: (Value, Value) throws(Raise) -> Bool
  ) throws(Raise) -> Value {
    let values = try bind(passed, ["case_sensitive", "attribute"], of: name)
    let parts = try parts(values[1])
    let isSensitive = try isTrue(values[0])
    var best: (key: Value, item: Value)?
    for index in try iterate(value) {
      try step()
      let key = try get(heap.items[index], parts, ignoreCase: !isSensitive)
      if let known = best, try !isBetter(key, known.key) { continue }
      best = (key, heap.items[index])
    }
    return best?.item ?? hint("No aggregated item, sequence was empty.")
  }

  func groupBy(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, ["attribute", "default", "case_sensitive"], required: 1, of: "the filter 'groupby'")
    let parts = try parts(values[0])
    let isSensitive = try isTrue(values[2])
    var keyed: [(key: Value, item: Value)] = []
    for index in try iterate(value) {
      try step()
      let item = heap.items[index]
      keyed.append((try get(item, parts, standard: values[1], ignoreCase: !isSensitive), item))
    }
    let order = try sorted(keyed) { $0.key }
    var groups: [Value] = []
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, try equal(order[end].key, order[start].key) { end += 1 }
      let key =
        isSensitive
        ? order[start].key : try get(order[start].item, parts, standard: values[1])
      var group = list([key, list(order[start..<end].map(\.item))], .tuple)
      group.flag = Value.groupFlag
      groups.append(group)
      start = end
    }
    return list(groups)
  }
}
