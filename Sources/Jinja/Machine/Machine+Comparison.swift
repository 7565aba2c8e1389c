/// Equality, order and membership.
extension Machine {
  func equal(_ left: Value, _ right: Value, depth: Int = 0) -> Bool {
    if left.isString || right.isString {
      return left.isString && right.isString && heap.isEqual(left, right)
    }
    if left.isNumber, right.isNumber { return order(left, right) == 0 }
    // The same object is equal to itself, as in Python, however large it is.
    if left.tag == right.tag, left.bits == right.bits { return true }
    // Past the bound the next step ends the render.
    registers.steps += 1
    guard depth < 1000, registers.steps <= Self.maximumSteps else { return false }
    switch (left.tag, right.tag) {
    case (.none, .none): return true
    case (.undefined, .undefined), (.undefined, .missing), (.missing, .undefined),
      (.missing, .missing):
      return true
    case (.list, .list), (.tuple, .tuple), (.range, .range):
      guard left.count == right.count else { return false }
      for index in 0..<left.count {
        let (a, b) = (heap.items[left.start + index], heap.items[right.start + index])
        guard equal(a, b, depth: depth + 1) else { return false }
      }
      return true
    case (.dictionary, .dictionary):
      guard left.count == right.count else { return false }
      for index in left.range {
        let entry = heap.entries[index]
        guard let other = try? member(right, entry.key),
          equal(entry.value, heap.entries[other].value, depth: depth + 1)
        else { return false }
      }
      return true
    default: return left.tag == right.tag && left.bits == right.bits
    }
  }

  /// -1, 0, 1 for two numbers; nil where one is not a number (NaN).
  private func order(_ left: Value, _ right: Value) -> Int? {
    func sign(_ isLess: Bool, _ isEqual: Bool) -> Int { isLess ? -1 : isEqual ? 0 : 1 }
    switch (left.tag == .float, right.tag == .float) {
    case (false, false):
      switch (left.tag == .unsigned, right.tag == .unsigned) {
      case (false, false): return sign(left.int < right.int, left.int == right.int)
      case (true, true): return sign(left.bits < right.bits, left.bits == right.bits)
      case (true, false): return 1
      case (false, true): return -1
      }
    case (true, true):
      let (a, b) = (left.float, right.float)
      return a.isNaN || b.isNaN ? nil : sign(a < b, a == b)
    case (true, false): return order(right, left).map { -$0 }
    case (false, true):
      let b = right.float
      if b.isNaN { return nil }
      if left.tag == .unsigned {
        let a = Double(left.bits)
        return sign(a < b, a == b)
      }
      if b >= 9.223372036854775807e18 { return -1 }
      if b < -9.223372036854775808e18 { return 1 }
      let whole = b.rounded(.towardZero)
      let a = left.int
      let floor = Int(whole)
      if a != floor { return sign(a < floor, false) }
      return sign(whole < b, whole == b)
    }
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
    case .equal: return equal(left, right)
    case .notEqual: return !equal(left, right)
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
      let order = heap.isEqual(left, right) ? 0 : heap.isLess(left, right) ? -1 : 1
      return holds(order, operation)
    }
    if left.tag == right.tag, left.tag == .list || left.tag == .tuple {
      for index in 0..<min(left.count, right.count) {
        let (a, b) = (heap.items[left.start + index], heap.items[right.start + index])
        if !equal(a, b) {
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

  func contains(_ container: Value, _ value: Value) throws(Raise) -> Bool {
    switch container.tag {
    case .string:
      guard value.isString else {
        throw raise("'in <string>' requires string as left operand, not \(typeName(value))")
      }
      return find(value, in: container, from: 0) != nil
    case .dictionary, .keysView: return try member(container, value) != nil
    case .undefined, .missing: return false
    case .list, .tuple, .range, .iterator, .itemsView, .valuesView, .loop:
      for index in try iterate(container) where equal(heap.items[index], value) { return true }
      return false
    default: throw raise("argument of type '\(typeName(container))' is not iterable")
    }
  }

  /// Sorts as Python's `sorted` does: stable, with the errors of `<`.
  func sorted<Element>(
    _ elements: [Element], reverse: Bool = false, by key: (Element) -> Value
  ) throws(Raise) -> [Element] {
    // A merge sort, for a comparison may fail.
    var source = reverse ? elements.reversed() : elements
    var target = source
    var width = 1
    while width < source.count {
      var start = 0
      while start < source.count {
        let middle = min(start + width, source.count)
        let end = min(start + 2 * width, source.count)
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
