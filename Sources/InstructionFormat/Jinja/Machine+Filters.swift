/// The filters of `|`.
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

  private func bound(
    _ filter: FilterName, _ passed: Passed, _ names: [StaticString], required: Int = 0
  ) throws(Raise) -> [Value] {
    try bind(passed, names, required: required, of: "the filter '\(filter)'")
  }

  private func none(_ filter: FilterName, _ passed: Passed) throws(Raise) {
    guard passed.positional.isEmpty, passed.keywords.isEmpty else {
      throw raise("the filter '\(filter)' takes no argument")
    }
  }

  private func optionalString(_ value: Value) throws(Raise) -> Value? {
    if value.tag == .none || value.tag == .missing { return nil }
    guard value.isString else { throw raise("strip arg must be None or str") }
    return value
  }

  private func integer(_ value: Value, _ standard: Int) throws(Raise) -> Int {
    switch value.tag {
    case .missing: return standard
    case .int, .bool: return value.int
    case .undefined: throw raiseUndefined(value)
    default: throw raise("'\(typeName(value))' object cannot be interpreted as an integer")
    }
  }

  private func isTrue(_ value: Value) throws(Raise) -> Bool {
    value.tag == .missing ? false : try truth(value)
  }

  private func isReversible(_ value: Value) -> Bool {
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

  // MARK: Attributes of items

  /// jinja2's `make_attrgetter`: a path such as `function.name` or `0.text`.
  private func parts(_ attribute: Value) throws(Raise) -> [Value] {
    guard attribute.isString else {
      return attribute.tag == .none || attribute.tag == .missing ? [] : [attribute]
    }
    var parts: [Value] = []
    let split = try split(attribute, heap.string("."), limit: -1, fromRight: false)
    for index in split.range {
      let part = heap.items[index]
      let bytes = heap.bytes(of: part)
      if !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(String(decoding: bytes, as: UTF8.self))
      {
        parts.append(.int(number))
      } else {
        parts.append(part)
      }
    }
    return parts
  }

  private func get(
    _ value: Value, _ parts: [Value], standard: Value = .missing, ignoreCase: Bool = false
  )
    throws(Raise) -> Value
  {
    var value = value
    for part in parts {
      value = try item(value, part)
      if value.isUndefined, standard.tag != .missing, standard.tag != .none { value = standard }
    }
    return ignoreCase && value.isString ? changeCase(value, .lower) : value
  }

  private func join(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    var items = try iterate(value)
    if values[1].tag != .missing, values[1].tag != .none {
      let parts = try parts(values[1])
      var found: [Value] = []
      for index in items { found.append(try get(heap.items[index], parts)) }
      let list = list(found)
      items = list.range
    }
    var separator = Value(.string, start: 0, count: 0)
    if values[0].tag != .missing { separator = try text(values[0]) }
    return try joined(items, with: separator)
  }

  /// jinja2's `title`: a word starts after white space, `-` or an opening bracket.
  private func title(_ text: Value) throws(Raise) -> Value {
    let bytes = heap.bytes(of: text)
    var result = Value(.string, start: 0, count: 0)
    var start = 0
    func isBreak(_ index: Int) -> Bool {
      "-({[<".utf8.contains(bytes[index]) || PythonText.isSpace(PythonText.code(bytes, index))
    }
    while start < bytes.count {
      var end = start
      let isSeparator = isBreak(start)
      while end < bytes.count, isBreak(end) == isSeparator {
        end = PythonText.scalarEnd(bytes, end)
      }
      let first = PythonText.scalarEnd(bytes, start)
      if isSeparator {
        result = heap.join(result, heap.slice(text, start..<end))
      } else {
        result = heap.join(result, changeCase(heap.slice(text, start..<first), .upper))
        result = heap.join(result, changeCase(heap.slice(text, first..<end), .lower))
      }
      start = end
    }
    result.flag = text.flag
    return result
  }

  // MARK: More filters

  private func applyMore(_ filter: FilterName, _ value: Value, _ passed: Passed) throws(Raise)
    -> Value
  {
    switch filter {
    case .escape, .e, .forceescape:
      try none(filter, passed)
      var text = try text(value)
      if filter == .forceescape { text.flag = 0 }
      return escape(text)
    case .map: return try map(value, passed)
    case .select, .reject, .selectattr, .rejectattr: return try select(filter, value, passed)
    case .reverse:
      try none(filter, passed)
      if value.isString { return try slice(value, .none, .none, .int(-1)) }
      if value.isUndefined { return list([]) }
      let items = try iterate(value)
      let start = heap.items.count
      for index in items.reversed() { heap.items.append(heap.items[index]) }
      // Of a generator a list, of what Python can walk backwards an iterator.
      return isReversible(value)
        ? iterator(start..<heap.items.count)
        : Value(.list, start: start, count: items.count)
    case .sort:
      let values = try bound(filter, passed, ["reverse", "case_sensitive", "attribute"])
      return try sort(value, values)
    case .dictsort:
      let values = try bound(filter, passed, ["case_sensitive", "by", "reverse"])
      if value.isUndefined { throw raiseUndefined(value) }
      let isByValue = values[1].tag == .missing ? false : heap.isName(values[1], "value")
      if values[1].tag != .missing, !isByValue, !heap.isName(values[1], "key") {
        throw raise("You can only sort by either \"key\" or \"value\"")
      }
      guard value.tag == .dictionary else {
        throw raise("'\(typeName(value)) object' has no attribute 'items'")
      }
      let isSensitive = try isTrue(values[0])
      var keyed: [(key: Value, item: Value)] = []
      for index in try iterate(Value(.itemsView, bits: value.bits)) {
        let pair = heap.items[index]
        let key = heap.items[pair.start + (isByValue ? 1 : 0)]
        keyed.append((!isSensitive && key.isString ? changeCase(key, .lower) : key, pair))
      }
      let order = try sorted(keyed, reverse: try isTrue(values[2])) { $0.key }
      return list(order.map(\.item))
    case .unique:
      let values = try bound(filter, passed, ["case_sensitive", "attribute"])
      let parts = try parts(values[1])
      let isSensitive = try isTrue(values[0])
      var seen: [Value] = []
      var found: [Value] = []
      for index in try iterate(value) {
        try step()
        let key = try get(heap.items[index], parts, ignoreCase: !isSensitive)
        try checkHashable(key)
        if seen.contains(where: { equal($0, key) }) { continue }
        seen.append(key)
        found.append(heap.items[index])
      }
      return iterator(list(found).range)
    case .min, .max:
      let values = try bound(filter, passed, ["case_sensitive", "attribute"])
      let parts = try parts(values[1])
      let isSensitive = try isTrue(values[0])
      var best: (key: Value, item: Value)?
      for index in try iterate(value) {
        let key = try get(heap.items[index], parts, ignoreCase: !isSensitive)
        guard let known = best else {
          best = (key, heap.items[index])
          continue
        }
        let isBetter = filter == .min ? try isLess(key, known.key) : try isLess(known.key, key)
        if isBetter { best = (key, heap.items[index]) }
      }
      return best?.item ?? hint("No aggregated item, sequence was empty.")
    case .sum:
      let values = try bound(filter, passed, ["attribute", "start"])
      let parts = try parts(values[0])
      var total = values[1].tag == .missing ? Value.int(0) : values[1]
      if total.isString { throw raise("sum() can't sum strings [use ''.join(seq) instead]") }
      for index in try iterate(value) { total = try add(total, try get(heap.items[index], parts)) }
      return total
    case .groupby:
      let values = try bound(
        filter, passed, ["attribute", "default", "case_sensitive"], required: 1)
      let parts = try parts(values[0])
      let isSensitive = try isTrue(values[2])
      var keyed: [(key: Value, item: Value)] = []
      for index in try iterate(value) {
        let item = heap.items[index]
        keyed.append((try get(item, parts, standard: values[1], ignoreCase: !isSensitive), item))
      }
      let order = try sorted(keyed) { $0.key }
      var groups: [Value] = []
      var start = 0
      while start < order.count {
        var end = start + 1
        while end < order.count, equal(order[end].key, order[start].key) { end += 1 }
        let key = try get(order[start].item, parts, standard: values[1])
        var group = list([key, list(order[start..<end].map(\.item))], .tuple)
        group.flag = Value.groupFlag
        groups.append(group)
        start = end
      }
      return list(groups)
    case .batch, .slice: return try rows(filter, value, passed)
    case .abs:
      try none(filter, passed)
      switch value.tag {
      case .float: return .float(value.float.magnitude)
      case .int, .bool:
        guard value.int != Int.min else { throw raise("an integer does not fit 64 bits") }
        return .int(Swift.abs(value.int))
      case .unsigned: return value
      case .undefined: throw raise("bad operand type for abs(): 'Undefined'")
      default: throw raise("bad operand type for abs(): '\(typeName(value))'")
      }
    case .round: return try round(value, try bound(filter, passed, ["precision", "method"]))
    case .int: return try int(value, try bound(filter, passed, ["default", "base"]))
    case .float:
      let values = try bound(filter, passed, ["default"])
      switch value.tag {
      case .float: return value
      case .int, .bool: return .float(Double(value.int))
      case .unsigned: return .float(Double(value.bits))
      case .string:
        if let number = PythonNumber.float(heap.bytes(of: value)) { return .float(number) }
      case .undefined: throw raiseUndefined(value)
      default: break
      }
      return values[0].tag == .missing ? .float(0) : values[0]
    case .indent: return try indent(value, try bound(filter, passed, ["width", "first", "blank"]))
    case .center:
      let values = try bound(filter, passed, ["width"])
      let width = try integer(values[0], 80)
      return padded(try text(value), width: width, fill: nil) { $0 / 2 + ($0 & width & 1) }
    case .format:
      if !passed.positional.isEmpty, !passed.keywords.isEmpty {
        throw raise("can't handle positional and keyword arguments at the same time")
      }
      if !passed.keywords.isEmpty {
        let start = heap.entries.count
        for index in passed.keywords { heap.entries.append(keywords[index]) }
        let members = Value(.dictionary, start: start, count: passed.keywords.count)
        for index in members.range {
          heap.entries[index] = Entry(
            key: named(heap.entries[index].key), value: heap.entries[index].value)
        }
        return try format(try text(value), percent: members)
      }
      let tuple = list(passed.positional.map { arguments[$0] }, .tuple)
      return try format(try text(value), percent: tuple)
    case .attr:
      let name = try bound(filter, passed, ["name"], required: 1)[0]
      guard name.isString else {
        throw raise("attribute name must be string, not '\(typeName(name))'")
      }
      if value.tag == .dictionary, ContainerMethod.isNamed(named(name), self) == nil {
        return undefined(name, of: value)
      }
      return try objectAttribute(value, named(name), fallsBackToKey: false)
    case .truncate: return try truncate(value, passed)
    case .wordcount:
      try none(filter, passed)
      let scalars = heap.text(of: try text(value)).unicodeScalars
      var count = 0
      var isInside = false
      for scalar in scalars {
        let isWord =
          scalar == "_" || holds(.isalnum, Array(String(scalar).utf8))
        if isWord, !isInside { count += 1 }
        isInside = isWord
      }
      return .int(count)
    case .filesizeformat: return try fileSize(value, try bound(filter, passed, ["binary"]))
    case .urlencode:
      try none(filter, passed)
      return try urlEncoded(value)
    default: throw raise("the filter '\(filter)' is not supported")
    }
  }

  private func map(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    // What is false is never walked: `none` and 0 give nothing.
    guard try truth(value) else { return iterator(0..<0) }
    let items = try iterate(value)
    var found: [Value] = []
    found.reserveCapacity(items.count)
    if passed.positional.isEmpty {
      let values = try bind(passed, ["attribute", "default"], of: "the filter 'map'")
      guard values[0].tag != .missing else { throw raise("map requires a filter argument") }
      let parts = try parts(values[0])
      for index in items {
        try step()
        found.append(try get(heap.items[index], parts, standard: values[1]))
      }
    } else {
      let name = arguments[passed.positional.lowerBound]
      guard name.isString, let filter = FilterName.byName[heap.bytes(of: name)] else {
        if items.isEmpty { return iterator(0..<0) }
        let shown = try text(name)
        throw raise("No filter named '\(heap.text(of: shown))'.")
      }
      let rest = Passed(positional: passed.positional.dropFirst(), keywords: passed.keywords)
      for index in items {
        try step()
        found.append(try apply(filter, heap.items[index], rest))
      }
    }
    return iterator(list(found).range)
  }

  private func select(_ filter: FilterName, _ value: Value, _ passed: Passed) throws(Raise) -> Value
  {
    guard try truth(value) else { return iterator(0..<0) }
    let items = try iterate(value)
    guard !items.isEmpty else { return iterator(0..<0) }
    var positional = passed.positional
    var parts: [Value] = []
    if filter == .selectattr || filter == .rejectattr {
      guard let first = positional.popFirst() else {
        throw raise("Missing parameter for attribute name")
      }
      parts = try self.parts(arguments[first])
    }
    var test: TestName?
    if let first = positional.popFirst() {
      let name = arguments[first]
      guard name.isString, let known = TestName.byName[heap.bytes(of: name)] else {
        let shown = try text(name)
        throw raise("No test named '\(heap.text(of: shown))'.")
      }
      test = known
    }
    let rest = Passed(positional: positional, keywords: passed.keywords)
    let keeps = filter == .select || filter == .selectattr
    var found: [Value] = []
    for index in items {
      try step()
      let item = heap.items[index]
      let tested = try get(item, parts)
      let holds: Bool
      if let test { holds = try self.holds(test, tested, rest) } else { holds = try truth(tested) }
      if holds == keeps { found.append(item) }
    }
    return iterator(list(found).range)
  }

  private func sort(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    let isSensitive = try isTrue(values[1])
    var paths: [[Value]] = []
    if values[2].isString {
      let names = try split(values[2], heap.string(","), limit: -1, fromRight: false)
      for index in names.range { paths.append(try parts(heap.items[index])) }
    } else {
      paths = [try parts(values[2])]
    }
    var keyed: [(key: Value, item: Value)] = []
    for index in try iterate(value) {
      let item = heap.items[index]
      var keys: [Value] = []
      for path in paths { keys.append(try get(item, path, ignoreCase: !isSensitive)) }
      keyed.append((list(keys), item))
    }
    return list(try sorted(keyed, reverse: try isTrue(values[0])) { $0.key }.map(\.item))
  }

  private func rows(_ filter: FilterName, _ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, [filter == .batch ? "linecount" : "slices", "fill_with"], required: 1,
      of: "the filter '\(filter)'")
    let size = try integer(values[0], 0)
    let fill = values[1]
    let hasFill = fill.tag != .missing && fill.tag != .none
    let items = try iterate(value).map { heap.items[$0] }
    var rows: [Value] = []
    if filter == .batch {
      var start = 0
      while start < items.count {
        let end = size > 0 ? min(start + size, items.count) : items.count
        var row = Array(items[start..<end])
        if hasFill, size > row.count, size < 1 << 20 {
          row += Array(repeating: fill, count: size - row.count)
        }
        rows.append(list(row))
        start = end
      }
    } else {
      guard size != 0 else { throw raise("integer division or modulo by zero") }
      guard size < 1 << 20 else { throw raise("too many slices", .tooLarge) }
      let (each, extra) = size > 0 ? items.count.quotientAndRemainder(dividingBy: size) : (0, 0)
      var start = 0
      for index in 0..<max(0, size) {
        let end = start + each + (index < extra ? 1 : 0)
        var row = Array(items[start..<end])
        if hasFill, index >= extra { row.append(fill) }
        rows.append(list(row))
        start = end
      }
    }
    return iterator(list(rows).range)
  }

  private func round(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    let precision = try integer(values[0], 0)
    let method = values[1].tag == .missing ? "common" : heap.text(of: try text(values[1]))
    guard ["common", "ceil", "floor"].contains(method) else {
      throw raise("method must be common, ceil or floor")
    }
    if value.isUndefined { throw raiseUndefined(value) }
    guard value.isNumber else {
      throw raise("type \(typeName(value)) doesn't define __round__ method")
    }
    if method == "common" {
      if value.tag == .float { return .float(FloatText.rounded(value.float, precision)) }
      if value.tag == .unsigned || precision >= 0 {
        return value.tag == .bool ? .int(value.int) : value
      }
      guard precision > -19 else { return .int(0) }
      var scale = 1
      for _ in 0..<(-precision) { scale *= 10 }
      let (quotient, rest) = value.int.quotientAndRemainder(dividingBy: scale)
      let twice = Double(Swift.abs(rest)) * 2
      let isUp = twice > Double(scale) || twice == Double(scale) && quotient % 2 != 0
      let (product, isTooLarge) = (isUp ? quotient + (value.int < 0 ? -1 : 1) : quotient)
        .multipliedReportingOverflow(by: scale)
      if isTooLarge { throw raise("an integer does not fit 64 bits") }
      return .int(product)
    }
    let number =
      value.tag == .float
      ? value.float : value.tag == .unsigned ? Double(value.bits) : Double(value.int)
    let scale = FloatText.power(10, Double(precision))
    let scaled = number * scale
    guard scaled.isFinite else { throw raise("cannot convert float infinity to integer") }
    return .float((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / scale)
  }

  private func int(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    let standard = values[0].tag == .missing ? Value.int(0) : values[0]
    func whole(_ number: Double) throws(Raise) -> Value? {
      guard number.isFinite else { return nil }
      let whole = number.rounded(.towardZero)
      guard whole >= -9.223372036854775808e18, whole < 9.223372036854775807e18 else {
        throw raise("an integer does not fit 64 bits")
      }
      return .int(Int(whole))
    }
    switch value.tag {
    case .int, .unsigned: return value
    case .bool: return .int(value.int)
    case .float:
      if value.float.isInfinite { throw raise("cannot convert float infinity to integer") }
      return try whole(value.float) ?? standard
    case .string:
      let base = try integer(values[1], 10)
      let bytes = heap.bytes(of: value)
      guard base == 0 || (2...36).contains(base) else { return standard }
      switch PythonNumber.integer(bytes, base: base) {
      case .value(let number): return .int(number)
      case .tooLarge: throw raise("an integer does not fit 64 bits")
      case .invalid:
        guard let number = PythonNumber.float(bytes) else { return standard }
        return try whole(number) ?? standard
      }
    case .undefined, .missing: throw raiseUndefined(value)
    default: return standard
    }
  }

  private func indent(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    let width: Value =
      values[0].isString
      ? values[0]
      : heap.string(
        String(repeating: " ", count: min(max(0, try integer(values[0], 4)), 1 << 16)))
    guard value.isString else {
      if value.isUndefined { throw raiseUndefined(value) }
      throw raise("unsupported operand type(s) for +=: '\(typeName(value))' and 'str'")
    }
    let newline = heap.string("\n")
    let lines = lines(heap.join(value, newline), keepEnds: false)
    let isBlank = try isTrue(values[2])
    var result = Value(.string, start: 0, count: 0)
    for (index, line) in lines.enumerated() {
      if index > 0 {
        result = heap.join(result, newline)
        if isBlank || line.extra > 0 { result = heap.join(result, width) }
      }
      result = heap.join(result, line)
    }
    if try isTrue(values[1]) { result = heap.join(width, result) }
    result.flag = value.flag
    return result
  }

  private func truncate(_ value: Value, _ passed: Passed) throws(Raise) -> Value {
    let values = try bind(
      passed, ["length", "killwords", "end", "leeway"], of: "the filter 'truncate'")
    if value.isUndefined { return value }
    let length = try integer(values[0], 255)
    let end = values[2].tag == .missing ? heap.string("...") : try text(values[2])
    let leeway = values[3].tag == .none ? 5 : try integer(values[3], 5)
    let endLength = characterCount(end)
    guard length >= endLength else { throw raise("expected length >= \(endLength), got \(length)") }
    guard leeway >= 0 else { throw raise("expected leeway >= 0, got \(leeway)") }
    if try self.length(value) <= length &+ leeway { return value }
    guard value.isString else { throw raise("a \(typeName(value)) cannot be cut to a length") }
    let cut = try slice(value, .none, .int(length - endLength), .none)
    if try isTrue(values[1]) { return heap.join(cut, end) }
    let words = try split(cut, heap.string(" "), limit: 1, fromRight: true)
    return heap.join(heap.items[words.start], end)
  }

  private func fileSize(_ value: Value, _ values: [Value]) throws(Raise) -> Value {
    let number: Double
    switch value.tag {
    case .float: number = value.float
    case .int, .bool: number = Double(value.int)
    case .string:
      guard let parsed = PythonNumber.float(heap.bytes(of: value)) else {
        throw raise("could not convert string to float")
      }
      number = parsed
    case .undefined: throw raiseUndefined(value)
    default:
      throw raise("float() argument must be a string or a real number, not '\(typeName(value))'")
    }
    let isBinary = try isTrue(values[0])
    let base: Double = isBinary ? 1024 : 1000
    if number == 1 { return heap.string("1 Byte") }
    if number < base { return heap.string("\(Int(number)) Bytes") }
    let prefixes =
      isBinary
      ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
      : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    var unit = base * base
    for (index, prefix) in prefixes.enumerated() {
      if number < unit || index == prefixes.count - 1 {
        return heap.string(
          FloatText.formatted(base * number / unit, UInt8(ascii: "f"), precision: 1) + " " + prefix)
      }
      unit *= base
    }
    return heap.string("")
  }

  private func urlEncoded(_ value: Value) throws(Raise) -> Value {
    func quoted(_ value: Value, forQuery: Bool) throws(Raise) -> Value {
      let text = try text(value)
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
    switch value.tag {
    case .string, .none, .bool, .int, .unsigned, .float: return try quoted(value, forQuery: false)
    default: break
    }
    let items = try iterate(value.tag == .dictionary ? Value(.itemsView, bits: value.bits) : value)
    var result = Value(.string, start: 0, count: 0)
    for (place, index) in items.enumerated() {
      let pair = try iterate(heap.items[index])
      guard pair.count == 2 else {
        throw raise("not enough values to unpack (expected 2, got \(pair.count))")
      }
      if place > 0 { result = heap.join(result, heap.string("&")) }
      let key = try quoted(heap.items[pair.lowerBound], forQuery: true)
      let item = try quoted(heap.items[pair.lowerBound + 1], forQuery: true)
      result = heap.join(heap.join(heap.join(result, key), heap.string("=")), item)
    }
    return result
  }
}

/// Texts as numbers, as Python's `int()` and `float()` read them.
enum PythonNumber {
  enum Integer {
    case value(Int)
    case tooLarge
    case invalid
  }

  static func integer(_ text: [UInt8], base: Int) -> Integer {
    let end = PythonText.trimEnd(text, 0..<text.count)
    var digits = Array(text[PythonText.trimStart(text, 0..<end)..<end])
    var isNegative = false
    if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      digits.removeFirst()
    }
    var radix = base
    if digits.count > 2, digits[0] == 0x30, base == 0 || base == 2 || base == 8 || base == 16 {
      let prefixes: [UInt8: Int] = [
        UInt8(ascii: "b"): 2, UInt8(ascii: "o"): 8, UInt8(ascii: "x"): 16,
      ]
      if let known = prefixes[digits[1] | 0x20], base == 0 || base == known {
        radix = known
        digits.removeFirst(2)
        if digits.first == UInt8(ascii: "_") { digits.removeFirst() }
      }
    }
    if radix == 0 { radix = 10 }
    guard let plain = withoutUnderscores(digits), !plain.isEmpty,
      plain.allSatisfy({ Character(UnicodeScalar($0)).isASCII && ($0 != 0x2B && $0 != 0x2D) })
    else { return .invalid }
    let shown = (isNegative ? "-" : "") + String(decoding: plain, as: UTF8.self)
    if let value = Int(shown, radix: radix) { return .value(value) }
    let isNumber = plain.allSatisfy { byte in
      let digit =
        (0x30...0x39).contains(byte)
        ? Int(byte) - 0x30 : (0x61...0x7A).contains(byte | 0x20) ? Int(byte | 0x20) - 0x57 : 99
      return digit < radix
    }
    return isNumber ? .tooLarge : .invalid
  }

  private static func withoutUnderscores(_ digits: [UInt8]) -> [UInt8]? {
    guard digits.contains(UInt8(ascii: "_")) else { return digits }
    for (index, byte) in digits.enumerated() where byte == UInt8(ascii: "_") {
      guard index > 0, index + 1 < digits.count, digits[index - 1] != byte,
        digits[index + 1] != byte
      else { return nil }
    }
    return digits.filter { $0 != UInt8(ascii: "_") }
  }

  static func float(_ text: [UInt8]) -> Double? {
    let end = PythonText.trimEnd(text, 0..<text.count)
    guard let trimmed = withoutUnderscores(Array(text[PythonText.trimStart(text, 0..<end)..<end]))
    else {
      return nil
    }
    let shown = String(decoding: trimmed, as: UTF8.self).lowercased()
    let bare = shown.hasPrefix("-") || shown.hasPrefix("+") ? String(shown.dropFirst()) : shown
    switch bare {
    case "inf", "infinity": return shown.hasPrefix("-") ? -.infinity : .infinity
    case "nan": return .nan
    default: break
    }
    guard bare.utf8.allSatisfy({ (0x30...0x39).contains($0) || ".e+-".utf8.contains($0) }) else {
      return nil
    }
    if let value = Double(shown) { return value }
    // Python takes `1.` and `.5`, which Swift's reader may not.
    let repaired = bare.hasPrefix(".") ? "0" + bare : bare.hasSuffix(".") ? bare + "0" : bare
    return Double(repaired).map { shown.hasPrefix("-") ? -$0 : $0 }
  }
}
