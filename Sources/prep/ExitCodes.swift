import ArgumentParser

/// What the command's exit codes mean; the same for every command, and stable.
enum PrepExit {
  /// All was done.
  static let success = ExitCode(0)
  /// The work failed: rejects above their limit, damage found by `verify`, a trainer with nothing to learn.
  static let failure = ExitCode(1)
  /// An input, tokenizer, template or output that cannot be used; nothing was published.
  static let unusable = ExitCode(2)
  /// The command line itself is wrong (ArgumentParser's own code).
  static let usage = ExitCode(64)
}
