import ArgumentParser
import Files
import JSONText
import Masking
import Pipeline
import Problems
import Report
import ShardWriter
import Tokenizer

/// `prep report`: a data set as one HTML page.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write one HTML page that shows what a data set holds and what is learned of it.",
    discussion: """
      Examples:
        prep report shards
        prep report shards --output page.html
        prep report shards --samples 5000

      The page loads nothing from the network: copy it from a cluster and open it. It shows the settings, lengths, who \
      wrote the tokens, rejects by reason, and samples with record, rendered text and tokens side by side. Texts are \
      shown where the input files are still where they were.
      """)

  @Argument(help: ArgumentHelp("A folder that prep run wrote.", valueName: "folder"))
  var folder: String

  @Option(
    name: [.long, .short], help: ArgumentHelp("The page to write.", valueName: "file"))
  var output = "report.html"

  @Option(
    help: ArgumentHelp("Where the tokenizer is now, if not where it was.", valueName: "tokenizer"))
  var tokenizer: String?

  @Option(help: ArgumentHelp("List this many samples at most.", valueName: "n"))
  var samples = 25_000

  @OptionGroup var comparison: ComparisonFlags

  func validate() throws {
    guard (1...1_000_000).contains(samples) else {
      throw ValidationError("--samples must be from 1 to 1000000")
    }
  }

  func run() throws {
    try reportingErrors {
      let stored = try StoredSet(folder, tokenizer: tokenizer)
      let report = try Report(
        stored.data, spec: stored.spec, tokenizer: stored.tokenizer, listed: samples,
        comparison: comparison.comparison(stored.spec, stored.tokenizer))
      let page = report.page(stored.head(of: report), tokenizer: stored.tokenizer)
      try AtomicFile.write(page, to: output)
      if let missing = report.missing {
        StandardError.line("the page shows no texts: \(missing.text(for: .command))")
      }
      var out = StandardOutput()
      try out.line("\(output)  \(Format.bytes(page.count))")
      try out.flush()
    }
  }
}
