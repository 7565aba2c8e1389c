/// Methods of `str` that take it apart, put it together, or put other text in.
extension Library {
  static let stringSplitMethods: [(String, LibraryFunction)] = [
    (
      "split",
      { (machine, text, passed) throws(Machine.Raise) in
        try machine.split(text, passed, of: "split", fromRight: false)
      }
    ),
    (
      "rsplit",
      { (machine, text, passed) throws(Machine.Raise) in
        try machine.split(text, passed, of: "rsplit", fromRight: true)
      }
    ),
    (
      "splitlines",
      { (machine, text, passed) throws(Machine.Raise) in
        let keep = try machine.bind(passed, ["keepends"], of: "str.splitlines()")[0]
        return machine.list(try machine.lines(text, keepEnds: try machine.index(keep, 0) != 0))
      }
    ),
    textMethod("partition", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.partition(text, values[0], fromRight: false)
    },
    textMethod("rpartition", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.partition(text, values[0], fromRight: true)
    },
    textMethod("join", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.joinMethod(text, values[0])
    },
    textMethod("replace", 2, 3) { (machine, text, values) throws(Machine.Raise) in
      let old = try machine.string(values[0], "replace() argument 1")
      let new =
        text.isMarkup
        ? try machine.escape(values[1].isString ? values[1] : machine.text(values[1]))
        : try machine.string(values[1], "replace() argument 2")
      return try machine.replace(text, old, new, count: try machine.index(values[2], -1))
    },
  ]
}

extension Machine {
  func split(_ text: Value, _ passed: Passed, of name: String, fromRight: Bool) throws(Raise)
    -> Value
  {
    let values = try bind(passed, ["sep", "maxsplit"], of: "str.\(name)()")
    return try split(
      text, try optionalString(values[0], "sep"), limit: try index(values[1], -1),
      fromRight: fromRight)
  }

  func partition(_ text: Value, _ separator: Value, fromRight: Bool) throws(Raise) -> Value {
    let separator = try string(separator, "the separator")
    guard separator.extra > 0 else { throw raise("empty separator") }
    let empty = Value(.string, start: 0, count: 0, flag: text.flag)
    let end = Int(text.extra)
    let found =
      fromRight
      ? try findLast(separator, in: text, from: 0, before: end)
      : try find(separator, in: text, from: 0, to: end)
    guard let found else {
      return list(fromRight ? [empty, empty, text] : [text, empty, empty], .tuple)
    }
    let next = found + Int(separator.extra)
    return list(
      [
        heap.slice(text, 0..<found), heap.slice(text, found..<next), heap.slice(text, next..<end),
      ],
      .tuple)
  }

  func joinMethod(_ separator: Value, _ items: Value) throws(Raise) -> Value {
    if items.isUndefined { return Value(.string, start: 0, count: 0, flag: separator.flag) }
    var range = try iterate(items)
    if separator.isMarkup {
      var escaped: [Value] = []
      for index in range { escaped.append(try escape(try text(heap.items[index]))) }
      range = list(escaped).range
    }
    for (place, index) in range.enumerated() where !heap.items[index].isString {
      throw raise(
        "sequence item \(place): expected str instance, \(typeName(heap.items[index])) found")
    }
    // `str.join` of one string is that string itself.
    if range.count == 1, !separator.isMarkup { return heap.items[range.lowerBound] }
    var result = try joined(range, with: separator)
    result.flag = separator.flag
    return result
  }
}
