import ArgumentParser
import Problems

/// Runs the command line. A wrong one is answered with what was probably meant.
@main
enum Main {
  static func main() {
    Signals.reportLargeFiles()
    do {
      var command = try Prep.parseAsRoot()
      try command.run()
    } catch {
      // Help is no error, and may have been asked for by mistake.
      if let hint = WrongCommand.hint(
        for: error, arguments: Array(CommandLine.arguments.dropFirst()))
      {
        StandardError.line("Error: \(hint)\n\(WrongCommand.usage)")
        Prep.exit(withError: PrepExit.usage)
      }
      Prep.exit(withError: error)
    }
  }
}
