/// Methods of `str` that change case, or tell of what kind its characters are.
extension Library {
  private static func cased(_ name: String, _ change: Machine.Case) -> (String, LibraryFunction) {
    textMethod(name) { (machine, text) throws(Machine.Raise) in try machine.changeCase(text, change)
    }
  }

  static let stringCaseMethods: [(String, LibraryFunction)] = [
    cased("upper", .upper), cased("lower", .lower), cased("title", .title),
    cased("capitalize", .capitalize), cased("swapcase", .swap), cased("casefold", .fold),
  ]

  private static func kind(
    _ name: String, _ holds: @escaping @Sendable ([UnicodeScalar]) -> Bool
  ) -> (String, LibraryFunction) {
    textMethod(name) { (machine, text) throws(Machine.Raise) in
      .bool(holds(try machine.scalars(of: text)))
    }
  }

  static let stringKindMethods: [(String, LibraryFunction)] = [
    kind("isalpha") { !$0.isEmpty && $0.allSatisfy(PythonText.isAlphabetic) },
    kind("isalnum") { !$0.isEmpty && $0.allSatisfy(PythonText.isAlphanumeric) },
    kind("isascii") { $0.allSatisfy(\.isASCII) },
    kind("isdecimal") { !$0.isEmpty && $0.allSatisfy { $0.properties.numericType == .decimal } },
    kind("isdigit") {
      !$0.isEmpty
        && $0.allSatisfy {
          $0.properties.numericType == .decimal || $0.properties.numericType == .digit
        }
    },
    kind("isnumeric") { !$0.isEmpty && $0.allSatisfy { $0.properties.numericType != nil } },
    kind("isspace") { !$0.isEmpty && $0.allSatisfy { PythonText.isSpace($0.value) } },
    kind("isprintable") { $0.allSatisfy(PythonText.isPrintable) },
    kind("islower") { PythonText.isLower($0) },
    kind("isupper") { PythonText.isUpper($0) },
    kind("istitle") { PythonText.isTitle($0) },
    kind("isidentifier") { PythonText.isIdentifier($0) },
  ]
}
