/// Methods of Python's `str`.
extension Machine {
  /// The methods that templates call most, with arguments that need no more looking at.
  @inline(__always)
  func quick(_ method: StringMethod, _ text: Value, _ passed: Passed) -> Value? {
    guard passed.keywords.isEmpty, passed.positional.count <= 1 else { return nil }
    let argument =
      passed.positional.isEmpty ? Value.missing : arguments[passed.positional.lowerBound]
    guard argument.isString || argument.tag == .missing else { return nil }
    switch method {
    case .strip: return strip(text, argument.isString ? argument : nil, .both)
    case .lstrip: return strip(text, argument.isString ? argument : nil, .left)
    case .rstrip: return strip(text, argument.isString ? argument : nil, .right)
    case .startswith where argument.isString: return .bool(hasPrefix(text, argument))
    case .endswith where argument.isString: return .bool(hasSuffix(text, argument))
    default: return nil
    }
  }

  func call(_ method: StringMethod, _ text: Value, _ passed: Passed) throws(Raise) -> Value {
    func bound(_ names: [StaticString], _ required: Int = 0) throws(Raise) -> [Value] {
      try bind(passed, names, required: required, of: "str.\(method)()")
    }
    func positional(_ least: Int, _ most: Int) throws(Raise) -> [Value] {
      guard passed.keywords.isEmpty else {
        throw raise("str.\(method)() takes no keyword arguments")
      }
      guard (least...most).contains(passed.positional.count) else {
        throw raise(
          "\(method) expected \(least) to \(most) arguments, got \(passed.positional.count)")
      }
      return (0..<most).map {
        $0 < passed.positional.count ? arguments[passed.positional.lowerBound + $0] : .missing
      }
    }
    switch method {
    case .upper, .lower, .title, .capitalize, .swapcase, .casefold:
      _ = try positional(0, 0)
      let change: Case =
        switch method {
        case .upper: .upper
        case .lower: .lower
        case .title: .title
        case .capitalize: .capitalize
        case .swapcase: .swap
        default: .fold
        }
      return changeCase(text, change)
    case .strip, .lstrip, .rstrip:
      let characters = try optionalString(try positional(0, 1)[0], "\(method) arg")
      return strip(text, characters, method == .strip ? .both : method == .lstrip ? .left : .right)
    case .startswith, .endswith:
      let values = try positional(1, 3)
      guard let window = try window(text, values[1], values[2]) else { return .bool(false) }
      let part = heap.slice(text, window)
      func matches(_ affix: Value) throws(Raise) -> Bool {
        let affix = try string(affix, "\(method) first arg")
        return method == .startswith ? hasPrefix(part, affix) : hasSuffix(part, affix)
      }
      guard values[0].tag == .tuple else { return .bool(try matches(values[0])) }
      for index in values[0].range { if try matches(heap.items[index]) { return .bool(true) } }
      return .bool(false)
    case .split, .rsplit:
      let values = try bound(["sep", "maxsplit"])
      return try split(
        text, try optionalString(values[0], "sep"), limit: try number(values[1], -1),
        fromRight: method == .rsplit)
    case .splitlines:
      let keep = try bound(["keepends"])[0]
      return list(lines(text, keepEnds: keep.tag == .missing ? false : try truth(keep)))
    case .replace:
      let values = try positional(2, 3)
      return replace(
        text, try string(values[0], "replace() argument 1"),
        try string(values[1], "replace() argument 2"),
        count: try number(values[2], -1))
    case .join:
      let items = try positional(1, 1)[0]
      let range = try iterate(items)
      for (place, index) in range.enumerated() where !heap.items[index].isString {
        throw raise(
          "sequence item \(place): expected str instance, \(typeName(heap.items[index])) found")
      }
      return try joined(range, with: text)
    case .find, .rfind, .index, .rindex, .count:
      let values = try positional(1, 3)
      let needle = try string(values[0], "must be str")
      let isIndex = method == .index || method == .rindex
      guard let window = try window(text, values[1], values[2]) else {
        if method == .count { return .int(0) }
        if isIndex { throw raise("substring not found") }
        return .int(-1)
      }
      if method == .count {
        if needle.extra == 0 { return .int(characterCount(heap.slice(text, window)) + 1) }
        var total = 0
        var position = window.lowerBound
        while let found = find(needle, in: text, from: position, to: window.upperBound) {
          total += 1
          position = found + Int(needle.extra)
        }
        return .int(total)
      }
      let found: Int? =
        if method == .find || method == .index {
          find(needle, in: text, from: window.lowerBound, to: window.upperBound)
        } else {
          findLast(needle, in: text, before: window.upperBound).flatMap {
            $0 >= window.lowerBound ? $0 : nil
          }
        }
      if let found { return .int(characterIndex(text, found)) }
      if isIndex { throw raise("substring not found") }
      return .int(-1)
    case .format: return try format(text, passed)
    case .partition, .rpartition:
      let separator = try string(try positional(1, 1)[0], "must be str")
      guard separator.extra > 0 else { throw raise("empty separator") }
      let empty = Value(.string, start: 0, count: 0)
      let found =
        method == .partition
        ? find(separator, in: text, from: 0)
        : findLast(separator, in: text, before: Int(text.extra))
      guard let found else {
        return list(method == .partition ? [text, empty, empty] : [empty, empty, text], .tuple)
      }
      let end = found + Int(separator.extra)
      return list(
        [
          heap.slice(text, 0..<found), heap.slice(text, found..<end),
          heap.slice(text, end..<Int(text.extra)),
        ],
        .tuple)
    case .removeprefix:
      let affix = try string(try positional(1, 1)[0], "removeprefix() argument")
      return hasPrefix(text, affix) ? heap.slice(text, Int(affix.extra)..<Int(text.extra)) : text
    case .removesuffix:
      let affix = try string(try positional(1, 1)[0], "removesuffix() argument")
      return affix.extra > 0 && hasSuffix(text, affix)
        ? heap.slice(text, 0..<Int(text.extra) - Int(affix.extra)) : text
    case .ljust, .rjust, .center:
      let values = try positional(1, 2)
      let width = try number(values[0], 0)
      let fill = try optionalString(values[1], "the fill character")
      if let fill, characterCount(fill) != 1 {
        throw raise("The fill character must be exactly one character long")
      }
      return padded(text, width: width, fill: fill) { missing in
        method == .ljust
          ? 0 : method == .rjust ? missing : missing / 2 + (missing & width & 1)
      }
    case .zfill:
      let width = try number(try positional(1, 1)[0], 0)
      let hasSign =
        hasPrefix(text, heap.string("-")) || hasPrefix(text, heap.string("+"))
      let zero = heap.string("0")
      let padded = padded(text, width: width, fill: zero) { $0 }
      guard hasSign, padded.extra > text.extra else { return padded }
      let missing = Int(padded.extra) - Int(text.extra)
      return heap.join(
        heap.join(heap.slice(text, 0..<1), heap.slice(padded, 0..<missing)),
        heap.slice(text, 1..<Int(text.extra)))
    case .expandtabs:
      let size = try number(try bound(["tabsize"])[0], 8)
      var column = 0
      var result = Value(.string, start: 0, count: 0)
      for index in try iterate(text) {
        let character = heap.items[index]
        if heap.isName(character, "\t") {
          let spaces = size > 0 ? size - column % size : 0
          column += spaces
          result = heap.join(
            result, heap.string(String(repeating: " ", count: min(spaces, 1 << 16))))
        } else {
          column = heap.isName(character, "\n") || heap.isName(character, "\r") ? 0 : column + 1
          result = heap.join(result, character)
        }
      }
      return result
    case .isalnum, .isalpha, .isascii, .isdecimal, .isdigit, .islower, .isnumeric, .isspace,
      .istitle,
      .isupper, .isidentifier, .isprintable:
      _ = try positional(0, 0)
      return .bool(holds(method, heap.bytes(of: text)))
    case .none, .encode, .formatMap, .maketrans, .translate:
      throw raise("the method str.\(method) is not supported in chat templates")
    }
  }

  func string(_ value: Value, _ what: String) throws(Raise) -> Value {
    guard value.isString else { throw raise("\(what) must be str, not \(typeName(value))") }
    return value
  }

  func optionalString(_ value: Value, _ what: String) throws(Raise) -> Value? {
    value.tag == .none || value.tag == .missing ? nil : try string(value, what)
  }

  func number(_ value: Value, _ standard: Int) throws(Raise) -> Int {
    switch value.tag {
    case .missing: return standard
    case .int, .bool: return value.int
    default: throw raise("'\(typeName(value))' object cannot be interpreted as an integer")
    }
  }

  /// Bytes between the character bounds that `find` and others take.
  private func window(_ text: Value, _ start: Value, _ end: Value) throws(Raise) -> Range<Int>? {
    if start.tag == .missing || start.tag == .none, end.tag == .missing || end.tag == .none {
      return 0..<Int(text.extra)
    }
    let offsets = characterOffsets(text)
    let count = offsets?.count ?? Int(text.extra)
    func place(_ value: Value, _ standard: Int) throws(Raise) -> Int {
      guard value.tag != .missing, value.tag != .none else { return standard }
      let number = try number(value, standard)
      return number < 0 ? max(0, number &+ count) : number
    }
    let lower = try place(start, 0)
    let upper = min(try place(end, count), count)
    guard lower <= upper else { return nil }
    func offset(_ index: Int) -> Int {
      guard let offsets else { return index }
      return index < offsets.count ? offsets[index] : Int(text.extra)
    }
    return offset(lower)..<offset(upper)
  }

  private func characterIndex(_ text: Value, _ offset: Int) -> Int {
    characterOffsets(text).map { offsets in offsets.firstIndex { $0 >= offset } ?? offsets.count }
      ?? offset
  }

  func holds(_ method: StringMethod, _ bytes: [UInt8]) -> Bool {
    let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    func all(_ test: (UnicodeScalar.Properties) -> Bool) -> Bool {
      !scalars.isEmpty && scalars.allSatisfy { test($0.properties) }
    }
    func isAlpha(_ properties: UnicodeScalar.Properties) -> Bool {
      switch properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
      default: false
      }
    }
    switch method {
    case .isalpha: return all(isAlpha)
    case .isalnum: return all { isAlpha($0) || $0.numericType != nil }
    case .isascii: return bytes.allSatisfy { $0 < 0x80 }
    case .isdecimal: return all { $0.numericType == .decimal }
    case .isdigit: return all { $0.numericType == .decimal || $0.numericType == .digit }
    case .isnumeric: return all { $0.numericType != nil }
    case .isspace: return !scalars.isEmpty && scalars.allSatisfy { PythonText.isSpace($0.value) }
    case .isprintable: return scalars.allSatisfy(PythonText.isPrintable)
    case .islower:
      return scalars.contains { $0.properties.isLowercase }
        && !scalars.contains {
          $0.properties.isUppercase || $0.properties.generalCategory == .titlecaseLetter
        }
    case .isupper:
      return scalars.contains { $0.properties.isUppercase }
        && !scalars.contains {
          $0.properties.isLowercase || $0.properties.generalCategory == .titlecaseLetter
        }
    case .istitle:
      var afterCased = false
      var hasCased = false
      for scalar in scalars {
        let properties = scalar.properties
        if properties.isUppercase || properties.generalCategory == .titlecaseLetter {
          if afterCased { return false }
          (afterCased, hasCased) = (true, true)
        } else if properties.isLowercase {
          if !afterCased { return false }
          (afterCased, hasCased) = (true, true)
        } else {
          afterCased = false
        }
      }
      return hasCased
    case .isidentifier:
      guard let first = scalars.first, first == "_" || first.properties.isXIDStart else {
        return false
      }
      return scalars.dropFirst().allSatisfy { $0.properties.isXIDContinue }
    default: return false
    }
  }
}
