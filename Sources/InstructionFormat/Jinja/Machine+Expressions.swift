extension Machine {
  /// As `evaluate`, with what is only looked up done on the spot.
  @inline(__always)
  func operand(_ index: Int32) throws(Raise) -> Value {
    let node = nodes[index]
    switch node.operation {
    case .constant: return constants[node.a]
    case .local:
      let value = slots[registers.frame + Int(node.a)]
      return value.tag == .missing ? undefined(name: node.b) : value
    case .attribute, .key: return try member(index)
    default: return try evaluate(index)
    }
  }

  /// An attribute or a key of a message, most often: what needs no look at its kind is done here.
  @inline(never)
  private func member(_ index: Int32) throws(Raise) -> Value {
    let node = nodes[index]
    let base = nodes[node.a]
    if base.operation == .local {
      let object = slots[registers.frame + Int(base.a)]
      let name = Program.MemberName(code: node.c)
      if object.tag == .dictionary, name.isPlain {
        let key = constants[node.b]
        return plainMember(object, key) ?? undefined(key, of: object)
      }
      if object.tag == .loop, let value = loopAttribute(object, name.loopAttribute) { return value }
    }
    return try evaluate(index)
  }

  func evaluate(_ index: Int32) throws(Raise) -> Value {
    let node = nodes[index]
    do throws(Raise) {
      return try evaluate(node)
    } catch {
      if failure.offset < 0 { failure.offset = Int(node.offset) }
      throw error
    }
  }

  /// Whether an expression is true.
  func isTrue(_ index: Int32) throws(Raise) -> Bool {
    let node = nodes[index]
    switch node.operation {
    case .not: return try !isTrue(node.a)
    case .and: return try isTrue(node.a) ? try isTrue(node.b) : false
    case .or: return try isTrue(node.a) ? true : try isTrue(node.b)
    case .compare:
      do throws(Raise) {
        return try compare(node)
      } catch {
        if failure.offset < 0 { failure.offset = Int(node.offset) }
        throw error
      }
    default: return try truth(try operand(index))
    }
  }

  @inline(__always)
  private func compare(_ node: Program.Node) throws(Raise) -> Bool {
    let left = try operand(node.a)
    let right = try operand(node.b)
    let operation = ComparisonOperator(rawValue: UInt8(truncatingIfNeeded: node.c)) ?? .equal
    return try compare(left, operation, right)
  }

  private func undefined(name: Int32) -> Value {
    Value(.undefined, bits: constants[Int(name)].bits, extra: 0, flag: Undefinedness.name.rawValue)
  }

  @inline(__always)
  private func evaluate(_ node: Program.Node) throws(Raise) -> Value {
    switch node.operation {
    case .constant: return constants[node.a]
    case .local:
      let value = slots[registers.frame + Int(node.a)]
      return value.tag == .missing ? undefined(name: node.b) : value
    case .context:
      let value = context[Int(node.a)]
      return value.tag == .missing ? undefined(name: node.b) : value
    case .outer:
      let value = slots[base(node.c) + Int(node.a)]
      return value.tag == .missing ? undefined(name: node.b) : value
    case .attribute, .key:
      let object = try operand(node.a)
      let name = Program.MemberName(code: node.c)
      switch object.tag {
      case .dictionary where name.isPlain:
        let key = constants[node.b]
        return plainMember(object, key) ?? undefined(key, of: object)
      case .loop:
        if let value = loopAttribute(object, name.loopAttribute) { return value }
      case .namespace where name.isPlain:
        let state = heap.objects[Int(object.bits)]
        let members = Value(.dictionary, start: state.start, count: state.count)
        if let value = plainMember(members, constants[node.b]) { return value }
      default: break
      }
      return node.operation == .key
        ? try item(object, constants[node.b]) : try attribute(object, constants[node.b])
    case .item: return try item(try operand(node.a), try operand(node.b))
    case .compare: return .bool(try compare(node))
    case .and:
      let left = try operand(node.a)
      return try truth(left) ? try evaluate(node.b) : left
    case .or:
      let left = try operand(node.a)
      return try truth(left) ? left : try evaluate(node.b)
    case .not: return .bool(try !isTrue(node.a))
    case .sum:
      let bottom = arguments.count
      defer { arguments.truncate(to: bottom) }
      try evaluateList(node.a)
      return try sum(bottom..<arguments.count)
    case .filter:
      let base = try operand(node.a)
      guard let filter = FilterName(rawValue: node.b) else { throw raise("no such filter") }
      if node.c < 0 {
        switch filter {
        case .trim where base.isString: return strip(base, nil, .both)
        case .length where base.isSequence: return .int(base.count)
        default: break
        }
      }
      let passed = try pass(node.c)
      defer { release(passed) }
      return try apply(filter, base, passed)
    case .test:
      let value = try operand(node.a)
      guard let test = TestName(rawValue: node.b) else { throw raise("no such test") }
      switch test {
      case .defined: return .bool(!value.isUndefined)
      case .undefined: return .bool(value.isUndefined)
      case .none: return .bool(value.tag == .none)
      case .string: return .bool(value.isString)
      case .mapping: return .bool(value.tag == .dictionary)
      default:
        let passed = try pass(node.c)
        defer { release(passed) }
        return .bool(try holds(test, value, passed))
      }
    case .binary:
      let left = try operand(node.a)
      let right = try operand(node.b)
      let operation = BinaryOperator(rawValue: UInt8(truncatingIfNeeded: node.c)) ?? .add
      if left.tag == .int, right.tag == .int, operation == .subtract {
        let (difference, isTooLarge) = left.int.subtractingReportingOverflow(right.int)
        if !isTooLarge { return .int(difference) }
      }
      return try arithmetic(operation, left, right)
    case .methodCall: return try callMethod(node)
    case .call: return try call(node, caller: .missing)
    case .condition:
      if try isTrue(node.a) { return try evaluate(node.b) }
      return node.c >= 0
        ? try evaluate(node.c)
        : hint(
          "the inline if-expression was evaluated but no else section was defined and the test was false"
        )
    default: return try rarer(node)
    }
  }

  private func rarer(_ node: Program.Node) throws(Raise) -> Value {
    switch node.operation {
    case .concatenation:
      let bottom = arguments.count
      defer { arguments.truncate(to: bottom) }
      try evaluateList(node.a)
      var result = Value(.string, start: 0, count: 0)
      for index in bottom..<arguments.count {
        var text = try self.text(arguments[index])
        text.flag = 0
        result = heap.join(result, text)
      }
      return result
    case .tuple, .list:
      let bottom = arguments.count
      defer { arguments.truncate(to: bottom) }
      try evaluateList(node.a)
      return sequence(node.operation == .tuple ? .tuple : .list, argumentsFrom: bottom)
    case .dictionary:
      let bottom = arguments.count
      defer { arguments.truncate(to: bottom) }
      try evaluateList(node.a)
      var dictionary = Value(.dictionary, start: heap.entries.count, count: 0)
      var index = bottom
      while index < arguments.count {
        dictionary = try insert(arguments[index], arguments[index + 1], into: dictionary)
        index += 2
      }
      return dictionary
    case .compareChain:
      var left = try evaluate(node.a)
      let count = Int(lists[Int(node.b)])
      var index = Int(node.b) + 1
      while index < Int(node.b) + 1 + count {
        let operation =
          ComparisonOperator(rawValue: UInt8(truncatingIfNeeded: lists[index])) ?? .equal
        let right = try evaluate(lists[index + 1])
        guard try compare(left, operation, right) else { return .bool(false) }
        left = right
        index += 2
      }
      return .bool(true)
    case .slice:
      let base = try evaluate(node.a)
      func bound(_ place: Int32) throws(Raise) -> Value {
        lists[node.b + place] < 0 ? .none : try evaluate(lists[node.b + place])
      }
      return try slice(base, try bound(1), try bound(2), try bound(3))
    case .negative, .positive:
      return try sign(try evaluate(node.a), isNegative: node.operation == .negative)
    case .blockText: return registers.blockText
    case .unknownFilter:
      throw raise("No filter named '\(heap.text(of: constants[Int(node.a)]))'.")
    case .unknownTest:
      throw raise("No test named '\(heap.text(of: constants[Int(node.a)]))'.")
    default: throw raise("an expression of the template cannot be evaluated")
    }
  }

  // MARK: Undefined

  enum Undefinedness: UInt8 { case name, attribute, element, hint, unsafe }

  func hint(_ text: String, isUnsafe: Bool = false) -> Value {
    let text = heap.string(text)
    return Value(
      .undefined, bits: text.bits, extra: 0,
      flag: (isUnsafe ? Undefinedness.unsafe : .hint).rawValue)
  }

  func undefined(_ name: Value, of object: Value) -> Value {
    if name.isString {
      return Value(
        .undefined, bits: name.bits, extra: UInt32(object.tag.rawValue),
        flag: Undefinedness.attribute.rawValue)
    }
    var shown = Value(.string, start: 0, count: 0)
    if let text = try? representation(name) { shown = text }
    return Value(
      .undefined, bits: shown.bits, extra: UInt32(object.tag.rawValue),
      flag: Undefinedness.element.rawValue)
  }

  /// The error of using an undefined value.
  func raiseUndefined(_ value: Value) -> Raise {
    let text = heap.text(of: heap.string(piecesOf: value))
    let owner = typeName(
      Value(Value.Tag(rawValue: UInt8(truncatingIfNeeded: value.extra)) ?? .none))
    let object = owner == "NoneType" ? "None" : "\(owner) object"
    switch Undefinedness(rawValue: value.flag) ?? .hint {
    case .name: return raise("'\(text)' is undefined", .undefined)
    case .attribute: return raise("'\(object)' has no attribute '\(text)'", .undefined)
    case .element: return raise("\(object) has no element \(text)", .undefined)
    case .hint, .unsafe: return raise(text, .undefined)
    }
  }

  // MARK: Truth

  @inline(__always)
  func truth(_ value: Value) throws(Raise) -> Bool {
    switch value.tag {
    case .bool, .int, .unsigned: return value.bits != 0
    case .string: return value.extra != 0
    case .undefined, .missing, .none: return false
    case .float: return value.float != 0
    case .list, .tuple, .range, .dictionary, .keysView, .valuesView, .itemsView:
      return value.count > 0
    case .loop: return heap.objects[Int(value.bits)].count > 0
    case .iterator, .namespace, .macro, .builtin, .method, .cycler, .joiner: return true
    }
  }

  func typeName(_ value: Value) -> String {
    switch value.tag {
    case .missing, .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .int, .unsigned: "int"
    case .float: "float"
    case .string: value.isMarkup ? "Markup" : "str"
    case .list: "list"
    case .tuple: "tuple"
    case .range: "range"
    case .iterator: "generator"
    case .dictionary: "dict"
    case .keysView: "dict_keys"
    case .valuesView: "dict_values"
    case .itemsView: "dict_items"
    case .namespace: "Namespace"
    case .loop: "LoopContext"
    case .macro: "Macro"
    case .builtin: "function"
    case .method: "builtin_function_or_method"
    case .cycler: "Cycler"
    case .joiner: "Joiner"
    }
  }

  // MARK: Containers

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

  // MARK: Attributes and items

  @inline(__always)
  func attribute(_ object: Value, _ name: Value) throws(Raise) -> Value {
    if object.tag == .dictionary {
      // Methods of `dict` come before members.
      if ContainerMethod.isNamed(name, self) == nil {
        let name = name.atom == 0 ? named(name) : name
        var index = object.start
        let end = index + object.count
        while index < end {
          let other = heap.entries[index]
          if other.key.atom == name.atom, name.atom != 0 { return other.value }
          if name.atom == 0, other.key.isString, other.key.atom == 0, heap.isEqual(other.key, name)
          {
            return other.value
          }
          index += 1
        }
        return try rareAttribute(object, name)
      }
    }
    return try objectAttribute(object, name, fallsBackToKey: true)
  }

  private func rareAttribute(_ object: Value, _ name: Value) throws(Raise) -> Value {
    isDunder(name) ? unsafeAttribute(object, name) : undefined(name, of: object)
  }

  private func isDunder(_ name: Value) -> Bool {
    let text = heap.bytes(of: name)
    let mark: [UInt8] = [0x5F, 0x5F]
    return text.count > 4 && text.starts(with: mark) && text.suffix(2).elementsEqual(mark)
  }

  private func unsafeAttribute(_ object: Value, _ name: Value) -> Value {
    hint(
      "access to attribute '\(heap.text(of: name))' of '\(typeName(object))' object is unsafe.",
      isUnsafe: true)
  }

  private func method(_ object: Value, _ name: Value) -> Value {
    var state = ValueHeap.ObjectState()
    state.first = object
    state.second = name
    heap.objects.append(state)
    return Value(.method, bits: UInt64(heap.objects.count - 1))
  }

  /// Python's `getattr`, then the key where `fallsBackToKey`.
  func objectAttribute(_ object: Value, _ name: Value, fallsBackToKey: Bool) throws(Raise) -> Value
  {
    switch object.tag {
    case .undefined, .missing: throw raiseUndefined(object)
    case .string:
      if StringMethod.byName[heap.bytes(of: name)] != nil { return method(object, name) }
    case .dictionary, .list, .tuple, .range:
      if object.tag == .tuple, object.flag == Value.groupFlag {
        if heap.isName(name, "grouper") { return heap.items[object.start] }
        if heap.isName(name, "list") { return heap.items[object.start + 1] }
      }
      if let known = ContainerMethod.isNamed(name, self) {
        let exists =
          switch object.tag {
          case .dictionary: known.isOfDictionary
          case .list: known.isOfList
          default: known.isOfTuple
          }
        if exists {
          return known.changesItsObject && object.tag != .range && object.tag != .tuple
            ? unsafeAttribute(object, name) : method(object, name)
        }
      }
      if fallsBackToKey, object.tag == .dictionary, let known = try member(object, name) {
        return heap.entries[known].value
      }
    case .namespace:
      let state = heap.objects[Int(object.bits)]
      let members = Value(.dictionary, start: state.start, count: state.count)
      if let known = try member(members, name) { return heap.entries[known].value }
    case .loop:
      if let known = LoopAttribute.byName[heap.bytes(of: name)] {
        return loopAttribute(object, known) ?? method(object, name)
      }
    case .macro:
      let function = program.functions[object.start]
      switch heap.text(of: name) {
      case "name": return heap.string(function.name)
      case "arguments":
        let start = heap.items.count
        for parameter in function.parameters { heap.items.append(constants[Int(parameter.name)]) }
        return Value(.tuple, start: start, count: function.parameters.count)
      case "catch_kwargs": return .bool(function.keywordsSlot >= 0)
      case "catch_varargs": return .bool(function.restSlot >= 0)
      case "caller": return .bool(function.callerSlot >= 0)
      default: break
      }
    case .cycler:
      let state = heap.objects[Int(object.bits)]
      switch heap.text(of: name) {
      case "current":
        guard state.count > 0 else { return undefined(name, of: object) }
        return heap.items[state.start + state.index]
      case "next", "reset": return method(object, name)
      default: break
      }
    default: break
    }
    return try rareAttribute(object, name)
  }

  /// An attribute of a loop; nil where it has none of that name, or where it is a method.
  @inline(__always)
  private func loopAttribute(_ loop: Value, _ name: LoopAttribute) -> Value? {
    let state = heap.objects[Int(loop.bits)]
    switch name {
    case .index0: return .int(state.index)
    case .index: return .int(state.index + 1)
    case .first: return .bool(state.index == 0)
    case .last: return .bool(state.index + 1 == state.count)
    case .length: return .int(state.count)
    case .revindex: return .int(state.count - state.index)
    case .revindex0: return .int(state.count - state.index - 1)
    case .depth: return .int(state.depth + 1)
    case .depth0: return .int(state.depth)
    case .previtem:
      return state.index == 0
        ? hint("there is no previous item") : heap.items[state.start + state.index - 1]
    case .nextitem:
      return state.index + 1 == state.count
        ? hint("there is no next item") : heap.items[state.start + state.index + 1]
    case .cycle, .changed, .none: return nil
    }
  }

  /// The member with a key that has an atom.
  @inline(__always)
  private func plainMember(_ dictionary: Value, _ key: Value) -> Value? {
    var index = dictionary.start
    let end = index + dictionary.count
    while index < end {
      let entry = heap.entries[index]
      if entry.key.atom == key.atom { return entry.value }
      index += 1
    }
    return nil
  }

  func item(_ object: Value, _ index: Value) throws(Raise) -> Value {
    switch object.tag {
    case .dictionary:
      if index.isString {
        if let known = try member(object, index) { return heap.entries[known].value }
      } else {
        // An unhashable key is a TypeError, which the sandbox turns into undefined.
        if (try? checkHashable(index)) == nil { return undefined(index, of: object) }
        if let known = try member(object, index) { return heap.entries[known].value }
      }
    case .list, .tuple, .range:
      if index.tag == .int || index.tag == .bool {
        var position = index.int
        if position < 0 { position += object.count }
        return position >= 0 && position < object.count
          ? heap.items[object.start + position] : undefined(index, of: object)
      }
    case .string:
      if index.tag == .int || index.tag == .bool {
        return character(object, at: index.int) ?? undefined(index, of: object)
      }
    case .undefined, .missing: throw raiseUndefined(object)
    default: break
    }
    if index.isString { return try objectAttribute(object, index, fallsBackToKey: false) }
    return undefined(index, of: object)
  }
}

extension ContainerMethod {
  /// The method that a name means, by its atom where it has one.
  @inline(__always)
  static func isNamed(_ name: Value, _ machine: Machine) -> ContainerMethod? {
    if name.atom > 0, Int(name.atom) < machine.containerMethods.count {
      return machine.containerMethods[Int(name.atom)]
    }
    return byName[machine.heap.bytes(of: name)]
  }
}

extension Arena where Element == UInt8 {
  @inline(__always)
  func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    return unsafe withElements(range) { bytes in
      for index in 0..<bytes.count where unsafe bytes[index] != text.utf8Start[index] {
        return false
      }
      return true
    }
  }
}

extension ValueHeap {
  /// The text that an undefined value keeps.
  func string(piecesOf value: Value) -> Value {
    var length = 0
    for index in value.range { length += Int(pieces[index].count) }
    return Value(.string, bits: value.bits, extra: UInt32(clamping: length))
  }
}
