/// Filters that lay text out in lines and columns.
extension Library {
  static let layoutFilters: [(String, LibraryFunction)] = [
    (
      "indent",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.indent(value, passed)
      }
    ),
    (
      "center",
      { (machine, value, passed) throws(Machine.Raise) in
        let width = try machine.bind(passed, ["width"], of: "the filter 'center'")[0]
        return try machine.centered(
          try machine.text(value), try machine.index(width, 80), fill: nil)
      }
    ),
    (
      "wordcount",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.noArguments(passed, of: "wordcount")
        return try machine.wordCount(try machine.text(value))
      }
    ),
    (
      "filesizeformat",
      { (machine, value, passed) throws(Machine.Raise) in
        try machine.fileSize(value, passed)
      }
    ),
  ]
}

extension Machine {
  func indent(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(passed, ["width", "first", "blank"], of: "the filter 'indent'")
    var width = values[0]
    if !width.isString {
      let count = try index(width, 4)
      try charge(max(0, count))
      width = heap.string(String(repeating: " ", count: max(0, count)))
    }
    guard value.isString else {
      if value.isUndefined { throw raiseUndefined(value) }
      throw raise("unsupported operand type(s) for +=: '\(typeName(value))' and 'str'")
    }
    let isMarkup = value.isMarkup
    var newline = heap.string("\n")
    width.flag = isMarkup ? 1 : width.flag
    newline.flag = isMarkup ? 1 : 0
    let lines = try lines(heap.join(plain(value), plain(newline)), keepEnds: false)
    let isBlank = try isTrue(values[2])
    var parts: [Value] = []
    for (index, line) in lines.enumerated() {
      if index > 0 {
        parts.append(newline)
        if isBlank || line.extra > 0 { parts.append(width) }
      } else if try isTrue(values[1]) {
        parts.append(width)
      }
      parts.append(line)
    }
    var result = try concatenated(parts)
    result.flag = isMarkup || (width.isMarkup && parts.contains { $0.isMarkup }) ? 1 : 0
    return result
  }

  func centered(_ text: Value, _ width: Int, fill: Value?) throws(Raise) -> Value {
    try padded(text, width: width, fill: fill) { $0 / 2 + ($0 & width & 1) }
  }

  func wordCount(_ text: Value) throws(Raise) -> Value {
    try charge(text, times: 16)
    var count = 0
    var isInside = false
    for scalar in heap.text(of: text).unicodeScalars {
      let isWord = scalar == "_" || PythonText.isAlphanumeric(scalar)
      if isWord, !isInside { count += 1 }
      isInside = isWord
    }
    return .int(count)
  }

  func fileSize(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let isBinary = try isTrue(try bind(passed, ["binary"], of: "the filter 'filesizeformat'")[0])
    let number: Double
    switch value.tag {
    case .float, .int, .bool, .big: number = try double(value)
    case .string:
      guard let parsed = PythonNumber.float(try bytes(of: value)) else {
        throw raise("could not convert string to float")
      }
      number = parsed
    case .undefined, .missing: throw raiseUndefined(value)
    default:
      throw raise("float() argument must be a string or a real number, not '\(typeName(value))'")
    }
    let base: Double = isBinary ? 1024 : 1000
    if number == 1 { return heap.string("1 Byte") }
    if number < base {
      guard number.isFinite else { throw raise("cannot convert float infinity to integer") }
      return heap.string("\(BigInteger(truncating: number).text()) Bytes")
    }
    let prefixes =
      isBinary
      ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
      : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    var unit = base
    for prefix in prefixes.dropLast() {
      unit *= base
      if number < unit { return heap.string(shown(base * number / unit, prefix)) }
    }
    return heap.string(shown(base * number / (unit * base), prefixes.last ?? ""))
  }

  private func shown(_ number: Double, _ prefix: String) -> String {
    FloatText.formatted(number, UInt8(ascii: "f"), precision: 1) + " " + prefix
  }
}
