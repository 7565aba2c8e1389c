import InstructionFormat
import Tokenizer

/// Looks for what goes wrong silently in a tokenizer, its template and data, before anything is trained.
///
/// The tokenizer and the template are tried with conversations of our own (`ProbeConversation`), the data
/// is encoded record by record. Nothing is written.
public struct Doctor: Sendable {
  /// The worst first; in the order of the checks within a severity.
  public let findings: [Finding]
  /// What was read of the data; nil where none was given.
  public let data: DataFacts?
  /// The tokenizer and the template, as the messages name them.
  public let tokenizer: String
  public let template: String?

  /// `options`: those of the run that is planned. `limit`: records to read at most. Memory: one record.
  /// Throws where tokenizer, template or data cannot be used at all.
  public init(options: RunOptions, data files: [InputFile], limit: Int = .max) throws {
    let (spec, tokenizer) = try options.resolve()
    self.tokenizer = options.tokenizer
    let chat = spec.chat
    template = chat?.template.name
    var findings: [Finding] = []
    let facts: DataFacts?
    if files.isEmpty {
      facts = nil
    } else {
      var checks = DataChecks(spec: spec, tokenizer: tokenizer)
      try checks.read(files, limit: limit)
      facts = checks.facts
      findings += checks.findings
    }
    var probed: TemplateChecks?
    if let chat {
      var checks = TemplateChecks(chat, tokenizer: tokenizer, facts: facts)
      checks.run()
      findings += checks.findings
      probed = checks
    }
    findings += TokenizerChecks.findings(
      spec: spec, tokenizer: tokenizer, rendered: probed?.plainText)
    self.findings = findings.enumerated().sorted {
      ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset)
    }.map(\.element)
    self.data = facts
  }

  /// The worst that was found; nil where nothing was.
  public var worst: Finding.Severity? { findings.map(\.severity).max() }
}
