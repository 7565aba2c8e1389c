import ArgumentParser
import Problems

/// What was probably meant by a command line that cannot be read.
enum WrongCommand {
  /// The hint for a command line, where it is a wrong one.
  static func hint(arguments: [String]) -> String? {
    do {
      _ = try Prep.parseAsRoot(arguments)
      return nil
    } catch {
      return hint(for: error, arguments: arguments)
    }
  }

  /// nil where the error is no wrong name, or none is near.
  static func hint(for error: any Error, arguments: [String]) -> String? {
    guard Prep.exitCode(for: error) == PrepExit.usage else { return nil }
    let commands = Prep.configuration.subcommands.compactMap { $0.configuration.commandName }
    if let first = arguments.first, !first.hasPrefix("-"), !commands.contains(first),
      first != "help"
    {
      return unknownCommand(first, commands)
    }
    for argument in arguments.dropFirst() where argument.hasPrefix("-") {
      let name = argument.drop { $0 == "-" }.prefix { $0 != "=" }
      guard let meant = OtherNames.option(String(name)),
        Prep.message(for: error).contains("Unknown option '\(argument.prefix { $0 != "=" })'")
      else { continue }
      return "Unknown option '\(argument.prefix { $0 != "=" })'. Did you mean \(meant)?"
    }
    return nil
  }

  private static func unknownCommand(_ name: String, _ commands: [String]) -> String {
    if let meant = OtherNames.command(name) ?? NearName.of(name, among: commands) {
      return
        "there is no command '\(VisibleText.escaped(name, limit: 100))'. Did you mean prep \(meant)?"
    }
    let looksLikePath = name.contains("/") || name.contains(".")
    return "there is no command '\(VisibleText.escaped(name, limit: 100))'"
      + (looksLikePath
        ? ". To encode a file: prep run \(VisibleText.escaped(name, limit: 200)) --output DIR"
        : ": the commands are \(commands.joined(separator: ", ")) (see prep help)")
  }
}
