/// Methods of Python's `str`. What only moves bytes keeps their authors.
extension Machine {
  /// Where a text stands in another, as a byte offset. O(n + m).
  func find(_ needle: Value, in text: Value, from start: Int, to limit: Int? = nil) -> Int? {
    let length = Int(needle.extra)
    let end = limit ?? Int(text.extra)
    guard length > 0 else { return start <= end ? start : nil }
    guard start + length <= end else { return nil }
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    let (haystack, pattern) = (heap.flat(text), heap.flat(needle))
    return heap.bytes.find(
      pattern, in: haystack.lowerBound + start..<haystack.lowerBound + end
    ).map { $0 - haystack.lowerBound }
  }

  func findLast(_ needle: Value, in text: Value, before end: Int) -> Int? {
    let length = Int(needle.extra)
    guard length <= end else { return nil }
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    let (haystack, pattern) = (heap.flat(text), heap.flat(needle))
    return unsafe heap.bytes.withElements(0..<heap.bytes.count) { bytes in
      var place = end - length
      while place >= 0 {
        var step = 0
        while step < length,
          unsafe bytes[haystack.lowerBound + place + step] == bytes[pattern.lowerBound + step]
        { step += 1 }
        if step == length { return place }
        place -= 1
      }
      return nil
    }
  }

  func hasPrefix(_ text: Value, _ prefix: Value) -> Bool { holds(prefix, in: text, at: 0) }

  func hasSuffix(_ text: Value, _ suffix: Value) -> Bool {
    holds(suffix, in: text, at: Int(text.extra) - Int(suffix.extra))
  }

  private func holds(_ part: Value, in text: Value, at start: Int) -> Bool {
    guard part.extra <= text.extra else { return false }
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    let (whole, other) = (heap.flat(text), heap.flat(part))
    return heap.bytes.isEqual(
      whole.lowerBound + start, other.lowerBound, count: Int(part.extra))
  }

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

  enum Side { case both, left, right }

  /// Whether a text begins and ends with a visible ASCII character: there is nothing to strip.
  @inline(__always)
  private func isBounded(_ text: Value) -> Bool {
    guard text.count > 0, text.extra > 0 else { return true }
    let (first, last) = (heap.pieces[text.start], heap.pieces[text.start + text.count - 1])
    guard first.count > 0, last.count > 0 else { return false }
    let visible: ClosedRange<UInt8> = 0x21...0x7E
    return visible.contains(heap.bytes[first.range.lowerBound])
      && visible.contains(heap.bytes[last.range.upperBound - 1])
  }

  /// `strip`, with white space or a set of characters.
  func strip(_ text: Value, _ characters: Value?, _ side: Side) -> Value {
    if characters == nil, isBounded(text) { return text }
    let mark = heap.bytes.count
    let set = characters.map { StrippedCharacters(heap.bytes(of: $0)) } ?? .space
    let kept: Range<Int> = unsafe heap.bytes.withElements(heap.flat(text)) { bytes in
      func code(_ start: Int) -> UInt32 {
        let lead = unsafe bytes[start]
        let length = PythonText.length(lead)
        guard length > 1, start + length <= bytes.count else { return UInt32(lead) }
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for step in 1..<length { value = unsafe value << 6 | UInt32(bytes[start + step] & 0x3F) }
        return value
      }
      var (start, end) = (0, bytes.count)
      if side != .right {
        while start < end, set.contains(code(start)) {
          unsafe start += PythonText.length(bytes[start])
        }
      }
      if side != .left {
        while end > start {
          var place = end - 1
          while place > start, unsafe bytes[place] & 0xC0 == 0x80 { place -= 1 }
          guard set.contains(code(place)) else { break }
          end = place
        }
      }
      return min(start, end)..<end
    }
    heap.bytes.truncate(to: mark)
    return heap.slice(text, kept)
  }

  func replace(_ text: Value, _ old: Value, _ new: Value, count: Int) -> Value {
    var left = count < 0 ? Int.max : count
    guard left > 0 else { return text }
    let start = heap.pieces.count
    var pieces: [Value] = []
    if old.extra == 0 {
      let offsets = (characterOffsets(text) ?? Array(0..<Int(text.extra))) + [Int(text.extra)]
      for (index, offset) in offsets.enumerated() {
        if left > 0 {
          pieces.append(new)
          left -= 1
        }
        if index + 1 < offsets.count {
          pieces.append(heap.slice(text, offset..<offsets[index + 1]))
        }
      }
    } else {
      var position = 0
      while left > 0, let found = find(old, in: text, from: position) {
        pieces.append(heap.slice(text, position..<found))
        pieces.append(new)
        position = found + Int(old.extra)
        left -= 1
      }
      if pieces.isEmpty { return text }
      pieces.append(heap.slice(text, position..<Int(text.extra)))
    }
    _ = start
    let first = heap.pieces.count
    for value in pieces { heap.pieces.append(from: value.range) }
    return heap.string(piecesFrom: first, flag: text.flag)
  }

  func list(_ values: [Value], _ tag: Value.Tag = .list) -> Value {
    let start = heap.items.count
    for value in values { heap.items.append(value) }
    return Value(tag, start: start, count: values.count)
  }

  func split(_ text: Value, _ separator: Value?, limit: Int, fromRight: Bool) throws(Raise) -> Value
  {
    var parts: [Value] = []
    let length = Int(text.extra)
    if let separator {
      guard separator.extra > 0 else { throw raise("empty separator") }
      if fromRight {
        var end = length
        while limit < 0 || parts.count < limit,
          let found = findLast(separator, in: text, before: end)
        {
          parts.append(heap.slice(text, found + Int(separator.extra)..<end))
          end = found
        }
        parts.append(heap.slice(text, 0..<end))
        parts.reverse()
      } else {
        var start = 0
        while limit < 0 || parts.count < limit, let found = find(separator, in: text, from: start) {
          parts.append(heap.slice(text, start..<found))
          start = found + Int(separator.extra)
        }
        parts.append(heap.slice(text, start..<length))
      }
      return list(parts)
    }
    let bytes = heap.bytes(of: text)
    func isSpace(_ index: Int) -> Bool { PythonText.isSpace(PythonText.code(bytes, index)) }
    if fromRight {
      var end = length
      while true {
        end = PythonText.trimEnd(bytes, 0..<end)
        guard end > 0 else { break }
        if limit >= 0, parts.count == limit {
          parts.append(heap.slice(text, 0..<end))
          break
        }
        var start = end
        while start > 0 {
          var place = start - 1
          while place > 0, bytes[place] & 0xC0 == 0x80 { place -= 1 }
          if isSpace(place) { break }
          start = place
        }
        parts.append(heap.slice(text, start..<end))
        end = start
      }
      parts.reverse()
      return list(parts)
    }
    var position = 0
    while true {
      position = PythonText.trimStart(bytes, position..<length)
      guard position < length else { break }
      if limit >= 0, parts.count == limit {
        parts.append(heap.slice(text, position..<length))
        break
      }
      var end = position
      while end < length, !isSpace(end) { end = PythonText.scalarEnd(bytes, end) }
      parts.append(heap.slice(text, position..<end))
      position = end
    }
    return list(parts)
  }

  func lines(_ text: Value, keepEnds: Bool) -> [Value] {
    let bytes = heap.bytes(of: text)
    var lines: [Value] = []
    var start = 0
    var index = 0
    while index < bytes.count {
      let end = PythonText.scalarEnd(bytes, index)
      guard PythonText.isLineEnd(PythonText.code(bytes, index)) else {
        index = end
        continue
      }
      let next = bytes[index] == 0x0D && end < bytes.count && bytes[end] == 0x0A ? end + 1 : end
      lines.append(heap.slice(text, start..<(keepEnds ? next : index)))
      start = next
      index = next
    }
    if start < bytes.count { lines.append(heap.slice(text, start..<bytes.count)) }
    return lines
  }

  enum Case { case upper, lower, title, capitalize, swap, fold }

  /// Case changes, piece by piece: a text of one author stays of one author, derived.
  func changeCase(_ text: Value, _ change: Case) -> Value {
    let first = heap.pieces.count
    var afterLetter = false
    var isFirst = true
    let whole = heap.bytes(of: text)
    var position = 0
    for index in text.range {
      let piece = heap.pieces[index]
      var writer = Writer(heap, piece.origin.derived)
      let end = position + Int(piece.count)
      while position < end {
        let scalar = PythonText.scalar(whole, position)
        let next = PythonText.scalarEnd(whole, position)
        let properties = scalar.properties
        let mapped: String
        switch change {
        case .upper: mapped = properties.uppercaseMapping
        case .lower: mapped = lowered(scalar, whole, position, next)
        case .fold: mapped = String(scalar).lowercased() == "ß" ? "ss" : properties.lowercaseMapping
        case .capitalize:
          mapped = isFirst ? properties.titlecaseMapping : lowered(scalar, whole, position, next)
        case .title:
          mapped =
            afterLetter ? lowered(scalar, whole, position, next) : properties.titlecaseMapping
        case .swap:
          mapped =
            properties.isUppercase
            ? lowered(scalar, whole, position, next)
            : properties.isLowercase ? properties.uppercaseMapping : String(scalar)
        }
        afterLetter = properties.isCased
        isFirst = false
        writer.put(mapped)
        position = next
      }
      writer.flush()
    }
    return heap.string(piecesFrom: first, flag: text.flag)
  }

  /// Lower case, with the sigma that ends a word.
  private func lowered(_ scalar: UnicodeScalar, _ bytes: [UInt8], _ start: Int, _ end: Int)
    -> String
  {
    guard scalar == "Σ" else { return scalar.properties.lowercaseMapping }
    func neighbour(_ index: Int, _ step: (Int) -> Int?) -> Bool {
      var index: Int? = index
      while let place = index {
        let properties = PythonText.scalar(bytes, place).properties
        if !properties.isCaseIgnorable { return properties.isCased }
        index = step(place)
      }
      return false
    }
    func before(_ index: Int) -> Int? {
      guard index > 0 else { return nil }
      var place = index - 1
      while place > 0, bytes[place] & 0xC0 == 0x80 { place -= 1 }
      return place
    }
    let follows = before(start).map { neighbour($0, before) } ?? false
    let isFollowed =
      end < bytes.count
      && neighbour(end) { place in
        let next = PythonText.scalarEnd(bytes, place)
        return next < bytes.count ? next : nil
      }
    return follows && !isFollowed ? "ς" : "σ"
  }

  func padded(_ text: Value, width: Int, fill: Value?, left: (Int) -> Int) -> Value {
    let missing = width - characterCount(text)
    guard missing > 0, missing < 1 << 24 else { return text }
    let before = left(missing)
    let fill = fill ?? heap.string(" ")
    let start = heap.pieces.count
    for _ in 0..<before { heap.pieces.append(from: fill.range) }
    heap.pieces.append(from: text.range)
    for _ in before..<missing { heap.pieces.append(from: fill.range) }
    return heap.string(piecesFrom: start, flag: text.flag)
  }

  func joined(_ items: Range<Int>, with separator: Value) throws(Raise) -> Value {
    var texts: [Value] = []
    texts.reserveCapacity(items.count)
    for index in items { texts.append(try text(heap.items[index])) }
    let start = heap.pieces.count
    for (index, text) in texts.enumerated() {
      if index > 0 { heap.pieces.append(from: separator.range) }
      heap.pieces.append(from: text.range)
    }
    return heap.string(piecesFrom: start)
  }

  // MARK: The methods

  private func string(_ value: Value, _ what: String) throws(Raise) -> Value {
    guard value.isString else { throw raise("\(what) must be str, not \(typeName(value))") }
    return value
  }

  private func optionalString(_ value: Value, _ what: String) throws(Raise) -> Value? {
    value.tag == .none || value.tag == .missing ? nil : try string(value, what)
  }

  private func number(_ value: Value, _ standard: Int) throws(Raise) -> Int {
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

/// What `strip` takes off: white space, or the characters of a text.
private struct StrippedCharacters {
  /// The ASCII characters.
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  private var others: [UInt32] = []
  private var hasSpaces = false

  static let space: StrippedCharacters = {
    var set = StrippedCharacters([])
    set.hasSpaces = true
    for code in UInt32(0)..<128 where PythonText.isSpace(code) { set.insert(code) }
    return set
  }()

  init(_ text: [UInt8]) {
    var index = 0
    while index < text.count {
      insert(PythonText.code(text, index))
      index = PythonText.scalarEnd(text, index)
    }
  }

  private mutating func insert(_ code: UInt32) {
    switch code {
    case ..<64: low |= 1 << UInt64(code)
    case ..<128: high |= 1 << UInt64(code - 64)
    default: others.append(code)
    }
  }

  @inline(__always)
  func contains(_ code: UInt32) -> Bool {
    if code < 64 { return low >> UInt64(code) & 1 != 0 }
    if code < 128 { return high >> UInt64(code - 64) & 1 != 0 }
    return hasSpaces ? PythonText.isSpace(code) : others.contains(code)
  }
}
