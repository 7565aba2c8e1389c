import ArgumentParser
import Problems

/// What was probably meant by a command line that cannot be read.
enum WrongCommand {
  /// Options under the names that other tools have for them.
  private static let otherNames: [String: String] = [
    "max-length": "--context-length", "max-len": "--context-length",
    "max-seq-length": "--context-length", "max-seq-len": "--context-length",
    "max-sequence-length": "--context-length", "seq-len": "--context-length",
    "seq-length": "--context-length", "sequence-length": "--context-length",
    "sequence-len": "--context-length", "model-max-length": "--context-length",
    "cutoff-len": "--context-length", "max-tokens": "--context-length",
    "context-len": "--context-length", "context-size": "--context-length",
    "max-prompt-length": "--prompt-length", "max-completion-length": "--response-length",
    "model": "--tokenizer", "model-name": "--tokenizer", "model-name-or-path": "--tokenizer",
    "tokenizer-name": "--tokenizer", "tokenizer-path": "--tokenizer", "base-model": "--tokenizer",
    "chat-template": "--template", "prompt-template": "--template", "template-path": "--template",
    "out": "--output", "output-dir": "--output", "output-folder": "--output",
    "output-path": "--output", "out-dir": "--output", "save-path": "--output",
    "num-proc": "--threads", "num-workers": "--threads", "workers": "--threads",
    "jobs": "--threads", "cpus": "--threads", "preprocessing-num-workers": "--threads",
    "packing": "--pack", "sample-packing": "--pack", "force": "--overwrite",
    "truncation": "--truncate", "truncation-side": "--truncate", "column": "--field",
    "text-column": "--field text=NAME", "dataset-text-field": "--field text=NAME",
    "system-prompt": "--system", "eos": "--eos-token", "bos": "--bos-token", "pad": "--pad-token",
    "add-special-tokens": "--parse-special",
    "train-on-inputs": "--loss all", "train-on-prompt": "--loss all",
    "verbose": "no option: see --json",
    "input": "the input without an option: prep run INPUT --output DIR",
    "data": "the input without an option: prep run INPUT --output DIR",
    "dataset": "the input without an option: prep run INPUT --output DIR",
    "input-file": "the input without an option: prep run INPUT --output DIR",
  ]

  /// Commands under other names.
  private static let otherCommands: [String: String] = [
    "tokenize": "run", "preprocess": "run", "prepare": "run", "pack": "run", "process": "run",
    "lint": "doctor", "check": "doctor", "diagnose": "doctor", "validate": "verify",
    "view": "inspect",
    "info": "show", "describe": "show", "template": "render", "convert": "export",
  ]

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
      let name = argument.drop { $0 == "-" }.prefix { $0 != "=" }.lowercased()
        .replacing("_", with: "-")
      guard let meant = otherNames[name], Prep.message(for: error).contains("Unknown option") else {
        continue
      }
      return "Unknown option '\(argument.prefix { $0 != "=" })'. Did you mean \(meant)?"
    }
    return nil
  }

  private static func unknownCommand(_ name: String, _ commands: [String]) -> String {
    if let meant = otherCommands[name.lowercased()] ?? NearName.of(name, among: commands) {
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
