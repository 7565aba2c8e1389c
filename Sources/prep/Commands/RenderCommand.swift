import ArgumentParser
import Input
import InstructionFormat
import JSONText
import Jinja
import Pipeline
import Problems
import Tokenizer

/// `prep render`: conversations as text, with who wrote each byte.
struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Show the text of records, and why each part is or is not learned.",
    discussion: """
      Examples:
        prep render chats.jsonl --tokenizer MODEL_FOLDER --limit 1
        prep render chats.jsonl --template chatml --limit 1 --json
        prep render chats.jsonl --template new.jinja --add-generation-prompt

      Records are read as prep run reads them, but for turns that it would refuse: they are shown. With --json each line is
      {"text", "segments": [{"start", "end", "source", "supervised", "reason"}]}: byte offsets in the text's UTF-8.
      Without it the texts follow each other, each with a line feed behind it.
      """)

  @Argument(
    help: ArgumentHelp(
      "Records: JSON lines or JSON, plain or compressed, or a folder of them; - is standard input.",
      valueName: "input"))
  var input: String

  @Option(
    help: ArgumentHelp(
      "A model folder, or another tokenizer: its template and special tokens.",
      valueName: "tokenizer"))
  var tokenizer: String?

  @OptionGroup(title: RunOption.Group.input.rawValue) var records: FieldFlags

  @OptionGroup(title: RunOption.Group.template.rawValue) var chat: ChatFlags

  @Flag(help: "End each text with the prompt for the model's next turn.")
  var addGenerationPrompt = false

  @Option(help: ArgumentHelp("Stop after this many records.", valueName: "n"))
  var limit: Int?

  @Option(help: .of(.maxRecordSize))
  var maxRecordSize = ByteSize(bytes: 16 << 20)

  @Flag(help: "One JSON object a record, with segments.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Render the records so many times and print how long it took, in place of the texts.",
      valueName: "passes"))
  var measure: Int?

  func run() throws {
    try reportingErrors {
      let samples = try recordSamples()
      if let measure { return try self.measure(samples, passes: measure) }
      let parser = JSONParser()
      var page = RenderedPage(
        samples: samples, json: json,
        // Text alone needs no masks.
        isTextOnly: !json && (chat.history == .asRendered || chat.history == .lastTurn))
      let tooLarge = { (problem: Problem) in
        let reason = Problem(problem.kind, reason: problem.reason, remedy: problem.remedy)
        page.reject(reason, at: problem.place)
      }
      unsafe try forEachRecord(tooLarge: tooLarge) { text, place in
        do throws(Problem) {
          unsafe try page.add(parser.record(padded: text))
        } catch {
          page.reject(error, at: place)
        }
        try page.flush(below: 1 << 16)
      }
      try page.flush(below: 0)
      page.close()
      if page.rejects > 0 { throw PrepExit.failure }
    }
  }

  /// The records of the input, as far as --limit goes.
  func forEachRecord(
    tooLarge: (Problem) throws -> Void,
    _ body: (UnsafeBufferPointer<UInt8>, Place) throws -> Void
  ) throws {
    var count = 0
    let reader = try RecordReader(input, maximumRecordSize: maxRecordSize.bytes)
    unsafe try reader.read { problem in
      guard problem.kind == .tooLarge else { throw problem }
      guard count < limit ?? .max else { return false }
      count += 1
      try tooLarge(problem)
      return true
    } _: { text, place in
      guard count < limit ?? .max else { return false }
      count += 1
      unsafe try body(text, place)
      return true
    }
  }

  /// What renders the records: with the tokenizer's own texts where it is named, else the template's alone.
  private func recordSamples() throws -> RecordSamples {
    var texts = ChatChoice.Texts()
    var spec: RunSpec?
    if let tokenizer {
      do {
        let loaded = try BPETokenizer.load(tokenizer)
        texts = ChatChoice.Texts(tokenizer: loaded)
        spec = try? RunSpec(tokenizer: loaded)
      } catch {
        // A folder without a vocabulary that can be encoded still says how its chats are written.
        guard let folder = try? ModelFolder(tokenizer), !folder.templates.isEmpty else {
          throw error
        }
        texts = ChatChoice.Texts(folder: folder)
      }
    }
    var options = RunOptions()
    options.chat = try chat.choice(roles: records.roles)
    options.use(template: chat.template)
    var resolved = try options.chat.resolve(with: texts)
    resolved?.options.addGenerationPrompt = addGenerationPrompt
    resolved?.options.isStrict = false
    return RecordSamples(
      fields: RecordFields(schema: records.schema, given: try records.given()),
      render: options.render ?? (resolved == nil ? .plain : .chat), loss: chat.loss,
      beginning: spec?.beginning?.text, end: spec?.end.text ?? Array("<|endoftext|>".utf8),
      chat: resolved)
  }
}

/// What is printed: texts, or objects with segments.
private struct RenderedPage {
  let samples: RecordSamples
  let json: Bool
  let isTextOnly: Bool
  private(set) var rejects = 0
  private var text: [UInt8] = []
  private var writer = JSONWriter()
  private var out = StandardOutput()

  init(samples: RecordSamples, json: Bool, isTextOnly: Bool) {
    self.samples = samples
    self.json = json
    self.isTextOnly = isTextOnly
  }

  mutating func add(_ record: JSONNode) throws(Problem) {
    if isTextOnly {
      try samples.read(record)
      try samples.renderText(into: &text)
      text.append(UInt8(ascii: "\n"))
      return
    }
    // A record shows all of its samples or none.
    let (shownText, shownJSON) = (text.count, writer.bytes.count)
    do throws(Problem) {
      for index in 0..<(try samples.prepare(record)) {
        try samples.render(sample: index)
        if json {
          write(samples.sample)
        } else {
          text += samples.sample.text
          text.append(UInt8(ascii: "\n"))
        }
      }
    } catch {
      text.removeLast(text.count - shownText)
      writer.truncate(to: shownJSON)
      throw error
    }
  }

  mutating func reject(_ error: Problem, at place: Place) {
    rejects += 1
    guard json else {
      guard rejects <= ProgressDisplay.shownRejects else { return }
      return StandardError.line(
        "\(VisibleText.escaped("\(place)")): \(error.text(for: .command))")
    }
    writer.beginObject()
    writer.key("error")
    writer.string(error.text(for: .command))
    writer.key("code")
    writer.string(error.kind.rawValue)
    writer.key("line")
    place.line.map { writer.int($0) } ?? writer.null()
    writer.endObject()
    writer.newline()
  }

  /// Says how many errors were not shown: one for each record would hide the first.
  func close() {
    let hidden = rejects - ProgressDisplay.shownRejects
    if !json, hidden > 0 {
      StandardError.line("… and \(hidden) more records (see them all with --json)")
    }
  }

  /// Prints what there is, unless it is less than `size` bytes.
  mutating func flush(below size: Int) throws {
    guard text.count + writer.bytes.count >= size else { return }
    try out.write(json ? writer.bytes : text)
    try out.flush()
    text.removeAll(keepingCapacity: true)
    writer.removeAll()
  }

  private mutating func write(_ sample: RenderedRecord) {
    writer.beginObject()
    writer.key("text")
    writer.string(sample.text)
    writer.key("segments")
    writer.beginArray()
    for segment in sample.segments {
      writer.beginObject()
      writer.key("start")
      writer.int(segment.range.lowerBound)
      writer.key("end")
      writer.int(segment.range.upperBound)
      writer.key("source")
      writer.string(sample.name(of: segment.source))
      writer.key("supervised")
      writer.bool(segment.isSupervised)
      writer.key("reason")
      writer.string(segment.reason.description)
      if segment.weight != 1 {
        writer.key("weight")
        writer.double(Double(segment.weight))
      }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    writer.newline()
  }
}
