import Problems

extension Problem {
  /// A pattern that cannot be used as the reference uses it. `offset`: the byte of it where the trouble is.
  package init(pattern: String, offset: Int, reason: String) {
    self.init(
      .pattern, reason: "pattern \(pattern), at byte \(offset): \(reason)",
      remedy: "give a pattern that can be kept exactly")
  }

  /// A text on which a pattern needs more steps or memory than the bounds allow.
  package init(pattern: String, tooMuch reason: String) {
    self.init(
      .notEncodable, reason: "pattern \(pattern): \(reason)",
      remedy: "shorten the text, or give a pattern that needs fewer steps")
  }
}
