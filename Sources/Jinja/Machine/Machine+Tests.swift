/// The tests of `is`.
extension Machine {
  func holds(_ test: TestName, _ value: Value, _ passed: Passed) throws(Raise) -> Bool {
    func operand(_ name: StaticString) throws(Raise) -> Value {
      try bind(passed, [name], required: 1, of: "the test '\(test)'")[0]
    }
    switch test {
    case .eq: return equal(value, try operand("b"))
    case .ne: return !equal(value, try operand("b"))
    case .gt: return try compare(value, .greater, try operand("b"))
    case .ge: return try compare(value, .greaterOrEqual, try operand("b"))
    case .lt: return try compare(value, .less, try operand("b"))
    case .le: return try compare(value, .lessOrEqual, try operand("b"))
    case .in: return try contains(try operand("seq"), value)
    case .divisibleby:
      return equal(try arithmetic(.remainder, value, try operand("num")), .int(0))
    case .sameas:
      let other = try operand("other")
      if value.tag != other.tag { return false }
      return value.isString ? heap.isEqual(value, other) : value.bits == other.bits
    default: break
    }
    guard passed.positional.isEmpty, passed.keywords.isEmpty else {
      throw raise("the test '\(test)' takes no argument")
    }
    switch test {
    case .defined: return !value.isUndefined
    case .undefined: return value.isUndefined
    case .none: return value.tag == .none
    case .boolean: return value.tag == .bool
    case .true: return value.tag == .bool && value.bool
    case .false: return value.tag == .bool && !value.bool
    case .integer: return value.tag == .int || value.tag == .unsigned
    case .float: return value.tag == .float
    case .number: return value.isNumber
    case .string: return value.isString
    case .mapping: return value.tag == .dictionary
    case .sequence:
      switch value.tag {
      case .string, .list, .tuple, .range, .dictionary, .undefined, .missing:
        // Undefined has a length, and its `__getitem__` is found without being called.
        return true
      default: return false
      }
    case .iterable:
      switch value.tag {
      case .none, .bool, .int, .unsigned, .float, .namespace, .macro, .builtin, .method, .cycler,
        .joiner:
        return false
      default: return true
      }
    case .callable:
      switch value.tag {
      case .macro, .builtin, .method, .joiner, .loop, .undefined, .missing: return true
      default: return false
      }
    case .odd, .even:
      let rest = try arithmetic(.remainder, value, .int(2))
      return equal(rest, .int(test == .odd ? 1 : 0))
    case .upper, .lower:
      return holds(
        test == .upper ? StringMethod.isupper : .islower, heap.bytes(of: try text(value)))
    case .escaped: return value.isMarkup
    case .filter, .test:
      guard value.isString else {
        try checkHashable(value)
        return false
      }
      let name = heap.bytes(of: value)
      if test == .test { return TestName.byName[name] != nil }
      return FilterName.byName[name] != nil
        || FilterName.refused.contains(String(decoding: name, as: UTF8.self))
    default: return false
    }
  }
}
