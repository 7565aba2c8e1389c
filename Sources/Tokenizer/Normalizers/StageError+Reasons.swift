import Patterns

extension StageError {
  /// See `AlignedText.standsForNothing`.
  static let rewritesNothing = StageError(
    reason:
      "tokenizers fails on this text: a Replace puts characters in at the start of it where its pattern matches nothing, "
      + "and a later stage rewrites them (make the pattern match a character, or use Prepend)")

  static let matchesNothing = StageError(
    reason:
      "tiktoken fails on this text: the pattern matches nothing at a place in it (make it match a character)"
  )

  static let growsTooMuch = StageError(
    reason: "the normalizers make more than 8 times its bytes, and more than 8 MiB, of this text")

  static let stripsTooMuch = StageError(
    reason: "tokenizers fails on this token: the Strip decoder cuts more than there is of it")

  static let changesGivenText = StageError(
    reason:
      "a token changes text that was given before it: these tokens cannot be decoded one by one (decode them together)"
  )
}
