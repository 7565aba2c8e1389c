import Problems

/// Texts that stages cannot take, and the reference neither.
extension Problem {
  /// See `AlignedText.standsForNothing`.
  static let rewritesNothing = Problem(
    .notEncodable,
    reason:
      "tokenizers fails on this text: a Replace puts characters in at the start of it where its pattern matches nothing, "
      + "and a later stage rewrites them (make the pattern match a character, or use Prepend)")

  static let matchesNothing = Problem(
    .notEncodable,
    reason:
      "tiktoken fails on this text: the pattern matches nothing at a place in it (make it match a character)"
  )

  static let growsTooMuch = Problem(
    .notEncodable,
    reason: "the normalizers make more than 8 times its bytes, and more than 8 MiB, of this text")

  static let stripsTooMuch = Problem(
    .notEncodable,
    reason: "tokenizers fails on this token: the Strip decoder cuts more than there is of it")

  static let changesGivenText = Problem(
    .notEncodable,
    reason:
      "a token changes text that was given before it: these tokens cannot be decoded one by one (decode them together)"
  )
}
