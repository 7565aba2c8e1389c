import ArgumentParser
import Files
import Problems

/// Runs the command line. A wrong one is answered with what was probably meant.
@main
enum Main {
  static func main() {
    FileSystem.openStandardDescriptors()
    Signals.reportLargeFiles()
    var arguments = Array(CommandLine.arguments.dropFirst())
    do {
      arguments = try reportingErrors { try Recipe.expanded(arguments) }
      var command = try Prep.parseAsRoot(arguments)
      try command.run()
    } catch {
      // Help is no error, and may have been asked for by mistake.
      if let hint = WrongCommand.hint(for: error, arguments: arguments) {
        StandardError.line("Error: \(hint)\n\(WrongCommand.usage)")
        Prep.exit(withError: PrepExit.usage)
      }
      Prep.exit(withError: error)
    }
  }
}
