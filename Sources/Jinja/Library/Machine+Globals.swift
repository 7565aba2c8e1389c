/// The functions that a template finds ready made.
extension Machine {
  func call(_ function: GlobalFunction, _ passed: Passed) throws(Raise) -> Value {
    switch function {
    case .range: return try range(passed)
    case .dict:
      var dictionary = Value(.dictionary, start: heap.entries.count, count: 0)
      if let first = passed.positional.first {
        guard passed.positional.count == 1 else { throw raise("dict expected at most 1 argument") }
        dictionary = try members(of: arguments[first])
      }
      for keyword in passed.keywords {
        let entry = keywords[keyword]
        dictionary = try insert(entry.key, entry.value, into: dictionary)
      }
      return dictionary
    case .namespace:
      heap.objects.append(ValueHeap.ObjectState())
      let namespace = Value(.namespace, bits: UInt64(heap.objects.count - 1))
      if registers.isGrowing { namespaces.append(heap.objects.count - 1) }
      if let first = passed.positional.first {
        guard passed.positional.count == 1 else { throw raise("dict expected at most 1 argument") }
        let dictionary = try members(of: arguments[first])
        for index in dictionary.range {
          let entry = heap.entries[index]
          guard entry.key.isString else { continue }
          try setAttribute(of: namespace, entry.key, entry.value)
        }
      }
      for keyword in passed.keywords {
        try setAttribute(of: namespace, keywords[keyword].key, keywords[keyword].value)
      }
      return namespace
    case .cycler:
      guard !passed.positional.isEmpty else { throw raise("at least one item has to be provided") }
      var state = ValueHeap.ObjectState()
      state.start = heap.items.count
      for index in passed.positional { heap.items.append(arguments[index]) }
      state.count = passed.positional.count
      heap.objects.append(state)
      return Value(.cycler, bits: UInt64(heap.objects.count - 1))
    case .joiner:
      var state = ValueHeap.ObjectState()
      let separator = try bind(passed, ["sep"], of: "joiner()")[0]
      state.first = separator.tag == .missing ? heap.string(", ") : separator
      heap.objects.append(state)
      return Value(.joiner, bits: UInt64(heap.objects.count - 1))
    case .raiseException:
      let message = try bind(passed, ["message"], required: 1, of: "raise_exception()")[0]
      let shown = try text(message)
      throw raise(heap.text(of: shown), .raised)
    case .strftimeNow:
      let format = try bind(passed, ["format"], required: 1, of: "strftime_now()")[0]
      guard format.isString else { throw raise("strftime() argument 1 must be str") }
      guard let shown = host.today(heap.bytes(of: format)) else {
        throw raise(
          "the template prints today's date (strftime_now), which changes daily", .dateMissing)
      }
      try charge(shown.count)
      return heap.string(shown)
    case .lipsum: throw raise("lipsum() is random and not supported")
    }
  }

  /// A new dictionary with the members of a mapping, or of a row of pairs.
  private func members(of value: Value) throws(Raise) -> Value {
    if value.isUndefined { throw raiseUndefined(value) }
    if value.tag == .dictionary {
      try charge(value.count)
      let start = heap.entries.count
      heap.entries.append(from: value.range)
      return Value(.dictionary, start: start, count: value.count)
    }
    var pairs: [Entry] = []
    for index in try iterate(value) {
      let pair = try iterate(heap.items[index])
      guard pair.count == 2 else {
        throw raise("dictionary update sequence element has length \(pair.count); 2 is required")
      }
      pairs.append(Entry(key: heap.items[pair.lowerBound], value: heap.items[pair.lowerBound + 1]))
    }
    var dictionary = Value(.dictionary, start: heap.entries.count, count: 0)
    for pair in pairs { dictionary = try insert(pair.key, pair.value, into: dictionary) }
    return dictionary
  }

  func range(_ passed: Passed) throws(Raise) -> Value {
    guard passed.keywords.isEmpty else { throw raise("range() takes no keyword arguments") }
    guard (1...3).contains(passed.positional.count) else {
      throw raise("range expected 1 to 3 arguments, got \(passed.positional.count)")
    }
    var numbers: [Int] = []
    for index in passed.positional {
      let value = arguments[index]
      if value.isUndefined { throw raiseUndefined(value) }
      if value.tag == .big { throw raise("a range past 64 bits is not supported", .unsupported) }
      numbers.append(try self.index(value, 0))
    }
    let (start, stop) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    let step = numbers.count == 3 ? numbers[2] : 1
    guard step != 0 else { throw raise("range() arg 3 must not be zero") }
    return try range(start, stop, step)
  }

  /// A range that remembers its bounds, as it prints them.
  func range(_ start: Int, _ stop: Int, _ step: Int) throws(Raise) -> Value {
    let first = heap.items.count
    var next = start
    while step > 0 ? next < stop : next > stop {
      guard heap.items.count - first < 100_000 else {
        throw raise("Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).")
      }
      try charge(1)
      heap.items.append(.int(next))
      let (following, isTooLarge) = next.addingReportingOverflow(step)
      if isTooLarge { break }
      next = following
    }
    var bounds = ValueHeap.ObjectState()
    (bounds.start, bounds.count, bounds.index) = (start, stop, step)
    heap.objects.append(bounds)
    return Value(
      .range, start: first, count: heap.items.count - first, extra: UInt32(heap.objects.count - 1))
  }
}
