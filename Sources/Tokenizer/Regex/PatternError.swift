/// Why a pattern cannot be used as the reference uses it.
public struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The pattern's text as the file has it.
  public let pattern: String
  /// Byte offset in the pattern where the trouble is.
  public let offset: Int
  public let reason: String

  public init(pattern: String, offset: Int, reason: String) {
    self.pattern = pattern
    self.offset = offset
    self.reason = reason
  }

  public var description: String {
    "pattern \(pattern), at byte \(offset): \(reason)"
  }
}

/// A text that the stages cannot take: a pattern needs more steps or memory on it than the bounds allow, or the
/// reference itself fails on it.
public struct StageError: Error, Sendable, Equatable, CustomStringConvertible {
  public let reason: String

  public init(reason: String) { self.reason = reason }

  public var description: String { reason }

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
