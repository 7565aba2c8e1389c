import Problems

/// What each expression is worth.
extension Machine {
  /// As `evaluate`, with what is only looked up done on the spot.
  @inline(__always)
  func operand(_ index: Int32) throws(Raise) -> Value {
    let node = nodes[index]
    switch node.operation {
    case .constant: return constants[node.a]
    case .local: return known(slots[registers.frame + Int(node.a)], node.b)
    case .attribute, .key: return try member(index)
    default: return try evaluate(index)
    }
  }

  /// An attribute or a key of a variable: apart from `evaluate`, whose frame costs more than most of these.
  @inline(never)
  private func member(_ index: Int32) throws(Raise) -> Value {
    let node = nodes[index]
    let base = nodes[node.a]
    if base.operation == .local,
      let value = quickMember(slots[registers.frame + Int(base.a)], node)
    {
      return value
    }
    return try evaluate(index)
  }

  /// An attribute or a key whose name was looked at beforehand; nil where more is to be looked at.
  @inline(__always)
  private func quickMember(_ object: Value, _ node: Program.Node) -> Value? {
    let name = Program.MemberName(code: node.c)
    switch object.tag {
    case .dictionary where name.isPlain:
      let key = constants[node.b]
      return plainMember(object, key) ?? undefined(key, of: object)
    case .loop: return loopAttribute(object, name.loopAttribute)
    case .namespace where name.isPlain:
      let state = heap.objects[Int(object.bits)]
      let members = Value(.dictionary, start: state.start, count: state.count)
      return plainMember(members, constants[node.b])
    default: return nil
    }
  }

  func evaluate(_ index: Int32) throws(Raise) -> Value {
    let node = nodes[index]
    do throws(Raise) {
      return try evaluate(node)
    } catch {
      locate(node.offset)
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
        locate(node.offset)
        throw error
      }
    default: return try truth(try operand(index))
    }
  }

  @inline(__always)
  func compare(_ node: Program.Node) throws(Raise) -> Bool {
    let left = try operand(node.a)
    let right = try operand(node.b)
    let operation = ComparisonOperator(rawValue: UInt8(truncatingIfNeeded: node.c)) ?? .equal
    return try compare(left, operation, right)
  }

  /// The value of a variable, undefined under its name where it has none.
  @inline(__always)
  private func known(_ value: Value, _ name: Int32) -> Value {
    value.tag == .missing ? undefined(name: name) : value
  }

  private func undefined(name: Int32) -> Value {
    Value(.undefined, bits: constants[name].bits, flag: Undefinedness.name.rawValue)
  }

  @inline(__always)
  func evaluate(_ node: Program.Node) throws(Raise) -> Value {
    switch node.operation {
    case .constant: return constants[node.a]
    case .local: return known(slots[registers.frame + Int(node.a)], node.b)
    case .context: return known(context[Int(node.a)], node.b)
    case .outer: return known(slots[base(node.c) + Int(node.a)], node.b)
    case .attribute, .key:
      let object = try operand(node.a)
      if let value = quickMember(object, node) { return value }
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
      let passed = try pass(node.c)
      defer { release(passed) }
      return try filters[Int(node.b)](self, base, passed)
    case .trim: return try strip(try text(try operand(node.a)), nil, .both)
    case .length:
      let base = try operand(node.a)
      return .int(base.isSequence ? base.count : try length(base))
    case .test:
      let value = try operand(node.a)
      let passed = try pass(node.c)
      defer { release(passed) }
      return try tests[Int(node.b)](self, value, passed)
    case .kind:
      let value = try operand(node.a)
      switch Program.Kind(rawValue: node.b) ?? .defined {
      case .defined: return .bool(!value.isUndefined)
      case .undefined: return .bool(value.isUndefined)
      case .none: return .bool(value.tag == .none)
      case .string: return .bool(value.isString)
      case .mapping: return .bool(value.tag == .dictionary)
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
    default: return try otherExpression(node)
    }
  }

  private func otherExpression(_ node: Program.Node) throws(Raise) -> Value {
    switch node.operation {
    case .concatenation:
      let bottom = arguments.count
      defer { arguments.truncate(to: bottom) }
      try evaluateList(node.a)
      for index in bottom..<arguments.count {
        arguments[index] = plain(try text(arguments[index]))
      }
      try charge(bottom..<arguments.count)
      return heap.join(arguments, bottom..<arguments.count)
    case .tuple, .list:
      let bottom = arguments.count
      defer { arguments.truncate(to: bottom) }
      try evaluateList(node.a)
      return sequence(node.operation == .tuple ? .tuple : .list, argumentsFrom: bottom)
    case .dictionary:
      let bottom = arguments.count
      defer { arguments.truncate(to: bottom) }
      try evaluateList(node.a)
      if bottom == arguments.count { heap.entries.append(Entry(key: .none, value: .none)) }
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
    case .growing:
      let value = try evaluate(node.a)
      expose(value)
      return value
    case .growingTruth:
      let value = try evaluate(node.a)
      if value.count > 0 { note(item: 0, of: value, isRead: false) }
      return value
    case .growingFlag:
      if registers.isGrowing { registers.growing.sawFlag = true }
      return try evaluate(node.a)
    case .negative, .positive:
      return try sign(try evaluate(node.a), isNegative: node.operation == .negative)
    case .blockText: return registers.blockText
    case .blocks: return Value(.blocks)
    case .blockCall:
      guard node.a >= 0 else {
        throw raiseUndefined(undefined(constants[node.b], of: Value(.blocks)))
      }
      return try callFunction(
        Value(.macro, start: Int(node.a), count: 0), positional: 0..<0, keywords: 0..<0,
        caller: .missing)
    case .unknownFilter:
      throw raise("No filter named '\(heap.text(of: constants[Int(node.a)]))'.")
    case .unknownTest:
      throw raise("No test named '\(heap.text(of: constants[Int(node.a)]))'.")
    default: throw raise("an expression of the template cannot be evaluated")
    }
  }
}
