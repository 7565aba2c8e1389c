/// A filter or a test: what it is applied to, and its arguments. Of a method: its object.
typealias LibraryFunction =
  @Sendable (Machine, Value, Machine.Passed) throws(Machine.Raise) -> Value

/// Functions by name; the compiler turns a name into its number.
struct LibraryTable: Sendable {
  let names: [String]
  let functions: [LibraryFunction]
  private let numbers: [[UInt8]: Int32]

  init(_ subjects: [(String, LibraryFunction)]...) {
    let all = subjects.flatMap { $0 }
    names = all.map(\.0)
    functions = all.map(\.1)
    numbers = Dictionary(
      uniqueKeysWithValues: all.enumerated().map { (Array($0.element.0.utf8), Int32($0.offset)) })
  }

  /// The number of a name; nil for unknown ones.
  func number(_ name: [UInt8]) -> Int32? { numbers[name] }
}

/// What templates can call by name: jinja2 3.1 with the methods of Python's types, by subject.
enum Library {
  static let filters = LibraryTable(
    textFilters, caseFilters, markupFilters, linkFilters, layoutFilters, wrapFilters, numberFilters,
    itemFilters, orderFilters, choiceFilters)
  static let tests = LibraryTable(kindTests, valueTests, comparisonTests)
  static let stringMethods = LibraryTable(
    stringCaseMethods, stringTrimMethods, stringSearchMethods, stringSplitMethods,
    stringLayoutMethods, stringFormatMethods, stringKindMethods)

  /// Filters of jinja2 that are refused by name: they are not repeatable.
  static let refusedFilters: Set<String> = ["random"]

  /// Attributes that Python's types have and templates do not get here: named when one is asked for.
  static let refusedAttributes: [String: Set<String>] = [
    "int": ["to_bytes", "from_bytes"], "bool": ["to_bytes", "from_bytes"],
    "float": ["hex", "fromhex"],
    "dict_keys": ["isdisjoint", "mapping"], "dict_values": ["mapping"],
    "dict_items": ["isdisjoint", "mapping"],
    "Cycler": ["items", "pos"], "Joiner": ["sep", "used"],
    "Macro": ["explicit_caller"],
  ]
}
