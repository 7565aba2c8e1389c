/// Methods of Python's `str`, with those of MarkupSafe's `Markup` where it differs.
extension Library {
  /// A method that takes nothing.
  private static func plain(
    _ name: String, _ body: @escaping @Sendable (Machine, Value) throws(Machine.Raise) -> Value
  ) -> (String, LibraryFunction) {
    (
      name,
      { (machine, text, passed) throws(Machine.Raise) in
        _ = try machine.positional(passed, 0, 0, of: name)
        return try body(machine, text)
      }
    )
  }

  /// A method whose arguments have no names: from `least` to `most` of them.
  private static func method(
    _ name: String, _ least: Int, _ most: Int,
    _ body: @escaping @Sendable (Machine, Value, [Value]) throws(Machine.Raise) -> Value
  ) -> (String, LibraryFunction) {
    (
      name,
      { (machine, text, passed) throws(Machine.Raise) in
        try body(machine, text, try machine.positional(passed, least, most, of: name))
      }
    )
  }

  private static func cased(_ name: String, _ change: Machine.Case) -> (String, LibraryFunction) {
    plain(name) { (machine, text) throws(Machine.Raise) in try machine.changeCase(text, change) }
  }

  static let stringCaseMethods: [(String, LibraryFunction)] = [
    cased("upper", .upper), cased("lower", .lower), cased("title", .title),
    cased("capitalize", .capitalize), cased("swapcase", .swap), cased("casefold", .fold),
  ]

  private static func stripping(_ name: String, _ side: Machine.Side) -> (String, LibraryFunction) {
    (
      name,
      { (machine, text, passed) throws(Machine.Raise) in
        if passed.positional.isEmpty, passed.keywords.isEmpty {
          return try machine.strip(text, nil, side)
        }
        let characters = try machine.positional(passed, 0, 1, of: name)[0]
        return try machine.strip(
          text, try machine.optionalString(characters, "\(name) arg"), side)
      }
    )
  }

  static let stringTrimMethods: [(String, LibraryFunction)] = [
    stripping("strip", .both), stripping("lstrip", .left), stripping("rstrip", .right),
    method("removeprefix", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      let affix = try machine.string(values[0], "removeprefix() argument")
      return try machine.hasPrefix(text, affix)
        ? machine.heap.slice(text, Int(affix.extra)..<Int(text.extra)) : text
    },
    method("removesuffix", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      let affix = try machine.string(values[0], "removesuffix() argument")
      guard affix.extra > 0 else { return text }
      return try machine.hasSuffix(text, affix)
        ? machine.heap.slice(text, 0..<Int(text.extra) - Int(affix.extra)) : text
    },
  ]

  static let stringSearchMethods: [(String, LibraryFunction)] = [
    method("startswith", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      try machine.hasAffix(text, values, "startswith", machine.hasPrefix)
    },
    method("endswith", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      try machine.hasAffix(text, values, "endswith", machine.hasSuffix)
    },
    method("find", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      .int(try machine.place(text, values, fromRight: false) ?? -1)
    },
    method("rfind", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      .int(try machine.place(text, values, fromRight: true) ?? -1)
    },
    method("index", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      guard let place = try machine.place(text, values, fromRight: false) else {
        throw machine.raise("substring not found")
      }
      return .int(place)
    },
    method("rindex", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      guard let place = try machine.place(text, values, fromRight: true) else {
        throw machine.raise("substring not found")
      }
      return .int(place)
    },
    method("count", 1, 3) { (machine, text, values) throws(Machine.Raise) in
      try machine.occurrences(text, values)
    },
  ]

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
        return machine.list(try machine.lines(text, keepEnds: try machine.isTrue(keep)))
      }
    ),
    method("partition", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.partition(text, values[0], fromRight: false)
    },
    method("rpartition", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.partition(text, values[0], fromRight: true)
    },
    method("join", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.joinMethod(text, values[0])
    },
    method("replace", 2, 3) { (machine, text, values) throws(Machine.Raise) in
      let old = try machine.string(values[0], "replace() argument 1")
      var new = try machine.string(values[1], "replace() argument 2")
      if text.isMarkup { new = try machine.escape(new) }
      return try machine.replace(text, old, new, count: try machine.index(values[2], -1))
    },
  ]

  private static func filling(
    _ name: String,
    _ body: @escaping @Sendable (Machine, Value, Int, Value?) throws(Machine.Raise) -> Value
  ) -> (String, LibraryFunction) {
    method(name, 1, 2) { (machine, text, values) throws(Machine.Raise) in
      let width = try machine.index(values[0], 0)
      var fill: Value?
      if values[1].tag != .missing {
        var given = try machine.string(values[1], "the fill character")
        if text.isMarkup { given = try machine.escape(given) }
        guard try machine.characterCount(given) == 1 else {
          throw machine.raise("The fill character must be exactly one character long")
        }
        fill = given
      }
      return try body(machine, text, width, fill)
    }
  }

  static let stringLayoutMethods: [(String, LibraryFunction)] = [
    filling("ljust") { (machine, text, width, fill) throws(Machine.Raise) in
      try machine.padded(text, width: width, fill: fill) { _ in 0 }
    },
    filling("rjust") { (machine, text, width, fill) throws(Machine.Raise) in
      try machine.padded(text, width: width, fill: fill) { $0 }
    },
    filling("center") { (machine, text, width, fill) throws(Machine.Raise) in
      try machine.centered(text, width, fill: fill)
    },
    method("zfill", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.zeroFilled(text, try machine.index(values[0], 0))
    },
    (
      "expandtabs",
      { (machine, text, passed) throws(Machine.Raise) in
        let size = try machine.bind(passed, ["tabsize"], of: "str.expandtabs()")[0]
        return try machine.expandTabs(text, try machine.index(size, 8))
      }
    ),
  ]

  static let stringFormatMethods: [(String, LibraryFunction)] = [
    (
      "format",
      { (machine, text, passed) throws(Machine.Raise) in
        try machine.format(text, passed)
      }
    ),
    method("format_map", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.format(text, mapping: values[0])
    },
    method("translate", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.translate(text, values[0])
    },
    method("maketrans", 1, 3) { (machine, _, values) throws(Machine.Raise) in
      try machine.translationTable(values)
    },
    (
      "encode",
      { (machine, _, _) throws(Machine.Raise) in
        throw machine.raise(
          "the method str.encode is not supported in templates: there are no bytes", .tooLarge)
      }
    ),
  ]

  private static func kind(
    _ name: String, _ holds: @escaping @Sendable ([UnicodeScalar]) -> Bool
  ) -> (String, LibraryFunction) {
    plain(name) { (machine, text) throws(Machine.Raise) in
      .bool(holds(try machine.scalars(of: text)))
    }
  }

  static let stringKindMethods: [(String, LibraryFunction)] = [
    kind("isalpha") { !$0.isEmpty && $0.allSatisfy(PythonText.isAlphabetic) },
    kind("isalnum") { !$0.isEmpty && $0.allSatisfy(PythonText.isAlphanumeric) },
    kind("isascii") { $0.allSatisfy(\.isASCII) },
    kind("isdecimal") { !$0.isEmpty && $0.allSatisfy { $0.properties.numericType == .decimal } },
    kind("isdigit") {
      !$0.isEmpty
        && $0.allSatisfy {
          $0.properties.numericType == .decimal || $0.properties.numericType == .digit
        }
    },
    kind("isnumeric") { !$0.isEmpty && $0.allSatisfy { $0.properties.numericType != nil } },
    kind("isspace") { !$0.isEmpty && $0.allSatisfy { PythonText.isSpace($0.value) } },
    kind("isprintable") { $0.allSatisfy(PythonText.isPrintable) },
    kind("islower") { PythonText.isLower($0) },
    kind("isupper") { PythonText.isUpper($0) },
    kind("istitle") { PythonText.isTitle($0) },
    kind("isidentifier") { PythonText.isIdentifier($0) },
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

  func zeroFilled(_ text: Value, _ width: Int) throws(Raise) -> Value {
    let padded = try padded(text, width: width, fill: heap.string("0")) { $0 }
    let missing = Int(padded.extra) - Int(text.extra)
    guard text.extra > 0, missing > 0 else { return padded }
    let first = heap.bytes[try flat(text).lowerBound]
    guard first == UInt8(ascii: "-") || first == UInt8(ascii: "+") else { return padded }
    var result = try concatenated([
      heap.slice(text, 0..<1), heap.slice(padded, 0..<missing),
      heap.slice(text, 1..<Int(text.extra)),
    ])
    result.flag = text.flag
    return result
  }

  func expandTabs(_ text: Value, _ size: Int) throws(Raise) -> Value {
    let first = heap.pieces.count
    try charge(text)
    var column = 0
    for index in text.range {
      let piece = heap.pieces[index]
      var writer = Writer(heap, piece.origin)
      for byte in heap.bytes.copy(piece.range) {
        switch byte {
        case 0x09:
          let spaces = size > 0 ? size - column % size : 0
          try charge(spaces)
          column += spaces
          for _ in 0..<spaces { writer.put(0x20) }
        case 0x0A, 0x0D:
          column = 0
          writer.put(byte)
        default:
          if byte & 0xC0 != 0x80 { column += 1 }
          writer.put(byte)
        }
      }
      writer.flush()
    }
    return heap.string(piecesFrom: first, flag: text.flag)
  }

  /// `str.translate`: each character as what the table has under its number.
  func translate(_ text: Value, _ table: Value) throws(Raise) -> Value {
    try charge(text, times: 32)
    let first = heap.pieces.count
    var parts: [Value] = []
    for index in try iterate(text) {
      let character = heap.items[index]
      let code = PythonText.code(heap.bytes(of: character), 0)
      var mapped = Value.missing
      switch table.tag {
      case .dictionary, .list, .tuple, .string, .range: mapped = try item(table, .int(Int(code)))
      case .undefined, .missing: throw raiseUndefined(table)
      default: throw raise("'\(typeName(table))' object is not subscriptable")
      }
      switch mapped.tag {
      case .undefined, .missing: parts.append(character)
      case .none: break
      case .string: parts.append(mapped)
      case .int, .bool:
        guard let scalar = UnicodeScalar(UInt32(clamping: mapped.int)), mapped.int >= 0 else {
          throw raise("character mapping must be in range(0x110000)")
        }
        parts.append(heap.string(String(scalar), heap.origin(of: character).derived))
      default: throw raise("character mapping must return integer, None or str")
      }
    }
    _ = first
    var result = try concatenated(parts)
    result.flag = text.flag
    return result
  }

  func translationTable(_ values: [Value]) throws(Raise) -> Value {
    var dictionary = Value(.dictionary, start: heap.entries.count, count: 0)
    func code(_ character: Value) -> Value {
      .int(Int(PythonText.code(heap.bytes(of: character), 0)))
    }
    if values[1].tag == .missing {
      guard values[0].tag == .dictionary else {
        throw raise("if you give only one argument to maketrans it must be a dict")
      }
      for index in values[0].range {
        var entry = heap.entries[index]
        switch entry.key.tag {
        case .int, .bool, .big: break
        case .string:
          guard try characterCount(entry.key) == 1 else {
            throw raise("string keys in translate table must be of length 1")
          }
          entry.key = code(entry.key)
        default: throw raise("keys in translate table must be strings or integers")
        }
        dictionary = try insert(entry.key, entry.value, into: dictionary)
      }
      return dictionary
    }
    let from = Array(try iterate(try string(values[0], "maketrans() argument 1")))
    let to = Array(try iterate(try string(values[1], "maketrans() argument 2")))
    guard from.count == to.count else {
      throw raise("the first two maketrans arguments must have equal length")
    }
    for (key, value) in zip(from, to) {
      dictionary = try insert(
        code(heap.items[key]), code(heap.items[value]), into: dictionary)
    }
    if values[2].tag != .missing {
      for index in try iterate(try string(values[2], "maketrans() argument 3")) {
        dictionary = try insert(code(heap.items[index]), .none, into: dictionary)
      }
    }
    return dictionary
  }
}
