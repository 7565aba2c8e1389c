/// Equality, order and membership.
extension Machine {
  func equal(_ left: Value, _ right: Value, depth: Int = 0) throws(Raise) -> Bool {
    if left.isString || right.isString {
      guard left.isString, right.isString, left.extra == right.extra else { return false }
      if left.bits == right.bits { return true }
      try charge(left.count + right.count + Int(left.extra) >> 4)
      return heap.isEqual(left, right)
    }
    if left.isNumber, right.isNumber { return order(left, right) == 0 }
    // The same object is equal to itself, as in Python, however large it is.
    if left.tag == right.tag, left.bits == right.bits { return true }
    try charge(4)
    guard depth < Self.maximumNesting else {
      throw raise("maximum recursion depth exceeded in comparison", .tooLarge)
    }
    switch (left.tag, right.tag) {
    case (.none, .none): return true
    case (.undefined, .undefined), (.undefined, .missing), (.missing, .undefined),
      (.missing, .missing):
      return true
    case (.list, .list), (.tuple, .tuple), (.range, .range):
      guard left.count == right.count else { return false }
      for index in 0..<left.count {
        try charge(4)
        let (a, b) = (heap.items[left.start + index], heap.items[right.start + index])
        if isSame(a, b) { continue }
        guard try equal(a, b, depth: depth + 1) else { return false }
      }
      return true
    case (.dictionary, .dictionary):
      guard left.count == right.count else { return false }
      for index in left.range {
        try step()
        let entry = heap.entries[index]
        guard let known = try member(right, entry.key) else { return false }
        let other = heap.entries[known].value
        if isSame(entry.value, other) { continue }
        guard try equal(entry.value, other, depth: depth + 1) else { return false }
      }
      return true
    case (.keysView, .keysView):
      guard left.count == right.count else { return false }
      for index in left.range {
        if try member(Value(.dictionary, bits: right.bits), heap.entries[index].key) == nil {
          return false
        }
      }
      return true
    default: return left.tag == right.tag && left.bits == right.bits
    }
  }

  /// Whether two items are one object: containers compare those first, so that a NaN is equal to itself.
  private func isSame(_ left: Value, _ right: Value) -> Bool {
    left.tag == .float && right.tag == .float && left.float.isNaN && left.bits == right.bits
  }

  @inline(__always)
  func compare(_ left: Value, _ operation: ComparisonOperator, _ right: Value) throws(Raise) -> Bool
  {
    if left.tag == .int, right.tag == .int {
      let order = left.int < right.int ? -1 : left.int == right.int ? 0 : 1
      switch operation {
      case .equal: return order == 0
      case .notEqual: return order != 0
      case .less, .lessOrEqual, .greater, .greaterOrEqual: return holds(order, operation)
      default: break
      }
    }
    switch operation {
    case .equal: return try equal(left, right)
    case .notEqual: return !(try equal(left, right))
    case .isIn: return try contains(right, left)
    case .isNotIn: return !(try contains(right, left))
    default: return try ordered(left, operation, right)
    }
  }

  private func ordered(_ left: Value, _ operation: ComparisonOperator, _ right: Value) throws(Raise)
    -> Bool
  {
    if left.isUndefined { throw raiseUndefined(left) }
    if right.isUndefined { throw raiseUndefined(right) }
    if left.isNumber, right.isNumber {
      guard let order = order(left, right) else { return false }
      return holds(order, operation)
    }
    if left.isString, right.isString {
      try charge(left)
      try charge(right)
      let order = heap.isEqual(left, right) ? 0 : heap.isLess(left, right) ? -1 : 1
      return holds(order, operation)
    }
    if left.tag == right.tag, left.tag == .list || left.tag == .tuple {
      for index in 0..<min(left.count, right.count) {
        try charge(4)
        let (a, b) = (heap.items[left.start + index], heap.items[right.start + index])
        if try !equal(a, b) {
          registers.calls += 1
          defer { registers.calls -= 1 }
          guard registers.calls < Self.maximumCalls else {
            throw raise("maximum recursion depth exceeded")
          }
          return try ordered(a, operation, b)
        }
      }
      let order = left.count == right.count ? 0 : left.count < right.count ? -1 : 1
      return holds(order, operation)
    }
    let sign =
      switch operation {
      case .less: "<"
      case .lessOrEqual: "<="
      case .greater: ">"
      default: ">="
      }
    throw raise(
      "'\(sign)' not supported between instances of '\(typeName(left))' and '\(typeName(right))'")
  }

  func holds(_ order: Int, _ operation: ComparisonOperator) -> Bool {
    switch operation {
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    default: order >= 0
    }
  }

  func isLess(_ left: Value, _ right: Value) throws(Raise) -> Bool {
    try ordered(left, .less, right)
  }

  func isGreater(_ left: Value, _ right: Value) throws(Raise) -> Bool {
    try ordered(left, .greater, right)
  }

  func contains(_ container: Value, _ value: Value) throws(Raise) -> Bool {
    switch container.tag {
    case .string:
      guard value.isString else {
        throw raise("'in <string>' requires string as left operand, not \(typeName(value))")
      }
      return try find(value, in: container, from: 0, to: Int(container.extra)) != nil
    case .dictionary, .keysView:
      return try member(Value(.dictionary, bits: container.bits), value) != nil
    case .undefined, .missing: return false
    case .list, .tuple, .range, .iterator, .itemsView, .valuesView, .loop:
      // A generator is walked as far as the item.
      let items = try container.tag == .iterator ? rest(of: container) : iterate(container)
      for index in items {
        try charge(4)
        if try equal(heap.items[index], value) {
          if container.tag == .iterator {
            touch(Int(container.bits))
            heap.objects[Int(container.bits)].index += index - items.lowerBound + 1
          }
          return true
        }
      }
      if container.tag == .iterator { _ = try iterate(container) }
      return false
    default: throw raise("argument of type '\(typeName(container))' is not iterable")
    }
  }

  /// Sorts as Python's `sorted` does: stable, with the errors of `<`.
  func sorted<Element>(
    _ elements: [Element], reverse: Bool = false, by key: (Element) -> Value
  ) throws(Raise) -> [Element] {
    // A merge sort, for a comparison may fail.
    try charge(2 * elements.count)
    var source = reverse ? elements.reversed() : elements
    var target = source
    var width = 1
    while width < source.count {
      var start = 0
      while start < source.count {
        let middle = min(start + width, source.count)
        let end = min(start + 2 * width, source.count)
        try charge(4 * (end - start))
        var (left, right) = (start, middle)
        for place in start..<end {
          if left < middle, right >= end {
            target[place] = source[left]
            left += 1
          } else if left < middle, !(try isLess(key(source[right]), key(source[left]))) {
            target[place] = source[left]
            left += 1
          } else {
            target[place] = source[right]
            right += 1
          }
        }
        start = end
      }
      swap(&source, &target)
      width *= 2
    }
    return reverse ? source.reversed() : source
  }
}
