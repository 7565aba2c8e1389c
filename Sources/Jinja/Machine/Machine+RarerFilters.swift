/// The other filters.
extension Machine {
  func applyMore(_ filter: FilterName, _ value: Value, _ passed: Passed) throws(Raise)
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
}
