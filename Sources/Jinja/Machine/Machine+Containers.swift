/// Lists and dictionaries, and the members of a namespace.
extension Machine {
  func sequence(_ tag: Value.Tag, argumentsFrom bottom: Int) -> Value {
    let start = heap.items.count
    for index in bottom..<arguments.count { heap.items.append(arguments[index]) }
    return Value(tag, start: start, count: heap.items.count - start)
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

  /// Index of the member with a key, in `entries`.
  @inline(__always)
  func member(_ dictionary: Value, _ key: Value) throws(Raise) -> Int? {
    if key.isString {
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
      return nil
    }
    try checkHashable(key)
    for index in dictionary.range where equal(heap.entries[index].key, key) { return index }
    return nil
  }

  func checkHashable(_ key: Value) throws(Raise) {
    switch key.tag {
    case .list, .dictionary, .itemsView, .keysView, .namespace:
      throw raise("unhashable type: '\(typeName(key))'")
    case .tuple: for index in key.range { try checkHashable(heap.items[index]) }
    default: break
    }
  }

  /// The dictionary with one member more, or with another value for it; it must be the newest.
  func insert(_ key: Value, _ value: Value, into dictionary: Value) throws(Raise) -> Value {
    if let known = try member(dictionary, key) {
      heap.entries[known] = Entry(key: heap.entries[known].key, value: value)
      return dictionary
    }
    heap.entries.append(Entry(key: named(key), value: value))
    return Value(
      .dictionary, start: dictionary.start, count: dictionary.count + 1, extra: dictionary.extra)
  }

  func setAttribute(of namespace: Value, _ name: Value, _ value: Value) throws(Raise) {
    let name = named(name)
    if name.extra > 0, heap.bytes[heap.flat(name).lowerBound] == UInt8(ascii: "_") {
      throw raise(
        "Chat templates cannot store underscore-prefixed attributes on a namespace, but got '\(heap.text(of: name))'. Please rename the attribute."
      )
    }
    var state = heap.objects[Int(namespace.bits)]
    var members = Value(.dictionary, start: state.start, count: state.count)
    if let known = try member(members, name) {
      heap.entries[known] = Entry(key: name, value: value)
      return
    }
    if state.start + state.count != heap.entries.count {
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
