import CUnicode

/// Classes of a Unicode scalar as `tokenizers` 0.23.3 sees them: one bit a general category of Unicode 16,
/// and one bit for each predicate of the libraries it joins (see `Scripts/generate_unicode.py`).
public struct ScalarClass: OptionSet, Sendable, Hashable {
  public let rawValue: UInt64

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Classes of a scalar value; O(1), three loads. A surrogate or a number beyond U+10FFFF is `.surrogate`.
  @inlinable @inline(__always)
  public init(_ scalar: UInt32) { rawValue = prep_scalar_classes(scalar) }

  /// Whether any of `classes` holds: `ScalarClass(c).isAny(of: .letter)`.
  @inlinable @inline(__always)
  public func isAny(of classes: ScalarClass) -> Bool { rawValue & classes.rawValue != 0 }

  @inlinable init(bit: Int) { rawValue = 1 << UInt64(bit) }
}

// The order is that of CATEGORIES and FLAGS in the generator.
extension ScalarClass {
  public static let uppercaseLetter = ScalarClass(bit: 0)
  public static let lowercaseLetter = ScalarClass(bit: 1)
  public static let titlecaseLetter = ScalarClass(bit: 2)
  public static let modifierLetter = ScalarClass(bit: 3)
  public static let otherLetter = ScalarClass(bit: 4)
  public static let nonspacing = ScalarClass(bit: 5)
  public static let spacingMark = ScalarClass(bit: 6)
  public static let enclosingMark = ScalarClass(bit: 7)
  public static let decimalNumber = ScalarClass(bit: 8)
  public static let letterNumber = ScalarClass(bit: 9)
  public static let otherNumber = ScalarClass(bit: 10)
  public static let connectorPunctuation = ScalarClass(bit: 11)
  public static let dashPunctuation = ScalarClass(bit: 12)
  public static let openPunctuation = ScalarClass(bit: 13)
  public static let closePunctuation = ScalarClass(bit: 14)
  public static let initialPunctuation = ScalarClass(bit: 15)
  public static let finalPunctuation = ScalarClass(bit: 16)
  public static let otherPunctuation = ScalarClass(bit: 17)
  public static let mathSymbol = ScalarClass(bit: 18)
  public static let currencySymbol = ScalarClass(bit: 19)
  public static let modifierSymbol = ScalarClass(bit: 20)
  public static let otherSymbol = ScalarClass(bit: 21)
  public static let spaceSeparator = ScalarClass(bit: 22)
  public static let lineSeparator = ScalarClass(bit: 23)
  public static let paragraphSeparator = ScalarClass(bit: 24)
  public static let control = ScalarClass(bit: 25)
  public static let format = ScalarClass(bit: 26)
  public static let surrogate = ScalarClass(bit: 27)
  public static let privateUse = ScalarClass(bit: 28)
  public static let unassigned = ScalarClass(bit: 29)

  /// `\s` of a pattern, `char::is_whitespace` of Rust: 25 scalars.
  public static let whitespace = ScalarClass(bit: 30)
  /// `\p{Han}`.
  public static let han = ScalarClass(bit: 31)
  /// `\w` of Rust's `regex`: `single_word` added tokens and the `Whitespace` pre-tokenizer.
  public static let word = ScalarClass(bit: 32)
  /// `\w` of a pattern (Oniguruma).
  public static let patternWord = ScalarClass(bit: 33)
  /// `char::is_numeric` of Rust: the `Digits` pre-tokenizer. 13 more than `\p{N}`.
  public static let numeric = ScalarClass(bit: 34)
  /// The `Punctuation` and `BertPreTokenizer` pre-tokenizers: ASCII punctuation, and `\p{P}` of an older Unicode.
  public static let splitPunctuation = ScalarClass(bit: 35)
  /// What `clean_text` of `BertNormalizer` removes.
  public static let bertRemoved = ScalarClass(bit: 36)
  /// What `StripAccents` removes: marks of Unicode 9.
  public static let combiningMark = ScalarClass(bit: 37)
  /// What `strip_accents` of `BertNormalizer` removes after NFD.
  public static let bertAccent = ScalarClass(bit: 38)

  public static let casedLetter: ScalarClass = [
    .uppercaseLetter, .lowercaseLetter, .titlecaseLetter,
  ]
  /// `\p{L}`: 141,028 scalars.
  public static let letter: ScalarClass = [.casedLetter, .modifierLetter, .otherLetter]
  /// `\p{M}`: 2,501 scalars.
  public static let mark: ScalarClass = [.nonspacing, .spacingMark, .enclosingMark]
  /// `\p{N}`: 1,911 scalars.
  public static let number: ScalarClass = [.decimalNumber, .letterNumber, .otherNumber]
  /// `\p{P}`: 855 scalars.
  public static let punctuation: ScalarClass = [
    .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
    .initialPunctuation, .finalPunctuation, .otherPunctuation,
  ]
  /// `\p{S}`: 8,514 scalars.
  public static let symbol: ScalarClass = [
    .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol,
  ]
  /// `\p{Z}`.
  public static let separator: ScalarClass = [
    .spaceSeparator, .lineSeparator, .paragraphSeparator,
  ]
  /// `\p{C}`.
  public static let other: ScalarClass = [
    .control, .format, .surrogate, .privateUse, .unassigned,
  ]

  /// Whether `BertNormalizer` sets the scalar between spaces (`handle_chinese_chars`).
  @inlinable
  public static func isBertIdeograph(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
