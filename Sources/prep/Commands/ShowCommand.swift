import ArgumentParser
import Files
import InstructionFormat
import JSONText
import Masking
import Pipeline
import Problems
import Report
import ShardWriter
import Tokenizer

/// `prep show`: what a data set was made of, and the command that makes it again.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract:
      "Print what a data set was made of and with: inputs, tokenizer, template, settings, counts, command.",
    discussion: """
      Examples:
        prep show shards
        prep show shards --recipe > recipe.json
        prep show shards --print-template > template.jinja

      Reads a finished folder or one whose run was stopped. The command that it prints makes the same rows; a chat \
      template that came from a file is written by --print-template.
      """)

  @Argument(help: ArgumentHelp("A folder that prep run wrote.", valueName: "folder"))
  var folder: String

  @Option(
    help: ArgumentHelp("Where the tokenizer is now, if not where it was.", valueName: "tokenizer"))
  var tokenizer: String?

  @Flag(help: "Print the chat template alone.")
  var printTemplate = false

  @Flag(help: "Print a run file for prep run, alone.")
  var recipe = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    try reportingErrors(json: json) {
      let stored = try StoredRun(folder, tokenizer: tokenizer)
      var out = StandardOutput()
      if printTemplate {
        guard let chat = stored.spec.chat else {
          throw Problem(
            .option, Place(file: folder), reason: "the data set was made without a chat template")
        }
        try out.write(chat.template.text)
      } else if recipe {
        for line in try stored.recipe.lines { try out.line(line) }
      } else {
        try json ? out.write(object(stored)) : describe(stored, to: &out)
      }
      try out.flush()
    }
  }

  /// Inputs that are listed for people.
  private static let inputLimit = 12

  private func describe(_ stored: StoredRun, to out: inout StandardOutput) throws {
    let shards = Format.count(stored.shards.count, "shard")
    var lines: [(String, String)] = [("folder", folder)]
    if let digest = stored.digest {
      lines.append(("state", "finished, digest \(digest), \(shards)"))
    } else {
      lines.append(("state", "unfinished: \(shards); the same command resumes"))
    }
    for (number, input) in stored.inputs.enumerated() {
      guard number < Self.inputLimit else {
        lines.append(("", "… and \(stored.inputs.count - number) more, see --json"))
        break
      }
      lines.append((number == 0 ? "input" : "", input))
    }
    lines += stored.settings.lines.map { ($0.name, $0.value) }
    lines += TotalsSummary(
      stored.totals, contextLength: stored.spec.truncation.contextLength,
      shards: stored.shards.map { ($0.source, $0.totals) }, packed: stored.packed,
      rejectsFile: "\(folder)/rejects.jsonl"
    ).lines.map { ($0.name, $0.value) }
    lines.append(("command", try stored.command))
    let width = lines.reduce(0) { max($0, $1.0.count) } + 2
    for (name, value) in lines {
      try out.line(
        name + String(repeating: " ", count: width - name.count) + VisibleText.escaped(value))
    }
  }

  private func object(_ stored: StoredRun) throws -> [UInt8] {
    let arguments = try stored.arguments
    let totals = stored.totals
    var writer = JSONWriter()
    writer.object {
      $0.member("folder", folder)
      $0.key("finished")
      $0.bool(stored.digest != nil)
      $0.key("digest")
      if let digest = stored.digest { $0.string(digest.description) } else { $0.null() }
      $0.array("inputs", stored.inputs) { input, writer in writer.string(input) }
      stored.settings.write(to: &$0)
      $0.member("records", Int(clamping: totals.records))
      $0.member("accepted", Int(clamping: totals.accepted))
      totals.writeRefused(to: &$0)
      for (name, count) in [
        ("samples", totals.samples), ("truncated", totals.truncated),
        ("terminators_cut", totals.counters["terminators_cut"] ?? 0),
      ] {
        $0.member(name, Int(clamping: count))
      }
      $0.member("rows", Int(clamping: totals.rows))
      $0.member("tokens", Int(clamping: totals.tokens))
      $0.member("supervised_tokens", Int(clamping: totals.supervisedTokens))
      $0.member("shards", stored.shards.count)
      $0.array("sources", SourceTotals.all(of: stored.shards.map { ($0.source, $0.totals) })) {
        $0.write(to: &$1)
      }
      totals.writeLedger(to: &$0)
      $0.array("schemas", KindCounts(totals).sorted) { $0.part.write($0.kind, to: &$1) }
      stored.packed.write(to: &$0)
      $0.array("command", arguments) { argument, writer in writer.string(argument) }
    }
    writer.newline()
    return writer.bytes
  }
}
