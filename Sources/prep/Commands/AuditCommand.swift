import ArgumentParser
import Doctor
import Input
import JSONText
import Pipeline
import Problems
import Tokenizer

/// `prep audit`: what is wrong with rows that another tool prepared.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract:
      "Look for what goes wrong silently in rows that Axolotl, TRL or LLaMA-Factory prepared.",
    discussion: """
      Examples:
        prep audit last_run_prepared/HASH --tokenizer MODEL_FOLDER
        prep audit tokenized/train --tokenizer MODEL_FOLDER --template chatml
        prep audit rows.parquet --tokenizer MODEL_FOLDER --json

      Reads folders of save_to_disk, Parquet, Arrow and JSON lines: input_ids; labels, or a completion_mask, assistant_masks or \
      loss_mask; attention_mask; and for packed rows seq_lengths or position_ids. Without labels and masks every token is \
      learned. Counts, each with a sample's place and its text (what is learned stands between ⟦ and ⟧):

      terminator-never-learned  nothing that ends a turn is learned: the model does not learn to stop
      prompt-learned            the words that ask for the model's turn are learned
      nothing-learned           no token is learned
      padding-learned           padding has labels
      two-bos                   a sample begins with two BOS tokens
      labels-differ             labels are of other tokens, such as those that were shifted
      ids-unknown               ids are not of this tokenizer

      Tables are read through the Python package. Exit codes are those of doctor: 0 nothing, 3 warnings, 1 errors, 2 rows or a \
      tokenizer that cannot be read.
      """)

  @Argument(
    help: ArgumentHelp("Folders or files of prepared rows, or - for JSON lines.", valueName: "rows")
  )
  var inputs: [String]

  @OptionGroup(title: RunOption.Group.tokenizer.rawValue) var tokens: TokenFlags

  @Option(help: .of(.template))
  var template: String?

  @Flag(help: "Skip files of a folder that look like data but are not read.")
  var skipOtherFiles = false

  @Option(help: ArgumentHelp("Look at this many rows.", valueName: "n"))
  var limit: Int?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard tokens.tokenizer != nil else {
      throw ValidationError("--tokenizer: name the tokenizer of the rows, or its model folder")
    }
    guard limit ?? 1 > 0 else { throw ValidationError("--limit must be at least 1") }
  }

  func run() throws {
    let (audit, tokenizer) = try reportingErrors(json: json) {
      var options = RunOptions()
      options.tokenizer = tokens.tokenizer ?? ""
      options.tokenizerOptions = try tokens.rankFile.options()
      options.use(template: template)
      options.tokens = RunSpec.TokenNames(
        bos: tokens.bosToken, eos: tokens.eosToken, pad: tokens.padToken)
      let (spec, tokenizer) = try options.resolve()
      var audit = try Audit(spec, tokenizer)
      try audit.read(
        InputFiles.records(inputs, skipOtherFiles: skipOtherFiles), limit: limit ?? .max)
      guard audit.rows > 0 else {
        throw Problem(
          .inputUnsupported, Place(file: inputs.first ?? ""), reason: "there are no rows",
          remedy: "give rows that were prepared for training")
      }
      return (audit, tokenizer)
    }
    var out = StandardOutput()
    try json ? out.write(object(audit, tokenizer)) : describe(audit, tokenizer, to: &out)
    try out.flush()
    switch audit.findings.map(\.severity).max() {
    case .error: throw PrepExit.failure
    case .warning: throw PrepExit.warnings
    case .note, nil: return
    }
  }

  private func describe(
    _ audit: Audit, _ tokenizer: BPETokenizer, to out: inout StandardOutput
  ) throws {
    func shown(_ ids: [UInt32]) -> String {
      ids.map { TokenText.visible(tokenizer.bytes(of: $0) ?? []) }.joined()
    }
    let samples = audit.samples == audit.rows ? "" : ", \(Format.count(audit.samples, "sample"))"
    try out.line(
      "\(Format.count(audit.rows, "row"))\(samples): "
        + VisibleText.escaped(audit.columns.joined(separator: ", "), limit: 500))
    try out.line(
      "a turn ends with    " + audit.marks.terminators.map(shown).joined(separator: "  "))
    try out.line(
      "is asked for with   "
        + (audit.marks.prompt.map(shown)
          ?? "nothing that can be searched for: whether it is learned is not seen"))
    try out.line("")
    for finding in audit.findings.sorted(by: { $0.severity > $1.severity }) {
      for line in finding.lines { try out.line(line) }
    }
    if audit.findings.isEmpty {
      try out.line(Paint.out("nothing that goes wrong silently", .good))
    }
  }

  private func object(_ audit: Audit, _ tokenizer: BPETokenizer) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("severity")
      audit.findings.map(\.severity).max().map { writer.string($0.rawValue) } ?? writer.null()
      writer.member("rows", audit.rows)
      writer.member("samples", audit.samples)
      writer.array("columns", audit.columns) { $1.string($0) }
      writer.array("terminators", audit.marks.terminators) { $1.ints($0) }
      writer.key("generation_prompt")
      audit.marks.prompt.map { writer.ints($0) } ?? writer.null()
      writer.array("findings", audit.findings) { $0.write(to: &$1) }
    }
    writer.newline()
    return writer.bytes
  }
}
