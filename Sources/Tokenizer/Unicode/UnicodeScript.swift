import CUnicode

/// Script classes of the `UnicodeScripts` pre-tokenizer: Han, Hiragana and Katakana are one.
enum UnicodeScript {
  /// The class of spaces and of scalars without a script, which are never cut off.
  static let any: UInt8 = 0

  static func splitting(_ scalar: UInt32) -> UInt8 { prep_split_script(scalar) }
}
