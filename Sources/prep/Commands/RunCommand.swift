import ArgumentParser
import Exports
import Input
import JSONText
import Pipeline
import Problems
import Report
import ShardWriter
import Synchronization
import SystemPackage
import Tokenizer

/// `prep run`: records to training shards.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Encode instruction records into training shards.",
    discussion: """
      Examples:
        prep run chats.jsonl --tokenizer MODEL_FOLDER --context-length 4096 --output out
        prep run data/ more.jsonl.gz --field task=question --field response=answer -o out
        prep run text.jsonl --schema text --pack split --tokenizer MODEL_FOLDER -o out

      Inputs are .jsonl, .ndjson or .json files, plain or compressed (.gz, .zst), folders of them, patterns, or - for \
      standard input. A run that was stopped goes on when the same command is given again. The output is the same for \
      any number of threads.

      Exit codes: 0 done; 1 too many records rejected, or one too long with --truncate error; 2 an input, tokenizer, \
      template or output that cannot be used; 64 a wrong command line. Nothing is published unless it is 0.
      """)

  @Argument(help: ArgumentHelp("Files, folders, patterns, or -.", valueName: "input"))
  var inputs: [String] = []

  @Option(name: [.long, .short], help: ArgumentHelp("Folder to write.", valueName: "dir"))
  var output: String

  @OptionGroup var encoding: EncodingOptions

  @Option(defaultAsFlag: "whole", help: .of(.pack))
  var pack: String?

  @Option(help: .of(.packAlign))
  var packAlign = 1

  @Option(
    help: ArgumentHelp(
      "Export the rows too, as prep export does: parquet, mds, megatron or npy, a folder of that name in the output.",
      valueName: "format"))
  var format: ExportFormat?

  @Option(help: ArgumentHelp("Threads that encode; one a processor by default.", valueName: "n"))
  var threads: Int?

  @Option(help: .of(.blockSize))
  var blockSize = ByteSize(bytes: 16 << 20)

  @Option(help: .of(.maxRecordSize))
  var maxRecordSize = ByteSize(bytes: 16 << 20)

  @Option(help: .of(.level))
  var level = 3

  @Option(
    help: ArgumentHelp("Records that may be rejected: a share or a number.", valueName: "n|n%"),
    transform: {
      guard let limit = RejectLimit($0) else {
        throw ValidationError("--max-rejects \($0): give a share such as 1%, or a number")
      }
      return limit
    })
  var maxRejects = RejectLimit.share(0.01)

  @Option(
    help: ArgumentHelp(
      "Do the i-th (from 0) of n parts of the input; prep merge joins them.", valueName: "i/n"))
  var partition: String?

  @Flag(help: "Skip files of a folder that look like data but are not read.")
  var skipOtherFiles = false

  @Flag(help: "Replace what the folder holds of an earlier run.")
  var overwrite = false

  @Flag(
    help:
      "Read every byte of a finished folder, and make what is damaged again; without it, what is missing."
  )
  var verify = false

  @Flag(name: [.long, .short], help: "No progress and no report.")
  var quiet = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  /// Inputs, with what `--pack` took for its value.
  private var allInputs: [String] {
    if let pack, RunSpec.Packing(rawValue: pack) == nil { return [pack] + inputs }
    return inputs
  }

  func validate() throws {
    guard !allInputs.isEmpty else {
      throw ValidationError("Missing expected argument '<input> ...'")
    }
    guard threads ?? 1 > 0, threads ?? 1 <= 1024 else {
      throw ValidationError("--threads must be from 1 to 1024")
    }
    try options().validate()
    guard partition == nil || Manifest.Partition(partition ?? "") != nil else {
      throw ValidationError("--partition: give i/n, such as 0/4, with i below n")
    }
    guard format == nil || partition == nil else {
      throw ValidationError("--format with --partition: export what prep merge joins")
    }
  }

  private func options() throws -> RunOptions {
    var options = try encoding.options()
    options.blockSize = blockSize.bytes
    options.maximumRecordSize = maxRecordSize.bytes
    options.level = level
    if let pack { options.pack = RunSpec.Packing(rawValue: pack) ?? .whole }
    options.packAlign = packAlign
    return options
  }

  func run() throws {
    try reportingErrors(json: json) {
      let options = try options()
      let (spec, tokenizer) = try options.resolve()
      let files = try InputFiles.resolve(allInputs, skipOtherFiles: skipOtherFiles)
      let opening = quiet && !json ? nil : RunOpening(spec, tokenizer)
      if !quiet {
        for line in opening?.lines ?? [] { StandardError.line(line) }
        for notice in options.notices(namesTokenizer: encoding.tokenizer != nil) {
          StandardError.line("note: \(VisibleText.escaped(Surface.command.spell(notice)))")
        }
      }

      var run = Run(spec: spec, inputs: files, output: output) { tokenizer.makeEncoder() }
      run.threads = threads ?? ProcessorCount.available
      run.rejectLimit = maxRejects
      run.overwrite = overwrite
      run.verify = verify
      run.partition = partition.flatMap { Manifest.Partition($0) }
      let display = ProgressDisplay(
        totalBytes: InputFiles.size(of: files), isQuiet: quiet,
        rejectsFile: "\(output)/\(Manifest.rejectsFileName)", rejectLimit: maxRejects)
      run.onProgress = { display.show($0) }
      run.onReject = { display.show(file: $0, $1) }
      if !quiet { Signals.explainInterruption() }
      let last = Mutex<RunReport?>(nil)
      run.onReport = { report in last.withLock { $0 = report } }
      let report: RunReport
      do throws(Problem) {
        report = try run.start()
      } catch {
        display.close()
        guard let report = last.withLock({ $0 }), json || !quiet else { throw error }
        try printReport(report, packed(report), opening, problem: error)
        throw json ? ReportedProblem(problem: error) : error
      }
      display.close()
      if !quiet {
        for warning in report.warnings {
          StandardError.line("warning: \(Surface.command.spell(warning))")
        }
      }
      if let format {
        let options = ExportOptions(level: Int32(clamping: level), overwrite: true)
        _ = try DataSetExport.export(
          DataSet(output, cacheSize: 0), format: format, output: "\(output)/\(format.rawValue)",
          options: options)
      }
      guard !quiet || json else { return }
      try printReport(report, packed(report), opening)
    }
  }

  /// What packing would make of the rows.
  private func packed(_ report: RunReport) -> PackedRows? {
    guard let options = try? options(), options.pack == .none else { return nil }
    return PackedRows(
      folder: output, shards: report.manifest.shards.map(\.name),
      samples: Int(clamping: report.totals.samples),
      contextLength: report.manifest.spec.contextLength)
  }

  /// The report of what was done, for people or as one JSON object. `problem`: why it is not published.
  private func printReport(
    _ report: RunReport, _ packed: PackedRows?, _ opening: RunOpening?, problem: Problem? = nil
  ) throws {
    var out = StandardOutput()
    if json {
      var writer = JSONWriter()
      report.write(to: &writer, problem: problem, surface: .command) {
        packed.write(to: &$0)
        opening?.write(to: &$0)
      }
      try out.write(writer.bytes)
    } else {
      let summary = RunSummary(
        report, folder: output, packed: packed, isFinished: problem == nil)
      for line in summary.lines { try out.line(line) }
    }
    try out.flush()
  }
}
