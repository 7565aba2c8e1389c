import ArgumentParser
import Pipeline
import ShardWriter
import Tokenizer

/// Runs `body`; prints why it failed, and exits with the code that says what kind of failure it was.
func reportingRunErrors<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as RunError {
    StandardError.line("prep: \(error)")
    switch error {
    case .record, .tooManyRejects: throw PrepExit.failure
    case .output(let error) where error.kind != .unusable: throw PrepExit.failure
    default: throw PrepExit.unusable
    }
  } catch let error as Pipeline.InputError {
    StandardError.line("prep: \(error)")
    throw PrepExit.unusable
  } catch let error as TokenizerError {
    StandardError.line("prep: \(error)")
    throw PrepExit.unusable
  } catch let error as ShardError {
    StandardError.line("prep: \(error)")
    throw error.kind == .unusable ? PrepExit.unusable : PrepExit.failure
  }
}
