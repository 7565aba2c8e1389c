/// The filters of `|` that templates use most.
extension Machine {
  func apply(_ filter: FilterName, _ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let isBare = passed.positional.isEmpty && passed.keywords.isEmpty
    switch filter {
    case .trim:
      let characters = isBare ? Value.missing : try bound(filter, passed, ["chars"])[0]
      return strip(try text(value), try optionalString(characters), .both)
    case .length, .count:
      try none(filter, passed)
      return .int(try length(value))
    case .tojson:
      let values = try bound(filter, passed, ["ensure_ascii", "indent", "separators", "sort_keys"])
      return try json(value, try style(values))
    case .default, .d:
      let values = try bound(filter, passed, ["default_value", "boolean"])
      let standard = values[0].tag == .missing ? Value(.string, start: 0, count: 0) : values[0]
      if value.isUndefined { return standard }
      let isBoolean = values[1].tag == .missing ? false : try truth(values[1])
      if isBoolean, try !truth(value) { return standard }
      return value
    case .join: return try join(value, try bound(filter, passed, ["d", "attribute"]))
    case .string:
      try none(filter, passed)
      return try text(value)
    case .safe:
      try none(filter, passed)
      var text = try text(value)
      text.flag = 1
      return text
    case .items:
      try none(filter, passed)
      if value.isUndefined { return iterator(0..<0) }
      guard value.tag == .dictionary else { throw raise("Can only get item pairs from a mapping.") }
      return iterator(try iterate(Value(.itemsView, bits: value.bits)))
    case .list:
      try none(filter, passed)
      let items = try iterate(value)
      return Value(.list, start: items.lowerBound, count: items.count)
    case .first:
      try none(filter, passed)
      if value.tag == .iterator {
        // Takes one item off the generator.
        let index = Int(value.bits)
        let state = heap.objects[index]
        guard state.index < state.count else { return hint("No first item, sequence was empty.") }
        heap.objects[index].index += 1
        return heap.items[state.start + state.index]
      }
      let items = try iterate(value)
      return items.isEmpty
        ? hint("No first item, sequence was empty.") : heap.items[items.lowerBound]
    case .last:
      try none(filter, passed)
      if value.tag == .iterator || value.tag == .loop || !isReversible(value) {
        throw raise("'\(typeName(value))' object is not reversible")
      }
      let items = try iterate(value)
      return items.isEmpty
        ? hint("No last item, sequence was empty.") : heap.items[items.upperBound - 1]
    case .upper, .lower, .capitalize:
      try none(filter, passed)
      return changeCase(
        try text(value), filter == .upper ? .upper : filter == .lower ? .lower : .capitalize)
    case .title:
      try none(filter, passed)
      return try title(try text(value))
    case .replace:
      let values = try bound(filter, passed, ["old", "new", "count"], required: 2)
      var plain = try text(value)
      plain.flag = 0
      return replace(
        plain, try text(values[0]), try text(values[1]),
        count: values[2].tag == .none ? -1 : try integer(values[2], -1))
    default: return try applyMore(filter, value, passed)
    }
  }

  func bound(
    _ filter: FilterName, _ passed: Passed, _ names: [StaticString], required: Int = 0
  ) throws(Raise) -> [Value] {
    try bind(passed, names, required: required, of: "the filter '\(filter)'")
  }

  func none(_ filter: FilterName, _ passed: Passed) throws(Raise) {
    guard passed.positional.isEmpty, passed.keywords.isEmpty else {
      throw raise("the filter '\(filter)' takes no argument")
    }
  }

  func optionalString(_ value: Value) throws(Raise) -> Value? {
    if value.tag == .none || value.tag == .missing { return nil }
    guard value.isString else { throw raise("strip arg must be None or str") }
    return value
  }

  func integer(_ value: Value, _ standard: Int) throws(Raise) -> Int {
    switch value.tag {
    case .missing: return standard
    case .int, .bool: return value.int
    case .undefined: throw raiseUndefined(value)
    default: throw raise("'\(typeName(value))' object cannot be interpreted as an integer")
    }
  }

  func isTrue(_ value: Value) throws(Raise) -> Bool {
    value.tag == .missing ? false : try truth(value)
  }

  func isReversible(_ value: Value) -> Bool {
    switch value.tag {
    case .string, .list, .tuple, .range, .dictionary, .keysView, .valuesView, .itemsView: true
    case .undefined, .missing: true
    default: false
    }
  }

  func length(_ value: Value) throws(Raise) -> Int {
    switch value.tag {
    case .string: return characterCount(value)
    case .list, .tuple, .range, .dictionary, .keysView, .valuesView, .itemsView: return value.count
    case .undefined, .missing: return 0
    case .loop: return heap.objects[Int(value.bits)].count
    default: throw raise("object of type '\(typeName(value))' has no len()")
    }
  }

  private func style(_ values: [Value]) throws(Raise) -> JSONStyle {
    var style = JSONStyle()
    style.isASCII = try isTrue(values[0])
    switch values[1].tag {
    case .missing, .none: break
    case .int, .bool:
      style.indent = Array(repeating: 0x20, count: min(max(0, values[1].int), 1 << 12))
      style.item = [UInt8(ascii: ",")]
    case .string:
      style.indent = heap.bytes(of: values[1])
      style.item = [UInt8(ascii: ",")]
    default: throw raise("the indent of tojson must be a number or a string")
    }
    if values[2].tag != .missing, values[2].tag != .none {
      let items = try iterate(values[2])
      guard items.count == 2, heap.items[items.lowerBound].isString,
        heap.items[items.lowerBound + 1].isString
      else { throw raise("the separators of tojson must be two strings") }
      style.item = heap.bytes(of: heap.items[items.lowerBound])
      style.key = heap.bytes(of: heap.items[items.lowerBound + 1])
    }
    style.isSorted = try isTrue(values[3])
    return style
  }
}
