/// What kinds of characters a text has, as the `is…` methods of Python's `str` say.
extension PythonText {
  /// `str.isprintable` of one character.
  static func isPrintable(_ scalar: UnicodeScalar) -> Bool {
    if scalar == " " { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  static func isAlphabetic(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  static func isAlphanumeric(_ scalar: UnicodeScalar) -> Bool {
    isAlphabetic(scalar) || scalar.properties.numericType != nil
  }

  private static func isTitlecase(_ scalar: UnicodeScalar) -> Bool {
    scalar.properties.generalCategory == .titlecaseLetter
  }

  static func isLower(_ scalars: [UnicodeScalar]) -> Bool {
    scalars.contains { $0.properties.isLowercase }
      && !scalars.contains { $0.properties.isUppercase || isTitlecase($0) }
  }

  static func isUpper(_ scalars: [UnicodeScalar]) -> Bool {
    scalars.contains { $0.properties.isUppercase }
      && !scalars.contains { $0.properties.isLowercase || isTitlecase($0) }
  }

  static func isTitle(_ scalars: [UnicodeScalar]) -> Bool {
    var afterCased = false
    var hasCased = false
    for scalar in scalars {
      if scalar.properties.isUppercase || isTitlecase(scalar) {
        if afterCased { return false }
        (afterCased, hasCased) = (true, true)
      } else if scalar.properties.isLowercase {
        if !afterCased { return false }
        (afterCased, hasCased) = (true, true)
      } else {
        afterCased = false
      }
    }
    return hasCased
  }

  static func isIdentifier(_ scalars: [UnicodeScalar]) -> Bool {
    guard let first = scalars.first, first == "_" || first.properties.isXIDStart else {
      return false
    }
    return scalars.dropFirst().allSatisfy { $0.properties.isXIDContinue }
  }

  /// The value of a decimal digit of any script.
  static func decimalDigit(_ scalar: UnicodeScalar) -> UInt8? {
    guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue
    else { return nil }
    return UInt8(exactly: value)
  }

  /// `str.casefold` of one character: the lower case of its upper case, but for Cherokee, which folds to its
  /// capitals.
  static func folded(_ scalar: UnicodeScalar) -> String {
    switch scalar.value {
    case 0x13A0...0x13F5: return String(scalar)
    case 0x13F8...0x13FD, 0xAB70...0xABBF: return scalar.properties.uppercaseMapping
    case 0x131: return String(scalar)
    case 0x1E9E: return "ss"
    default:
      return scalar.properties.uppercaseMapping.unicodeScalars.map(\.properties.lowercaseMapping)
        .joined()
    }
  }
}
