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

  /// The other way, and what both are called; nil where none was asked for.
  func other(_ spec: RunSpec, _ tokenizer: BPETokenizer) throws(Problem) -> (
    names: (a: String, b: String), spec: RunSpec, tokenizer: BPETokenizer
  )? {
    let settings = RunSettings(spec, tokenizer: tokenizer)
    if let compareTemplate {
      let own =
        spec.render == .chat
        ? settings.items.first { $0.key == "template" }?.value ?? "" : spec.render.rawValue
      return (
        (own, compareTemplate), try spec.with(template: compareTemplate, tokenizer: tokenizer),
        tokenizer
      )
    }
    guard let compareTokenizer else { return nil }
    let other = try BPETokenizer.load(compareTokenizer, options: TokenizerOptions())
    return (
      (spec.tokenizer, compareTokenizer),
      try spec.with(tokenizer: other, named: compareTokenizer), other
    )
  }

  /// nil where none was asked for.
  func comparison(_ spec: RunSpec, _ tokenizer: BPETokenizer) throws(Problem) -> Comparison? {
    try other(spec, tokenizer).map {
      Comparison(
        names: (own: $0.names.a, other: $0.names.b), spec: $0.spec, tokenizer: $0.tokenizer)
    }
  }
}
