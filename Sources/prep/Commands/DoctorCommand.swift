import ArgumentParser
import Doctor
import Input
import JSONText
import Pipeline
import Problems
import Report
import Tokenizer

/// `prep doctor`: what goes wrong silently with a tokenizer, its template, and records.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look for what goes wrong silently in a tokenizer, its chat template, and data.",
    discussion: """
      Examples:
        prep doctor MODEL_FOLDER
        prep doctor chats.jsonl --tokenizer MODEL_FOLDER
        prep doctor data/ --template chatml --limit 1000 --json

      A model folder, a tokenizer file or a model's name among the data is what --tokenizer would name. Takes the options \
      of prep run. Each finding has a stable code, a severity, a sample and a remedy. Exit code 0: \
      notes at most; 3: warnings; 1: errors; 2: the tokenizer or a file cannot be read.
      """)

  @Argument(
    help: ArgumentHelp(
      "Files or folders of records, - for standard input; or a model folder.", valueName: "data"))
  var data: [String] = []

  @OptionGroup var encoding: EncodingOptions

  @Flag(help: "Skip files of a folder that look like data but are not read.")
  var skipOtherFiles = false

  @Option(help: ArgumentHelp("Look at this many records.", valueName: "n"))
  var limit: Int?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard limit ?? 1 > 0 else { throw ValidationError("--limit must be at least 1") }
  }

  func run() throws {
    var options = try encoding.options()
    let report = try reportingErrors(json: json) {
      var data = data
      if let model = data.first(where: BPETokenizer.isNamed(by:)) {
        guard encoding.tokenizer == nil, data.count(where: BPETokenizer.isNamed(by:)) == 1 else {
          throw Problem(
            .option, Place(file: model), reason: "two tokenizers are named",
            remedy: "give a model folder or --tokenizer, not both")
        }
        options.tokenizer = model
        data.removeAll { $0 == model }
      }
      return try Doctor(options: options).examine(
        data.isEmpty ? [] : InputFiles.records(data, skipOtherFiles: skipOtherFiles),
        limit: limit ?? .max)
    }
    var out = StandardOutput()
    try json ? out.write(object(report)) : describe(report, to: &out)
    try out.flush()
    switch report.severity {
    case .error: throw PrepExit.failure
    case .warning: throw PrepExit.warnings
    case .note, nil: return
    }
  }

  // MARK: - For people

  private func describe(_ report: Doctor.Report, to out: inout StandardOutput) throws {
    if let (spec, tokenizer) = report.run {
      for line in RunSettings(spec, tokenizer: tokenizer).compact { try out.line(line) }
      try out.line("")
    }
    for finding in report.findings.sorted(by: { $0.severity > $1.severity }) {
      for line in finding.lines { try out.line(line) }
    }
    let counts = Finding.Severity.allCases.reversed().map { severity in
      Format.count(report.findings.count { $0.severity == severity }, severity.rawValue)
    }
    let read = report.records == 0 ? "" : "; \(Format.count(report.records, "record")) read"
    let verdict =
      switch report.severity {
      case .error: "what is learned would be wrong, or records lost: "
      case .warning: "part of what is learned may not be what you think: "
      case .note, nil: "nothing that goes wrong silently: "
      }
    let colour = report.severity.map { $0 > .note ? $0.colour : .good } ?? .good
    try out.line(Paint.out(verdict, colour) + counts.joined(separator: ", ") + read)
  }

  // MARK: - For programs

  private func object(_ report: Doctor.Report) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("severity")
    report.severity.map { writer.string($0.rawValue) } ?? writer.null()
    writer.key("records")
    writer.int(report.records)
    if let (spec, tokenizer) = report.run {
      RunSettings(spec, tokenizer: tokenizer).write(to: &writer)
    }
    writer.array("findings", report.findings) { $0.write(to: &$1) }
    writer.endObject()
    writer.newline()
    return writer.bytes
  }
}
