import Tokenizer

/// Runs `body`; an error of ours is printed and ends the command with the code for unusable input.
func unusable<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as TokenizerError {
    StandardError.line("prep: \(error)")
  } catch let error as InputError {
    StandardError.line("prep: \(error)")
  }
  throw PrepExit.unusable
}
