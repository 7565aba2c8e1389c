import ArgumentParser
import Problems

/// What was probably meant by a command line that cannot be read.
enum WrongCommand {
  /// How the command that was named is used, and what prints all of its help.
  static var usage: String {
    let name = CommandLine.arguments.dropFirst().first
    let command = Prep.configuration.subcommands.first { $0.configuration.commandName == name }
    let help = command == nil ? "prep help" : "prep help \(name ?? "")"
    return "Usage: \(Prep.usageString(for: command ?? Prep.self))\n"
      + "  See '\(help)' for more information."
  }

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
    let commands = Prep.configuration.subcommands.compactMap { $0.configuration.commandName }
    if arguments.first == "help", let name = arguments.dropFirst().first, !commands.contains(name),
      name != "help", !name.hasPrefix("-")
    {
      return unknownCommand(name, commands)
    }
    if let hint = oneHyphen(arguments) { return hint }
    guard Prep.exitCode(for: error) == PrepExit.usage else { return nil }
    if let first = arguments.first, !first.hasPrefix("-"), !commands.contains(first),
      first != "help"
    {
      return unknownCommand(first, commands)
    }
    let message = Prep.message(for: error)
    for argument in arguments.dropFirst() where argument.hasPrefix("-") {
      let written = argument.prefix { $0 != "=" }
      guard message.contains("Unknown option '\(written)'") else { continue }
      let name = String(written.drop { $0 == "-" })
      guard let meant = OtherNames.option(name) else { continue }
      return "Unknown option '\(written)'"
        + (meant.hasPrefix("--") ? ". Did you mean \(meant)?" : ": \(meant)")
    }
    return WrongValue.hint(message: message, arguments: arguments)
  }

  /// `-context-length`: taken as single letters, one of which may be the `-h` of help.
  private static func oneHyphen(_ arguments: [String]) -> String? {
    guard
      let command = Prep.configuration.subcommands.first(where: {
        $0.configuration.commandName == arguments.first
      })
    else { return nil }
    let help = Prep.helpMessage(for: command)
    for argument in arguments.dropFirst() where argument.hasPrefix("-") && !argument.hasPrefix("--")
    {
      let name = argument.dropFirst().prefix { $0 != "=" }.replacing("_", with: "-")
      guard name.count > 2 else { continue }
      if help.contains("--\(name) ") || help.contains("--\(name)\n") {
        return "\(argument): options have two hyphens: --\(name)"
      }
      if let meant = OtherNames.option(String(name)) {
        return "Unknown option '\(argument)'. Did you mean \(meant)?"
      }
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
