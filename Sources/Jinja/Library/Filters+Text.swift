/// Filters from a text to a text.
extension Library {
  static let textFilters: [(String, LibraryFunction)] = [
    ("trim", { (machine, value, passed) throws(Machine.Raise) in try machine.trim(value, passed) }),
    (
      "string",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "string")
        return try machine.text(value)
      }
    ),
    (
      "replace",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.replaceFilter(value, passed)
      }
    ),
    (
      "truncate",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.truncate(value, passed)
      }
    ),
    (
      "format",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.formatFilter(value, passed)
      }
    ),
    (
      "urlencode",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "urlencode")
        return try machine.urlEncoded(value)
      }
    ),
    (
      "tojson",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.jsonFilter(value, passed)
      }
    ),
    (
      "pprint",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "pprint")
        return try machine.prettyPrinted(value)
      }
    ),
  ]

  static let caseFilters: [(String, LibraryFunction)] = [
    (
      "upper",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "upper")
        return try machine.changeCase(try machine.text(value), .upper)
      }
    ),
    (
      "lower",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "lower")
        return try machine.changeCase(try machine.text(value), .lower)
      }
    ),
    (
      "capitalize",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "capitalize")
        return try machine.changeCase(try machine.text(value), .capitalize)
      }
    ),
    (
      "title",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "title")
        return try machine.title(try machine.text(value))
      }
    ),
  ]
}

extension Machine {
  func trim(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let characters = try bind(passed, ["chars"], of: "the filter 'trim'")[0]
    return try strip(try text(value), try optionalString(characters, "strip arg"), .both)
  }

  func replaceFilter(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, ["old", "new", "count"], required: 2, of: "the filter 'replace'")
    let count = values[2].tag == .none ? -1 : try index(values[2], -1)
    return try replace(
      plain(try text(value)), try text(values[0]), try text(values[1]), count: count)
  }

  /// The same text, not marked as safe HTML.
  func plain(_ text: Value) -> Value {
    var text = text
    text.flag = 0
    return text
  }

  func truncate(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, ["length", "killwords", "end", "leeway"], of: "the filter 'truncate'")
    /// As large as is needed: a text is never longer.
    func size(_ value: Value, _ standard: Int) throws(Raise) -> Int {
      value.tag == .big ? try clamped(value) : try index(value, standard)
    }
    let length = try size(values[0], 255)
    let end = values[2].tag == .missing ? heap.string("...") : values[2]
    let leeway = values[3].tag == .none ? 5 : try size(values[3], 5)
    let endLength = try self.length(end)
    guard length >= endLength else { throw raise("expected length >= \(endLength), got \(length)") }
    guard leeway >= 0 else { throw raise("expected leeway >= 0, got \(leeway)") }
    let (most, isOver) = length.addingReportingOverflow(leeway)
    if isOver { return value }
    if try self.length(value) <= most { return value }
    let cut = try slice(value, .none, .int(length - endLength), .none)
    if try isTrue(values[1]) { return try add(cut, end) }
    guard cut.isString else { throw raise("'\(typeName(cut))' object has no attribute 'rsplit'") }
    let words = try split(cut, heap.string(" "), limit: 1, fromRight: true)
    return try add(heap.items[words.start], end)
  }

  func formatFilter(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    if !passed.positional.isEmpty, !passed.keywords.isEmpty {
      throw raise("can't handle positional and keyword arguments at the same time")
    }
    let text = try text(value)
    guard !passed.keywords.isEmpty else {
      return try format(text, percent: list(passed.positional.map { arguments[$0] }, .tuple))
    }
    let start = heap.entries.count
    for index in passed.keywords {
      heap.entries.append(Entry(key: named(keywords[index].key), value: keywords[index].value))
    }
    return try format(
      text, percent: Value(.dictionary, start: start, count: passed.keywords.count))
  }

  func urlEncoded(_ value: Value) throws(Raise) -> Value {
    func quoted(_ value: Value, forQuery: Bool) throws(Raise) -> Value {
      let text = try text(value)
      try charge(text, times: 3)
      var writer = Writer(heap, heap.origin(of: text).derived)
      for byte in heap.bytes(of: text) {
        let isPlain =
          (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
          || "_.-~".utf8.contains(byte)
        if isPlain || byte == UInt8(ascii: "/") && !forQuery {
          writer.put(byte)
        } else if byte == 0x20, forQuery {
          writer.put("+")
        } else {
          let digits = Array("0123456789ABCDEF".utf8)
          writer.put("%")
          writer.put(digits[Int(byte >> 4)])
          writer.put(digits[Int(byte & 15)])
        }
      }
      return writer.finish()
    }
    guard value.tag != .string, isIterable(value) else {
      return try quoted(value, forQuery: false)
    }
    let items = try iterate(value.tag == .dictionary ? Value(.itemsView, bits: value.bits) : value)
    var parts: [Value] = []
    for (place, index) in items.enumerated() {
      let pair = try iterate(heap.items[index])
      guard pair.count == 2 else {
        throw raise("not enough values to unpack (expected 2, got \(pair.count))")
      }
      if place > 0 { parts.append(heap.string("&")) }
      parts.append(try quoted(heap.items[pair.lowerBound], forQuery: true))
      parts.append(heap.string("="))
      parts.append(try quoted(heap.items[pair.lowerBound + 1], forQuery: true))
    }
    return try concatenated(parts)
  }

  func jsonFilter(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, ["ensure_ascii", "indent", "separators", "sort_keys"], of: "the filter 'tojson'")
    var style = JSONStyle()
    style.isASCII = try isTrue(values[0])
    switch values[1].tag {
    case .missing, .none: break
    case .int, .bool:
      guard values[1].int < 1 << 12 else {
        throw raise("tojson by more than 4095 spaces", .tooLarge)
      }
      style.indent = Array(repeating: 0x20, count: max(0, values[1].int))
      style.item = [UInt8(ascii: ",")]
    case .string:
      style.indent = try bytes(of: values[1])
      style.item = [UInt8(ascii: ",")]
    default: throw raise("the indent of tojson must be a number or a string")
    }
    if values[2].tag != .missing, values[2].tag != .none {
      let items = try iterate(values[2])
      guard items.count == 2, heap.items[items.lowerBound].isString,
        heap.items[items.lowerBound + 1].isString
      else { throw raise("the separators of tojson must be two strings") }
      style.item = try bytes(of: heap.items[items.lowerBound])
      style.key = try bytes(of: heap.items[items.lowerBound + 1])
    }
    style.isSorted = try isTrue(values[3])
    return try json(value, style)
  }

  /// Python's `pprint.pformat` of what fits one line of 80 characters.
  func prettyPrinted(_ value: Value) throws(Raise) -> Value {
    let shown = try representation(value, style: .sorted)
    switch value.tag {
    case .string, .list, .tuple, .dictionary:
      guard try characterCount(shown) <= 80 else {
        throw raise("the filter 'pprint' is not supported for a value wider than 80 columns")
      }
    default: break
    }
    return shown
  }
}
