/// The tests of `is`. Each gives a boolean.
extension Library {
  /// A test without arguments.
  private static func plain(
    _ name: String, _ holds: @escaping @Sendable (Machine, Value) throws(Machine.Raise) -> Bool
  ) -> (String, LibraryFunction) {
    (
      name,
      { (machine, value, passed) throws(Machine.Raise) in
        guard passed.positional.isEmpty, passed.keywords.isEmpty else {
          throw machine.raise("the test '\(name)' takes no argument")
        }
        return .bool(try holds(machine, value))
      }
    )
  }

  /// A test with one argument.
  private static func binary(
    _ name: String, _ argument: StaticString,
    _ holds: @escaping @Sendable (Machine, Value, Value) throws(Machine.Raise) -> Bool
  ) -> (String, LibraryFunction) {
    (
      name,
      { (machine, value, passed) throws(Machine.Raise) in
        let other = try machine.bind(passed, [argument], required: 1, of: "the test '\(name)'")[0]
        return .bool(try holds(machine, value, other))
      }
    )
  }

  static let kindTests: [(String, LibraryFunction)] = [
    plain("defined") { (_, value) throws(Machine.Raise) in !value.isUndefined },
    plain("undefined") { (_, value) throws(Machine.Raise) in value.isUndefined },
    plain("none") { (_, value) throws(Machine.Raise) in value.tag == .none },
    plain("boolean") { (_, value) throws(Machine.Raise) in value.tag == .bool },
    plain("true") { (_, value) throws(Machine.Raise) in value.tag == .bool && value.bool },
    plain("false") { (_, value) throws(Machine.Raise) in value.tag == .bool && !value.bool },
    plain("integer") { (_, value) throws(Machine.Raise) in
      value.tag == .int || value.tag == .big
    },
    plain("float") { (_, value) throws(Machine.Raise) in value.tag == .float },
    plain("number") { (_, value) throws(Machine.Raise) in value.isNumber },
    plain("string") { (_, value) throws(Machine.Raise) in value.isString },
    plain("mapping") { (_, value) throws(Machine.Raise) in value.tag == .dictionary },
    plain("sequence") { (machine, value) throws(Machine.Raise) in machine.isSequence(value) },
    plain("iterable") { (machine, value) throws(Machine.Raise) in machine.isIterable(value) },
    plain("callable") { (machine, value) throws(Machine.Raise) in machine.isCallable(value) },
    plain("escaped") { (_, value) throws(Machine.Raise) in value.isMarkup },
  ]

  static let valueTests: [(String, LibraryFunction)] = [
    plain("odd") { (machine, value) throws(Machine.Raise) in
      try machine.equal(try machine.arithmetic(.remainder, value, .int(2)), .int(1))
    },
    plain("even") { (machine, value) throws(Machine.Raise) in
      try machine.equal(try machine.arithmetic(.remainder, value, .int(2)), .int(0))
    },
    plain("upper") { (machine, value) throws(Machine.Raise) in
      PythonText.isUpper(try machine.scalars(of: try machine.text(value)))
    },
    plain("lower") { (machine, value) throws(Machine.Raise) in
      PythonText.isLower(try machine.scalars(of: try machine.text(value)))
    },
    plain("filter") { (machine, value) throws(Machine.Raise) in
      guard value.isString else {
        _ = try machine.hashed(value)
        return false
      }
      let name = try machine.bytes(of: value)
      return Library.filters.number(name) != nil
        || Library.refusedFilters.contains(String(decoding: name, as: UTF8.self))
    },
    plain("test") { (machine, value) throws(Machine.Raise) in
      guard value.isString else {
        _ = try machine.hashed(value)
        return false
      }
      return Library.tests.number(try machine.bytes(of: value)) != nil
    },
    binary("divisibleby", "num") { (machine, value, other) throws(Machine.Raise) in
      try machine.equal(try machine.arithmetic(.remainder, value, other), .int(0))
    },
    binary("sameas", "other") { (machine, value, other) throws(Machine.Raise) in
      guard value.tag == other.tag else { return false }
      return value.isString || value.tag == .big
        ? try machine.equal(value, other)
        : value.bits == other.bits && value.extra == other.extra
    },
    binary("in", "seq") { (machine, value, other) throws(Machine.Raise) in
      try machine.contains(other, value)
    },
  ]

  private static func compared(_ name: String, _ operation: ComparisonOperator) -> (
    String, LibraryFunction
  ) {
    binary(name, "b") { (machine, value, other) throws(Machine.Raise) in
      try machine.compare(value, operation, other)
    }
  }

  static let comparisonTests: [(String, LibraryFunction)] = [
    compared("eq", .equal), compared("==", .equal), compared("equalto", .equal),
    compared("ne", .notEqual), compared("!=", .notEqual),
    compared("gt", .greater), compared(">", .greater), compared("greaterthan", .greater),
    compared("ge", .greaterOrEqual), compared(">=", .greaterOrEqual),
    compared("lt", .less), compared("<", .less), compared("lessthan", .less),
    compared("le", .lessOrEqual), compared("<=", .lessOrEqual),
  ]
}

extension Machine {
  func isSequence(_ value: Value) -> Bool {
    switch value.tag {
    // Undefined has a length, and its `__getitem__` is found without being called.
    case .string, .list, .tuple, .range, .dictionary, .undefined, .missing: true
    default: false
    }
  }

  func isIterable(_ value: Value) -> Bool {
    switch value.tag {
    case .none, .bool, .int, .big, .float, .namespace, .macro, .builtin, .method, .cycler,
      .joiner, .blocks:
      false
    default: true
    }
  }

  func isCallable(_ value: Value) -> Bool {
    switch value.tag {
    case .macro, .builtin, .method, .joiner, .loop, .undefined, .missing: true
    default: false
    }
  }
}
