import ArgumentParser
import Problems

/// What the command's exit codes mean; the same for every command, and stable.
enum PrepExit {
  /// All was done.
  static let success = ExitCode(0)
  /// The work failed: rejects above their limit, damage found by `verify`, errors found by `doctor` and `audit`, differences found by
  /// `diff`, a trainer with nothing to learn.
  static let failure = ExitCode(1)
  /// An input, tokenizer, template or output that cannot be used; no data set was written.
  static let unusable = ExitCode(2)
  /// `doctor` or `audit` found warnings, and no error.
  static let warnings = ExitCode(3)
  /// The command line itself is wrong (ArgumentParser's own code).
  static let usage = ExitCode(64)

  /// The code of what went wrong: failed work and damage, or what cannot be used.
  static func code(of kind: Problem.Kind) -> ExitCode {
    switch kind {
    case .damaged, .tooManyRejects: failure
    default: kind.isOfRecord ? failure : unusable
    }
  }
}
