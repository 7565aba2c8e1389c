/// Methods of Python's `str`, with those of MarkupSafe's `Markup` where it differs. The files beside this one have them by
/// subject.
extension Library {
  /// A method that takes nothing.
  static func textMethod(
    _ name: String, _ body: @escaping @Sendable (Machine, Value) throws(Machine.Raise) -> Value
  ) -> (String, LibraryFunction) {
    (
      name,
      { (machine, text, passed) throws(Machine.Raise) in
        _ = try machine.positional(passed, 0, 0, of: name)
        return try body(machine, text)
      }
    )
  }

  /// A method whose arguments have no names: from `least` to `most` of them.
  static func textMethod(
    _ name: String, _ least: Int, _ most: Int,
    _ body: @escaping @Sendable (Machine, Value, [Value]) throws(Machine.Raise) -> Value
  ) -> (String, LibraryFunction) {
    (
      name,
      { (machine, text, passed) throws(Machine.Raise) in
        try body(machine, text, try machine.positional(passed, least, most, of: name))
      }
    )
  }
}
