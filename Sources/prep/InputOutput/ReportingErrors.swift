import ArgumentParser
import InstructionFormat
import Jinja
import Pipeline
import ShardWriter
import Tokenizer

/// Runs `body`; prints why it failed as one line, and exits with the code that says what kind of failure
/// it was. Every command's work runs in it.
func reportingErrors<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as RunError {
    StandardError.line("prep: \(error)")
    switch error {
    case .record, .tooManyRejects: throw PrepExit.failure
    case .output(let error): throw code(of: error)
    default: throw PrepExit.unusable
    }
  } catch let error as ShardError {
    StandardError.line("prep: \(error)")
    throw code(of: error)
  } catch let error as any Error & CustomStringConvertible
    where error is InputError || error is TokenizerError || error is TemplateError
  {
    StandardError.line("prep: \(error)")
    throw PrepExit.unusable
  }
}

/// Damage and failed work, or what cannot be used.
private func code(of error: ShardError) -> ExitCode {
  error.kind == .unusable ? PrepExit.unusable : PrepExit.failure
}
