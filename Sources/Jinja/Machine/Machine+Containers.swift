/// Lists and dictionaries, and the members of a namespace.
extension Machine {
  func sequence(_ tag: Value.Tag, argumentsFrom bottom: Int) -> Value {
    let start = heap.items.count
    for index in bottom..<arguments.count { heap.items.append(arguments[index]) }
    // An empty list takes a place, too: it is the same as none but itself.
    if bottom == arguments.count, tag == .list { heap.items.append(.none) }
    return Value(tag, start: start, count: arguments.count - bottom)
  }

  func iterator(_ items: Range<Int>) -> Value {
    var state = ValueHeap.ObjectState()
    state.start = items.lowerBound
    state.count = items.count
    heap.objects.append(state)
    return Value(.iterator, bits: UInt64(heap.objects.count - 1))
  }

  /// The number of a key that the template names, so that members can be compared by it.
  @inline(__always)
  func named(_ key: Value) -> Value {
    guard key.isString, key.atom == 0, key.extra <= 64 else { return key }
    var key = key
    let mark = heap.bytes.count
    let range = heap.flat(key)
    key.atom = unsafe heap.bytes.withElements(range) { unsafe program.atoms.find($0) } ?? 0
    heap.bytes.truncate(to: mark)
    return key
  }

  /// Dictionaries of more members than this are looked up through an index.
  private static let indexedFrom = 24

  /// Index of the member with a key, in `entries`.
  @inline(__always)
  func member(_ dictionary: Value, _ key: Value) throws(Raise) -> Int? {
    if dictionary.count > Self.indexedFrom { return try indexedMember(dictionary, key) }
    guard key.isString else { return try otherMember(dictionary, key) }
    let key = named(key)
    var index = dictionary.start
    let end = index + dictionary.count
    while index < end {
      let other = heap.entries[index].key
      if other.isString, other.atom == key.atom, key.atom != 0 || heap.isEqual(other, key) {
        return index
      }
      index += 1
    }
    try charge(Int(key.extra) >> 4)
    return nil
  }

  private func otherMember(_ dictionary: Value, _ key: Value) throws(Raise) -> Int? {
    let wanted = try hashed(key)
    for index in dictionary.range {
      if heap.entries[index].key.isString { continue }
      if try hashed(heap.entries[index].key) == wanted { return index }
    }
    return nil
  }

  private func indexedMember(_ dictionary: Value, _ key: Value) throws(Raise) -> Int? {
    let wanted = try hashed(key)
    if heap.indexes[dictionary.bits] == nil {
      try charge(16 * dictionary.count)
      var index: [ValueKey: Int] = [:]
      index.reserveCapacity(dictionary.count)
      for place in dictionary.range { index[try hashed(heap.entries[place].key)] = place }
      heap.indexes[dictionary.bits] = index
    }
    return heap.indexes[dictionary.bits]?[wanted]
  }

  /// The dictionary with one member more, or with another value for it; it must be the newest.
  func insert(_ key: Value, _ value: Value, into dictionary: Value) throws(Raise) -> Value {
    try charge(4)
    if let known = try member(dictionary, key) {
      heap.entries[known] = Entry(key: heap.entries[known].key, value: value)
      return dictionary
    }
    let place = heap.entries.count
    heap.entries.append(Entry(key: named(key), value: value))
    let longer = Value(
      .dictionary, start: dictionary.start, count: dictionary.count + 1, extra: dictionary.extra)
    // The index goes on to the longer dictionary.
    if let index = heap.indexes.index(forKey: dictionary.bits) {
      var members = heap.indexes.remove(at: index).value
      members[try hashed(key)] = place
      heap.indexes[longer.bits] = members
    }
    return longer
  }

  func setAttribute(of namespace: Value, _ name: Value, _ value: Value) throws(Raise) {
    let name = named(name)
    if name.extra > 0, heap.bytes[heap.flat(name).lowerBound] == UInt8(ascii: "_") {
      throw raise(
        "a namespace holds no attribute that begins with an underscore: rename '\(heap.text(of: name))'"
      )
    }
    try charge(4)
    var state = heap.objects[Int(namespace.bits)]
    var members = Value(.dictionary, start: state.start, count: state.count)
    if let known = try member(members, name) {
      heap.entries[known] = Entry(key: heap.entries[known].key, value: value)
      return
    }
    if state.start + state.count != heap.entries.count {
      try charge(2 * state.count)
      let start = heap.entries.count
      heap.entries.append(from: members.range)
      members = Value(.dictionary, start: start, count: state.count)
    }
    heap.entries.append(Entry(key: name, value: value))
    state.start = members.start
    state.count += 1
    heap.objects[Int(namespace.bits)] = state
  }
}
