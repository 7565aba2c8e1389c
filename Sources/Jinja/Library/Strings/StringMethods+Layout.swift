/// Methods of `str` that take characters off its ends, or fill it up.
extension Library {
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
    textMethod("removeprefix", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      let affix = try machine.string(values[0], "removeprefix() argument")
      return try machine.hasPrefix(text, affix)
        ? machine.heap.slice(text, Int(affix.extra)..<Int(text.extra)) : text
    },
    textMethod("removesuffix", 1, 1) { (machine, text, values) throws(Machine.Raise) in
      let affix = try machine.string(values[0], "removesuffix() argument")
      guard affix.extra > 0 else { return text }
      return try machine.hasSuffix(text, affix)
        ? machine.heap.slice(text, 0..<Int(text.extra) - Int(affix.extra)) : text
    },
  ]

  private static func filling(
    _ name: String,
    _ body: @escaping @Sendable (Machine, Value, Int, Value?) throws(Machine.Raise) -> Value
  ) -> (String, LibraryFunction) {
    textMethod(name, 1, 2) { (machine, text, values) throws(Machine.Raise) in
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
    textMethod("zfill", 1, 1) { (machine, text, values) throws(Machine.Raise) in
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
}

extension Machine {
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
}
