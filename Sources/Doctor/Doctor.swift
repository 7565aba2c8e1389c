import Input
import InstructionFormat
import Jinja
import Masking
import Pipeline
import Problems
import Tokenizer

/// Looks for what goes wrong silently: in a tokenizer, in its chat template, and in records.
public struct Doctor {
  private let options: RunOptions

  /// What a run would be asked for.
  public init(options: RunOptions) { self.options = options }

  /// What was found, in the order of the checks, and how many records were read.
  public struct Report: Sendable {
    public var findings: [Finding] = []
    public var records = 0
    /// What a run would do; nil where it could not begin.
    public var run: (spec: RunSpec, tokenizer: BPETokenizer)?

    /// The worst of the findings; nil where there is none.
    public var severity: Finding.Severity? { findings.map(\.severity).max() }
  }

  /// Examines tokenizer and template, and the first `limit` records of `files`. Throws where there is
  /// nothing to examine: a tokenizer that cannot be loaded, a file that cannot be read.
  public func examine(_ files: [InputFile], limit: Int = .max) throws(Problem) -> Report {
    var report = Report()
    let tokenizer: BPETokenizer
    var spec: RunSpec
    do throws(Problem) {
      (spec, tokenizer) = try options.resolve()
    } catch {
      guard let finding = Self.finding(error), (try? load()) != nil else { throw error }
      report.findings.append(finding)
      return report
    }
    report.run = (spec, tokenizer)
    report.findings += Self.findings(spec, tokenizer)
    guard !files.isEmpty else { return report }
    // The real lengths are wanted, not those after truncation.
    let length = spec.truncation.contextLength
    spec.truncation = .init(contextLength: 1 << 30)
    var data = DataChecks(spec: spec, contextLength: length, tokenizer: tokenizer)
    try data.read(files, limit: limit)
    report.findings += data.findings
    report.records = data.records
    return report
  }

  /// What can be told of a run before a record is read: of its tokenizer and its template.
  public static func findings(_ spec: RunSpec, _ tokenizer: BPETokenizer) -> [Finding] {
    let found = TokenizerChecks(spec: spec).findings
    guard let chat = spec.chat else {
      return found + [
        Finding(
          .noTemplate, .note, "the tokenizer brings no chat template: messages are rejects",
          remedy: "name one: \(OptionName.template("chatml")), a file or a model folder")
      ]
    }
    return found + TemplateChecks(chat: chat, spec: spec, tokenizer: tokenizer).findings
  }

  private func load() throws(Problem) -> BPETokenizer {
    try BPETokenizer.load(options.tokenizer, options: options.tokenizerOptions)
  }

  /// What keeps a run from starting although its tokenizer loads.
  private static func finding(_ error: Problem) -> Finding? {
    switch error.kind {
    case .tokenizer:
      Finding(.eosUnknown, .error, error.reason, sample: error.file, remedy: error.remedy)
    case .template:
      Finding(
        .templateBroken, .error, error.reason, sample: error.place.description,
        remedy: error.remedy)
    default: nil
    }
  }
}
