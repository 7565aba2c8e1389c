import ShardWriter

/// Runs `body`; an error of shards, manifest or export is printed, and ends the command with the code
/// for damage and failed work, or for what cannot be used.
func reportingShardErrors<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as ShardError {
    StandardError.line("prep: \(error)")
    throw error.kind == .unusable ? PrepExit.unusable : PrepExit.failure
  }
}
