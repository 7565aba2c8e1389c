import ArgumentParser
import Files
import Input
import JSONText
import Pipeline
import Problems
import Report
import ShardWriter
import Tokenizer

/// `prep diff`: the samples that two data sets, or two ways to encode the same records, have otherwise.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two data sets, or two specs, templates or tokenizers, sample by sample.",
    discussion: """
      Examples:
        prep diff old new
        prep diff chats.jsonl --tokenizer MODEL --compare-template new.jinja
        prep diff old run.json --records chats.jsonl

      Samples are compared by the place of their record: file, byte, and which of its samples. Each that differs counts for \
      the first cause that holds: it is only in A or only in B, one is cut shorter, its ids differ, its labels, its weights, \
      or it is packed otherwise. With --records, A and B are folders that prep run wrote, or run files, and the records are \
      encoded as each says. A file alone is compared with what another template or tokenizer makes of it.

      Exit codes: 0 no sample differs; 1 some do; 2 an input that cannot be used; 64 a wrong command line.
      """)

  @Argument(
    help: ArgumentHelp(
      "A folder that prep run wrote, a run file, or a file of records.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("What it is compared with.", valueName: "b"))
  var second: String?

  @Option(
    help: ArgumentHelp(
      "Encode the records of this file by the specs of A and B, in place of their rows.",
      valueName: "file"))
  var records: String?

  @OptionGroup var comparison: ComparisonFlags

  @Option(help: ArgumentHelp("Samples shown of each cause.", valueName: "n"))
  var examples = 1

  @OptionGroup var encoding: EncodingOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(inversion: .prefixedNo, help: "Colour; by default on a terminal, unless NO_COLOR is set.")
  var color: Bool?

  func validate() throws {
    let compares = comparison.compareTemplate != nil || comparison.compareTokenizer != nil
    if second != nil, compares {
      throw ValidationError(
        "--compare-template and --compare-tokenizer go with one file of records, not with B")
    }
    guard second != nil || compares else {
      throw ValidationError(
        "name what \(first) is compared with: another folder, or for a file of records --compare-template or --compare-tokenizer"
      )
    }
    guard second != nil || records == nil else {
      throw ValidationError("--records goes with two folders or run files")
    }
    guard examples >= 0 else { throw ValidationError("--examples must be at least 0") }
  }

  /// What was compared.
  private struct Compared {
    var differences: Differences
    var names: (a: String, b: String)
    var tokenizers: (a: BPETokenizer?, b: BPETokenizer?)
    /// Where the specs differ, in words.
    var specs: [String] = []
  }

  func run() throws {
    let differ = try reportingErrors(json: json) {
      let compared = try compare()
      var out = StandardOutput()
      if json {
        var writer = JSONWriter()
        compared.differences.write(to: &writer, names: compared.names, specs: compared.specs)
        try out.write(writer.bytes)
      } else {
        let text = DifferenceText(
          differences: compared.differences, names: compared.names,
          tokenizers: compared.tokenizers, paint: Paint(1, asked: color))
        for line in text.lines { try out.line(line) }
        if !compared.specs.isEmpty {
          try out.line("")
          try out.line("the specs differ: in A " + compared.specs.joined(separator: "; "))
        }
      }
      try out.flush()
      return !compared.differences.isEmpty
    }
    if differ { throw PrepExit.failure }
  }

  private func compare() throws -> Compared {
    guard let second else { return try compareTemplates() }
    return try records.map { try compareSpecs(first, second, $0) } ?? compareSets(first, second)
  }

  private func compareSets(_ first: String, _ second: String) throws -> Compared {
    let (a, b) = (try DataSet(first, cacheSize: 0), try DataSet(second, cacheSize: 0))
    return Compared(
      differences: try Differences(a, b, exampleLimit: examples), names: (first, second),
      tokenizers: (tokenizer(of: first), tokenizer(of: second)),
      specs: a.manifest.spec.differences(from: b.manifest.spec))
  }

  /// Rows are compared without it; only texts are missing then.
  private func tokenizer(of folder: String) -> BPETokenizer? {
    try? StoredRun(folder, tokenizer: encoding.tokenizer).tokenizer
  }

  private func compareSpecs(_ first: String, _ second: String, _ records: String) throws -> Compared
  {
    let (a, b) = (try ComparedSpec.load(first), try ComparedSpec.load(second))
    return try compare(
      Differences.Way(a.spec, a.tokenizer), Differences.Way(b.spec, b.tokenizer), on: records,
      names: (first, second), tokenizers: (a.tokenizer, b.tokenizer))
  }

  private func compareTemplates() throws -> Compared {
    let (spec, tokenizer) = try encoding.options().resolve()
    guard let other = try comparison.other(spec, tokenizer) else {
      throw Problem(.option, reason: "there is nothing to compare \(first) with")
    }
    return try compare(
      Differences.Way(spec, tokenizer), Differences.Way(other.spec, other.tokenizer), on: first,
      names: other.names, tokenizers: (tokenizer, other.tokenizer))
  }

  private func compare(
    _ a: Differences.Way, _ b: Differences.Way, on records: String, names: (a: String, b: String),
    tokenizers: (BPETokenizer, BPETokenizer)
  ) throws -> Compared {
    let files = try InputFiles.records([records])
    return Compared(
      differences: try Differences(files, a, b, exampleLimit: examples), names: names,
      tokenizers: tokenizers)
  }
}
