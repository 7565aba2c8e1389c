import ArgumentParser
import Files
import InstructionFormat
import JSONText
import Pipeline
import Problems
import ShardWriter
import Tokenizer

/// `prep show`: what a data set was made of, and the command that makes it again.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract:
      "Print what a data set was made of and with: inputs, tokenizer, template, settings, counts, command.",
    discussion: """
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
      } else {
        try json ? out.write(object(stored)) : describe(stored, to: &out)
      }
      try out.flush()
    }
  }

  private func describe(_ stored: StoredRun, to out: inout StandardOutput) throws {
    let totals = stored.totals
    let shards = "\(Format.count(stored.shardCount)) shard\(stored.shardCount == 1 ? "" : "s")"
    var lines: [(String, String)] = [("folder", folder)]
    if let digest = stored.digest {
      lines.append(("state", "finished, digest \(digest)"))
    } else {
      lines.append(
        ("state", "unfinished: \(shards); the same command resumes"))
    }
    for input in stored.inputs { lines.append(("input", input)) }
    lines += stored.settings
    lines.append(
      (
        "records",
        "\(Format.count(Int(clamping: totals.records))), \(Format.count(Int(clamping: totals.accepted))) accepted"
      ))
    for (name, counts) in [("rejected", totals.faults), ("left out", totals.leftOut)] {
      let sorted = counts.filter { $0.value > 0 }.sorted {
        ($1.value, $0.key) < ($0.value, $1.key)
      }
      for (number, (reason, count)) in sorted.enumerated() {
        lines.append((number == 0 ? name : "", "\(Format.count(Int(clamping: count))) \(reason)"))
      }
    }
    lines.append(
      (
        "rows",
        "\(Format.count(Int(clamping: totals.rows))) in \(shards)"
      ))
    lines.append(
      (
        "tokens",
        "\(Format.count(Int(clamping: totals.tokens))), \(Format.count(Int(clamping: totals.supervisedTokens))) learned"
      ))
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
      $0.key("settings")
      $0.object {
        for (name, value) in stored.settings {
          $0.key(name)
          $0.string(value)
        }
      }
      $0.member("records", Int(clamping: totals.records))
      $0.member("accepted", Int(clamping: totals.accepted))
      for (name, counts) in [("rejected", totals.faults), ("left_out", totals.leftOut)] {
        $0.key(name)
        $0.object {
          for (reason, count) in counts.sorted(by: { $0.key < $1.key }) {
            $0.member(reason, Int(clamping: count))
          }
        }
      }
      $0.member("rows", Int(clamping: totals.rows))
      $0.member("tokens", Int(clamping: totals.tokens))
      $0.member("supervised_tokens", Int(clamping: totals.supervisedTokens))
      $0.member("shards", stored.shardCount)
      $0.array("command", arguments) { argument, writer in writer.string(argument) }
    }
    writer.newline()
    return writer.bytes
  }
}
