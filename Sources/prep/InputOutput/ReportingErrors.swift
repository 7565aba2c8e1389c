import ArgumentParser
import Problems

/// Runs `body`; prints why it failed, and exits with the code that says what kind of failure it was. Every command's
/// work runs in it.
func reportingErrors<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let problem as Problem {
    StandardError.line("prep: \(problem.text(for: .command))")
    throw PrepExit.code(of: problem.kind)
  }
}
