import ArgumentParser
import JSONText
import Problems

/// Runs `body`; prints why it failed, and exits with the code that says what kind of failure it was. Every command's
/// work runs in it.
///
/// `json`: whether the command reports in JSON; then `{"error": …}` goes to standard output too, for programs.
func reportingErrors<Result>(json: Bool = false, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let problem as Problem {
    if json { try? printError(problem) }
    throw exit(for: problem)
  } catch let reported as ReportedProblem {
    throw exit(for: reported.problem)
  }
}

/// A problem that standard output has already, beside more that is known.
struct ReportedProblem: Error {
  let problem: Problem
}

private func exit(for problem: Problem) -> ExitCode {
  StandardError.line(Paint.error("prep:", .bad) + " \(problem.text(for: .command))")
  return PrepExit.code(of: problem.kind)
}

private func printError(_ problem: Problem) throws {
  var writer = JSONWriter()
  writer.beginObject()
  writer.key("error")
  problem.write(to: &writer, surface: .command)
  writer.endObject()
  writer.newline()
  var out = StandardOutput()
  try out.write(writer.bytes)
  try out.flush()
}
