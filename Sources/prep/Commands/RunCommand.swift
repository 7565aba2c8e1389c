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
        prep run chats.jsonl --tokenizer MODEL_FOLDER -o shards
        prep run data/ more.jsonl.gz --field task=q --field response=a -o shards
        prep run books.jsonl --schema text --pack split -o shards

      A run file (--recipe) says what flags say, by their names: {"inputs": ["chats.jsonl"], "context-length": 4096, "field": \
      {"task": "q"}}. prep show --recipe writes one.

      Inputs are .jsonl, .ndjson or .json files, plain or compressed (.gz, .zst), folders of them, patterns, or - for \
      standard input. A run that was stopped goes on when the same command is given again. The output is the same for \
      any number of threads.

      Exit codes: 0 done; 1 too many records rejected, or one too long with --truncate error; 2 an input, tokenizer, \
      template or output that cannot be used; 64 a wrong command line. Nothing is published unless it is 0.
      """)

  @Argument(help: ArgumentHelp("Files, folders, patterns, or -.", valueName: "input"))
  var inputs: [String] = []

  @OptionGroup var preset: PresetFlag
  @OptionGroup var encoding: EncodingOptions
  @OptionGroup(title: RunOption.Group.input.rawValue) var reading: ReadingFlags
  @OptionGroup(title: RunOption.Group.packing.rawValue) var packing: PackingFlags
  @OptionGroup(title: RunOption.Group.output.rawValue) var result: OutputFlags
  @OptionGroup(title: "Machine") var machine: MachineFlags

  private var output: String { result.output }
  private var quiet: Bool { result.quiet }
  private var json: Bool { result.json }

  /// Inputs, with what `--pack` took for its value.
  private var allInputs: [String] {
    if let pack = packing.pack, RunSpec.Packing(rawValue: pack) == nil { return [pack] + inputs }
    return inputs
  }

  func validate() throws {
    guard !output.isEmpty else {
      throw ValidationError("--output is empty: is a variable of the shell unset?")
    }
    if let pack = packing.pack?.lowercased(), Self.packWords.contains(pack) {
      throw ValidationError(
        "--pack \(pack): write --pack alone for whole samples, or --pack split; without it each sample has its own row"
      )
    }
    guard !allInputs.isEmpty else {
      throw ValidationError("Missing expected argument '<input> ...'")
    }
    guard !Self.lacksUnit(result.blockSize) else {
      throw ValidationError(
        "--block-size \(result.blockSize.bytes) is a number of bytes, and so few make a shard of some records: write a "
          + "unit, as in 16MiB; the tokens of a sample are --context-length")
    }
    guard machine.threads ?? 1 > 0, machine.threads ?? 1 <= 1024 else {
      throw ValidationError("--threads must be from 1 to 1024")
    }
    try options().validate()
    guard result.partition == nil || Manifest.Partition(result.partition ?? "") != nil else {
      throw ValidationError("--partition: give i/n, such as 0/4, with i below n")
    }
    guard result.format == nil || result.partition == nil else {
      throw ValidationError("--format with --partition: export what prep merge joins")
    }
  }

  /// What is taken for an input otherwise.
  private static let packWords: Set<String> = [
    "true", "false", "yes", "no", "on", "off", "1", "0",
  ]

  /// Elsewhere a block is what a sample is here, and is counted in tokens.
  private static func lacksUnit(_ size: ByteSize) -> Bool {
    !size.hasUnit && size.bytes < 64 << 10
  }

  func options() throws -> RunOptions {
    var options = try encoding.options()
    options.blockSize = result.blockSize.bytes
    options.maximumRecordSize = reading.maxRecordSize.bytes
    options.level = result.level
    if let pack = packing.pack { options.pack = RunSpec.Packing(rawValue: pack) ?? .whole }
    options.packAlign = packing.packAlign
    return options
  }

  func run() throws {
    try reportingErrors(json: json) {
      let options = try options()
      let (spec, tokenizer) = try options.resolve()
      var files = try InputFiles.records(allInputs, skipOtherFiles: reading.skipOtherFiles)
      if let limit = reading.limit { files = try InputFiles.first(limit, of: files) }
      let notices =
        InputFiles.repeated(files).map {
          "\($0) is named more than once, and its records count as often"
        } + options.notices(namesTokenizer: encoding.tokenizer != nil)
      let opening = quiet && !json ? nil : RunOpening(spec, tokenizer, notices: notices)
      if !quiet {
        for line in opening?.lines ?? [] { StandardError.line(line) }
        for notice in notices {
          StandardError.line("note: \(VisibleText.escaped(Surface.command.spell(notice)))")
        }
      }

      if result.dryRun { return try showFirst(of: files, spec, tokenizer, opening) }
      var run = Run(spec: spec, inputs: files, output: output) { tokenizer.makeEncoder() }
      run.threads = machine.threads ?? ProcessorCount.available
      run.rejectLimit = reading.maxRejects
      run.overwrite = result.overwrite
      run.verify = result.verify
      run.partition = result.partition.flatMap { Manifest.Partition($0) }
      let display = ProgressDisplay(
        totalBytes: InputFiles.size(of: files), isQuiet: quiet,
        rejectsFile: "\(output)/\(Manifest.rejectsFileName)", rejectLimit: reading.maxRejects)
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
        guard let report = last.withLock({ $0 }), json || !quiet, report.totals.records > 0 else {
          throw error
        }
        try printReport(report, packed(report), opening, problem: error)
        throw json ? ReportedProblem(problem: error) : error
      }
      display.close()
      if !quiet {
        for warning in report.warnings {
          StandardError.line(
            Paint.error("warning:", .doubtful) + " \(Surface.command.spell(warning))")
        }
      }
      if let format = result.format {
        let options = ExportOptions(level: Int32(clamping: result.level), overwrite: true)
        _ = try DataSetExport.export(
          DataSet(output, cacheSize: 0), format: format, output: "\(output)/\(format.rawValue)",
          options: options)
      }
      guard !quiet || json else { return }
      try printReport(report, packed(report), opening)
    }
  }

  /// Shows what the first record becomes: for people as `prep inspect` does, or what it prints as JSON behind the settings.
  private func showFirst(
    of files: [InputFile], _ spec: RunSpec, _ tokenizer: BPETokenizer, _ opening: RunOpening?
  ) throws {
    guard let record = try RecordLocation.records(0..<1, of: files).first else {
      throw Problem(
        .inputEmpty, Place(file: files.count == 1 ? files[0].path : ""),
        reason: "there is no record", remedy: "check the inputs")
    }
    if let problem = record.problem { throw Problem(.tooLarge, reason: problem) }
    let encoder = RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder())
    let shown: [ShownRow]
    do throws(Problem) {
      shown = try InspectCommand.inspect(record, with: encoder, spec: spec)
    } catch {
      throw error.at(file: record.file, line: record.line)
    }
    var out = StandardOutput()
    if json {
      var writer = JSONWriter()
      writer.object { opening?.write(to: &$0) }
      writer.newline()
      for row in shown { row.write(to: &writer, tokenizer: tokenizer, padded: true) }
      try out.write(writer.bytes)
    } else {
      for row in shown {
        let picture = RowPicture(
          shown: row, tokenizer: tokenizer, hasColour: Paint.out.hasColour,
          showsPadding: false)
        for line in picture.lines(title: "\(record.file), line \(record.line)") {
          try out.line(line)
        }
      }
    }
    try out.flush()
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
