import ArgumentParser
import Files
import Input
import InstructionFormat
import JSONText
import Masking
import Pipeline
import Problems
import Report
import ShardWriter
import SystemPackage
import Tokenizer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `prep inspect`: what the model reads and learns of one record or one stored row, token by token.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract:
      "Show a record or a stored row token by token: text, id, label, mask, and who wrote it.",
    discussion: """
      Examples:
        prep inspect chats.jsonl --record 0 --tokenizer MODEL_FOLDER
        prep inspect shards --row 0..3
        prep inspect chats.jsonl --record 0..20 --html page.html

      A file is encoded as prep run would, with the same options. A folder that prep run wrote is read as it is; its \
      tokenizer is the one that the run used, unless --tokenizer says where it is now.
      """)

  @Argument(
    help: ArgumentHelp("A file of records, or a folder that prep run wrote.", valueName: "input"))
  var input: String

  @Option(
    help: ArgumentHelp("Record of the file, from 0: N, A..B (B included), or all.", valueName: "n"))
  var record: IndexRange?

  @Option(
    help: ArgumentHelp("Row of the folder, from 0: N, A..B (B included), or all.", valueName: "n"))
  var row: IndexRange?

  @OptionGroup var encoding: EncodingOptions

  @OptionGroup var loss: LearnFlag

  @Flag(help: "Print one JSON object a row, padded to the context length.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Write one HTML page of the records to this file: record, text and tokens side by side.",
      valueName: "file"))
  var html: String?

  @OptionGroup var comparison: ComparisonFlags

  @Flag(help: "Leave padding out.")
  var unpadded = false

  @Flag(inversion: .prefixedNo, help: "Colour; by default on a terminal, unless NO_COLOR is set.")
  var color: Bool?

  func validate() throws {
    let compares = comparison.compareTemplate != nil || comparison.compareTokenizer != nil
    guard !compares || html != nil else {
      throw ValidationError("--compare-template and --compare-tokenizer go with --html")
    }
  }

  func run() throws {
    try reportingErrors {
      let isFolder = input != "-" && FileSystem.kind(of: input) == .folder
      try isFolder ? inspectFolder() : inspectFile()
    }
  }

  // MARK: - Rows

  private func inspectFolder() throws {
    if record != nil {
      throw Problem(.option, reason: "\(input) is a folder", remedy: "name a row: --row 0")
    }
    if html != nil {
      throw Problem(
        .option, reason: "\(input) is a folder, --html takes records of a file",
        remedy: "the page of a folder: prep report \(input)")
    }
    let stored = try StoredSet(
      input, tokenizer: encoding.tokenizer, options: encoding.tokens.rankFile.options(),
      learning: loss.learn)
    let (data, tokenizer) = (stored.data, stored.tokenizer)
    var spec = stored.spec
    if let learn = loss.learn { spec.loss = learn }
    let history = RowHistory(spec: spec, tokenizer: tokenizer)
    var printer = Printer(self, tokenizer: tokenizer)
    for number in try (row ?? .single(0)).resolve(count: data.count, of: input, unit: "row") {
      let places = try data.places(ofRow: number)
      var shown = ShownRow(
        row: try data.row(number),
        places: places.map {
          ShownRow.Place(
            file: String(decoding: $0.file, as: UTF8.self), line: Int(clamping: $0.line),
            offset: Int(clamping: $0.offset))
        }, contextLength: data.contextLength, padID: data.padID)
      shown.origins = history.origins(of: shown, samples: places.map { Int($0.sampleIndex) })
      try printer.show(
        shown, title: "row \(number) of \(input)" + Self.origin(shown.places))
    }
    try printer.close()
  }

  private static func origin(_ places: [ShownRow.Place]) -> String {
    places.count == 1
      ? ", from \(places[0].file) line \(places[0].line)" : ", \(places.count) samples"
  }

  // MARK: - Records

  private func inspectFile() throws {
    if row != nil, input == "-" || FileSystem.kind(of: input) != nil {
      throw Problem(.option, reason: "\(input) is a file", remedy: "name a record: --record 0")
    }
    if loss.learn != nil {
      throw Problem(
        .option, reason: "\(input) is a file, --learn reads rows of a folder",
        remedy: "choose what is learned of records with --loss")
    }
    let (spec, tokenizer) = try encoding.options().resolve()
    let files = try InputFiles.records([input])
    let range = (record ?? .single(0)).range
    let records = try RecordLocation.records(range, of: files)
    guard !records.isEmpty else {
      throw Problem(
        .option, reason: "\(input): there is no record \(range.lowerBound)",
        remedy: "records are counted from 0")
    }
    let encoder = RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder())
    if let html {
      let report = try Report(
        records, title: input, encoder: encoder, tokenizer: tokenizer,
        comparison: comparison.comparison(spec, tokenizer))
      try AtomicFile.write(
        report.page(head(of: report, spec), tokenizer: tokenizer), to: html)
      return
    }
    var printer = Printer(self, tokenizer: tokenizer)
    var rejected = false
    for record in records {
      do throws(Problem) {
        if let problem = record.problem { throw Problem(.tooLarge, reason: problem) }
        for shown in try Self.inspect(record, with: encoder, spec: spec) {
          try? printer.show(shown, title: "\(record.file), line \(record.line)")
        }
      } catch {
        rejected = true
        StandardError.line(
          "rejected \(VisibleText.escaped(record.file)):\(record.line): \(error.text(for: .command))"
        )
      }
    }
    try printer.close()
    if rejected { throw PrepExit.failure }
  }

  /// What the page of records says above the numbers.
  private func head(of report: Report, _ spec: RunSpec) -> Report.Head {
    var head = Report.Head()
    head.version = prepVersion
    head.settings = [
      ("tokenizer", spec.tokenizer), ("context length", "\(spec.truncation.contextLength)"),
      ("loss", spec.loss.rawValue),
    ]
    head.verdict = report.verdict
    return head
  }

  static func inspect(
    _ record: RecordLocation.Record, with encoder: RecordEncoder, spec: RunSpec
  ) throws(Problem) -> [ShownRow] {
    var rows: [ShownRow] = []
    let dropped = encoder.droppedBytes
    try encoder.encode(record.bytes) { sample, rendered, cut, _ in
      var encoded = Rows()
      encoded.append(sample, place: SamplePlace(line: 0, byteOffset: 0))
      rows.append(
        ShownRow(
          row: encoded[0], origins: RowHistory.origins(of: sample, rendered),
          places: [
            ShownRow.Place(file: record.file, line: record.line, offset: record.offset)
          ], contextLength: spec.truncation.contextLength, padID: spec.padID, cut: cut))
    }
    let withoutToken = encoder.droppedBytes - dropped
    for index in rows.indices { rows[index].bytesWithoutToken = withoutToken }
    return rows
  }

  /// Writes rows one after the other, as pictures or as JSON.
  private struct Printer {
    private let command: InspectCommand
    private let tokenizer: BPETokenizer
    private let hasColour: Bool
    private var out = StandardOutput()
    private var writer = JSONWriter()
    private var isFirst = true

    init(_ command: InspectCommand, tokenizer: BPETokenizer) {
      self.command = command
      self.tokenizer = tokenizer
      hasColour = Paint(STDOUT_FILENO, asked: command.color).hasColour
    }

    mutating func show(_ shown: ShownRow, title: String) throws {
      if command.json {
        writer.removeAll()
        shown.write(to: &writer, tokenizer: tokenizer, padded: !command.unpadded)
        try out.write(writer.bytes)
        return
      }
      if !isFirst { try out.line("") }
      isFirst = false
      let picture = RowPicture(
        shown: shown, tokenizer: tokenizer, hasColour: hasColour,
        showsPadding: !command.unpadded)
      for line in picture.lines(title: title) { try out.line(line) }
    }

    mutating func close() throws { try out.flush() }
  }
}

/// `N`, `A..B` (B included) or `all`.
enum IndexRange: ExpressibleByArgument {
  case single(Int)
  case span(Int, Int)
  case all

  init?(argument: String) {
    if argument == "all" {
      self = .all
    } else if let dots = argument.firstRange(of: "..") {
      guard let first = Int(argument[..<dots.lowerBound]),
        let last = Int(argument[dots.upperBound...]),
        first >= 0, first <= last, last < .max
      else { return nil }
      self = .span(first, last)
    } else {
      guard let number = Int(argument), number >= 0, number < .max else { return nil }
      self = .single(number)
    }
  }

  var range: Range<Int> {
    switch self {
    case .single(let number): number..<number + 1
    case .span(let first, let last): first..<last + 1
    case .all: 0..<Int.max
    }
  }

  /// The numbers that are there; throws where the first is not.
  func resolve(count: Int, of path: String, unit: String) throws(Problem) -> Range<Int> {
    if case .all = self { return 0..<count }
    guard range.lowerBound < count else {
      throw Problem(
        .option, reason: "\(path): there is no \(unit) \(range.lowerBound)",
        remedy: count == 0 ? "it has no \(unit)s" : "\(unit)s go from 0 to \(count - 1)")
    }
    return range.clamped(to: 0..<count)
  }
}
