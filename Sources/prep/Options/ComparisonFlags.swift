import ArgumentParser
import Pipeline
import Problems
import Report
import Tokenizer

/// What a page is compared with.
struct ComparisonFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Show each sample beside what this template makes of its record: as --template of prep run.",
      valueName: "template"))
  var compareTemplate: String?

  @Option(
    help: ArgumentHelp(
      "Show each sample beside what this tokenizer, with its own template, makes of its record.",
      valueName: "tokenizer"))
  var compareTokenizer: String?

  func validate() throws {
    guard compareTemplate == nil || compareTokenizer == nil else {
      throw ValidationError(
        "--compare-template and --compare-tokenizer exclude each other: a page compares two ways")
    }
  }

  /// nil where none was asked for.
  func comparison(_ spec: RunSpec, _ tokenizer: BPETokenizer) throws(Problem) -> Comparison? {
    let settings = RunSettings(spec, tokenizer: tokenizer)
    if let compareTemplate {
      let own =
        spec.render == .chat
        ? settings.items.first { $0.key == "template" }?.value ?? "" : spec.render.rawValue
      return Comparison(
        names: (own, compareTemplate),
        spec: try spec.with(template: compareTemplate, tokenizer: tokenizer), tokenizer: tokenizer)
    }
    guard let compareTokenizer else { return nil }
    let other = try BPETokenizer.load(compareTokenizer, options: TokenizerOptions())
    return Comparison(
      names: (spec.tokenizer, compareTokenizer),
      spec: try spec.with(tokenizer: other, named: compareTokenizer), tokenizer: other)
  }
}
