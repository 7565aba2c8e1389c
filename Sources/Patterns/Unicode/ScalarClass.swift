import CUnicode

/// Classes of a Unicode scalar as `tokenizers` 0.23.3 sees them: one bit a general category of Unicode 16,
/// and one bit for each predicate of the libraries it joins (see `Scripts/generate_unicode.py`).
@usableFromInline
package struct ScalarClass: OptionSet, Sendable, Hashable {
  @usableFromInline package let rawValue: UInt64

  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Classes of a scalar value; O(1), three loads. A surrogate or a number beyond U+10FFFF is `.surrogate`.
  @inlinable @inline(__always)
  package init(_ scalar: UInt32) { rawValue = prep_scalar_classes(scalar) }

  /// Whether any of `classes` holds: `ScalarClass(c).isAny(of: .letter)`.
  @inlinable @inline(__always)
  package func isAny(of classes: ScalarClass) -> Bool { rawValue & classes.rawValue != 0 }

  @inlinable package init(bit: Int) { rawValue = 1 << UInt64(bit) }
}

// The order is that of CATEGORIES and FLAGS in the generator.
extension ScalarClass {
  @inlinable package static var uppercaseLetter: ScalarClass { ScalarClass(bit: 0) }
  @inlinable package static var lowercaseLetter: ScalarClass { ScalarClass(bit: 1) }
  @inlinable package static var titlecaseLetter: ScalarClass { ScalarClass(bit: 2) }
  @inlinable package static var modifierLetter: ScalarClass { ScalarClass(bit: 3) }
  @inlinable package static var otherLetter: ScalarClass { ScalarClass(bit: 4) }
  @inlinable package static var nonspacing: ScalarClass { ScalarClass(bit: 5) }
  @inlinable package static var spacingMark: ScalarClass { ScalarClass(bit: 6) }
  @inlinable package static var enclosingMark: ScalarClass { ScalarClass(bit: 7) }
  @inlinable package static var decimalNumber: ScalarClass { ScalarClass(bit: 8) }
  @inlinable package static var letterNumber: ScalarClass { ScalarClass(bit: 9) }
  @inlinable package static var otherNumber: ScalarClass { ScalarClass(bit: 10) }
  @inlinable package static var connectorPunctuation: ScalarClass { ScalarClass(bit: 11) }
  @inlinable package static var dashPunctuation: ScalarClass { ScalarClass(bit: 12) }
  @inlinable package static var openPunctuation: ScalarClass { ScalarClass(bit: 13) }
  @inlinable package static var closePunctuation: ScalarClass { ScalarClass(bit: 14) }
  @inlinable package static var initialPunctuation: ScalarClass { ScalarClass(bit: 15) }
  @inlinable package static var finalPunctuation: ScalarClass { ScalarClass(bit: 16) }
  @inlinable package static var otherPunctuation: ScalarClass { ScalarClass(bit: 17) }
  @inlinable package static var mathSymbol: ScalarClass { ScalarClass(bit: 18) }
  @inlinable package static var currencySymbol: ScalarClass { ScalarClass(bit: 19) }
  @inlinable package static var modifierSymbol: ScalarClass { ScalarClass(bit: 20) }
  @inlinable package static var otherSymbol: ScalarClass { ScalarClass(bit: 21) }
  @inlinable package static var spaceSeparator: ScalarClass { ScalarClass(bit: 22) }
  @inlinable package static var lineSeparator: ScalarClass { ScalarClass(bit: 23) }
  @inlinable package static var paragraphSeparator: ScalarClass { ScalarClass(bit: 24) }
  @inlinable package static var control: ScalarClass { ScalarClass(bit: 25) }
  @inlinable package static var format: ScalarClass { ScalarClass(bit: 26) }
  @inlinable package static var surrogate: ScalarClass { ScalarClass(bit: 27) }
  @inlinable package static var privateUse: ScalarClass { ScalarClass(bit: 28) }
  @inlinable package static var unassigned: ScalarClass { ScalarClass(bit: 29) }

  /// `\s` of a pattern, `char::is_whitespace` of Rust: 25 scalars.
  @inlinable package static var whitespace: ScalarClass { ScalarClass(bit: 30) }
  /// `\p{Han}`.
  @inlinable package static var han: ScalarClass { ScalarClass(bit: 31) }
  /// `\w` of Rust's `regex`: `single_word` added tokens and the `Whitespace` pre-tokenizer.
  @inlinable package static var word: ScalarClass { ScalarClass(bit: 32) }
  /// `\w` of a pattern (Oniguruma).
  @inlinable package static var patternWord: ScalarClass { ScalarClass(bit: 33) }
  /// `char::is_numeric` of Rust: the `Digits` pre-tokenizer. 13 more than `\p{N}`.
  @inlinable package static var numeric: ScalarClass { ScalarClass(bit: 34) }
  /// The `Punctuation` and `BertPreTokenizer` pre-tokenizers: ASCII punctuation, and `\p{P}` of an older Unicode.
  @inlinable package static var splitPunctuation: ScalarClass { ScalarClass(bit: 35) }
  /// What `clean_text` of `BertNormalizer` removes.
  @inlinable package static var bertRemoved: ScalarClass { ScalarClass(bit: 36) }
  /// What `StripAccents` removes: marks of Unicode 9.
  @inlinable package static var combiningMark: ScalarClass { ScalarClass(bit: 37) }
  /// What `strip_accents` of `BertNormalizer` removes after NFD.
  @inlinable package static var bertAccent: ScalarClass { ScalarClass(bit: 38) }

  @inlinable package static var casedLetter: ScalarClass {
    [
      .uppercaseLetter, .lowercaseLetter, .titlecaseLetter,
    ]
  }
  /// `\p{L}`: 141,028 scalars.
  @inlinable package static var letter: ScalarClass {
    [.casedLetter, .modifierLetter, .otherLetter]
  }
  /// `\p{M}`: 2,501 scalars.
  @inlinable package static var mark: ScalarClass {
    [.nonspacing, .spacingMark, .enclosingMark]
  }
  /// `\p{N}`: 1,911 scalars.
  @inlinable package static var number: ScalarClass {
    [.decimalNumber, .letterNumber, .otherNumber]
  }
  /// `\p{P}`: 855 scalars.
  @inlinable package static var punctuation: ScalarClass {
    [
      .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation,
    ]
  }
  /// `\p{S}`: 8,514 scalars.
  @inlinable package static var symbol: ScalarClass {
    [
      .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol,
    ]
  }
  /// `\p{Z}`.
  @inlinable package static var separator: ScalarClass {
    [
      .spaceSeparator, .lineSeparator, .paragraphSeparator,
    ]
  }
  /// `\p{C}`.
  @inlinable package static var other: ScalarClass {
    [
      .control, .format, .surrogate, .privateUse, .unassigned,
    ]
  }

  /// Whether `BertNormalizer` sets the scalar between spaces (`handle_chinese_chars`).
  @inlinable
  package static func isBertIdeograph(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
