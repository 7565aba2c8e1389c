/// Methods of `str` that put values in places, or characters for characters.
extension Library {
  static let stringFormatMethods: [(String, LibraryFunction)] = [
    (
      "format",
      { (machine, text, passed) throws(Machine.Raise) in
        try machine.format(text, passed)
      }
    ),
    textMethod("format_map", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.format(text, mapping: values[0])
    },
    textMethod("translate", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      try machine.translate(text, values[0])
    },
    textMethod("maketrans", 1, 3) { (machine, _, values) throws(Machine.Raise) in
      try machine.translationTable(values)
    },
    (
      "encode",
      { (machine, _, _) throws(Machine.Raise) in
        throw machine.raise(
          "the method str.encode is not supported in templates: there are no bytes", .unsupported)
      }
    ),
  ]
}

extension Machine {
  /// `str.translate`: each character as what the table has under its number.
  func translate(_ text: Value, _ table: Value) throws(Raise) -> Value {
    try charge(text, times: 32)
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
