/// Methods of `str` that look for another.
extension Library {
  static let stringSearchMethods: [(String, LibraryFunction)] = [
    textMethod("startswith", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      try machine.hasAffix(text, values, "startswith", machine.hasPrefix)
    },
    textMethod("endswith", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      try machine.hasAffix(text, values, "endswith", machine.hasSuffix)
    },
    textMethod("find", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      .int(try machine.place(text, values, fromRight: false) ?? -1)
    },
    textMethod("rfind", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      .int(try machine.place(text, values, fromRight: true) ?? -1)
    },
    textMethod("index", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      guard let place = try machine.place(text, values, fromRight: false) else {
        throw machine.raise("substring not found")
      }
      return .int(place)
    },
    textMethod("rindex", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      guard let place = try machine.place(text, values, fromRight: true) else {
        throw machine.raise("substring not found")
      }
      return .int(place)
    },
    textMethod("count", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      try machine.occurrences(text, values)
    },
  ]
}

extension Machine {
  func hasAffix(
    _ text: Value, _ values: [Value], _ name: String,
    _ matches: (Value, Value) throws(Raise) -> Bool
  ) throws(Raise) -> Value {
    let affixes = values[0]
    guard affixes.isString || affixes.tag == .tuple else {
      throw raise(
        "\(name) first arg must be str or a tuple of str, not \(typeName(affixes))")
    }
    let window = try window(text, values[1], values[2])
    guard affixes.tag == .tuple else {
      guard let window else { return .bool(false) }
      return .bool(try matches(heap.slice(text, window), affixes))
    }
    for index in affixes.range {
      let affix = try string(heap.items[index], "tuple for \(name)")
      if let window, try matches(heap.slice(text, window), affix) { return .bool(true) }
    }
    return .bool(false)
  }

  /// Where a text first or last stands inside the bounds, in characters.
  func place(_ text: Value, _ values: [Value], fromRight: Bool) throws(Raise) -> Int? {
    let needle = try string(values[0], "the text to find")
    guard let window = try window(text, values[1], values[2]) else { return nil }
    let found: Int? =
      fromRight
      ? try findLast(needle, in: text, from: window.lowerBound, before: window.upperBound)
      : try find(needle, in: text, from: window.lowerBound, to: window.upperBound)
    guard let found else { return nil }
    return try characterCount(heap.slice(text, 0..<found))
  }

  func occurrences(_ text: Value, _ values: [Value]) throws(Raise) -> Value {
    let needle = try string(values[0], "the text to count")
    guard let window = try window(text, values[1], values[2]) else { return .int(0) }
    if needle.extra == 0 { return .int(try characterCount(heap.slice(text, window)) + 1) }
    return .int(try places(of: needle, in: heap.slice(text, window)).count)
  }

  /// Bytes between the character bounds that `find` and others take; nil where the first is past the end.
  private func window(_ text: Value, _ start: Value, _ end: Value) throws(Raise) -> Range<Int>? {
    func bound(_ value: Value) throws(Raise) -> Int? {
      value.tag == .missing || value.tag == .none ? nil : try clamped(value)
    }
    let (start, end) = (try bound(start), try bound(end))
    if start == nil, end == nil { return 0..<Int(text.extra) }
    let offsets = try characterOffsets(text)
    let count = offsets?.count ?? Int(text.extra)
    func place(_ index: Int) -> Int { index < 0 ? max(0, index + count) : index }
    let lower = place(start ?? 0)
    let upper = min(place(end ?? count), count)
    guard lower <= upper else { return nil }
    func offset(_ index: Int) -> Int {
      guard let offsets else { return index }
      return index < offsets.count ? offsets[index] : Int(text.extra)
    }
    return offset(lower)..<offset(upper)
  }
}
