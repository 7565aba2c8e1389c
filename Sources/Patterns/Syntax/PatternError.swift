/// Why a pattern cannot be used as the reference uses it.
package struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The pattern's text as the file has it.
  package let pattern: String
  /// Byte offset in the pattern where the trouble is.
  package let offset: Int
  package let reason: String

  package init(pattern: String, offset: Int, reason: String) {
    self.pattern = pattern
    self.offset = offset
    self.reason = reason
  }

  package var description: String {
    "pattern \(pattern), at byte \(offset): \(reason)"
  }
}

/// A text that the stages cannot take: a pattern needs more steps or memory on it than the bounds allow, or the
/// reference itself fails on it.
package struct StageError: Error, Sendable, Equatable, CustomStringConvertible {
  package let reason: String

  package init(reason: String) { self.reason = reason }

  package var description: String { reason }
}
