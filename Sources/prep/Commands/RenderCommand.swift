import ArgumentParser
import InstructionFormat
import JSONText

/// `prep render`: conversations as text, with who wrote each byte.
struct RenderCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Show the text of records, and why each part is or is not learned.",
    discussion: """
      Records are messages, conversations, prompt and completion, or task and response. With --json each line is
      {"text", "segments": [{"start", "end", "source", "supervised", "reason"}]}: byte offsets in the text's UTF-8.
      Without it the texts follow each other, each with a line feed behind it.
      """)

  @Argument(
    help: ArgumentHelp("A file of one JSON record a line; - is standard input.", valueName: "input")
  )
  var input: String

  @OptionGroup var chat: ChatFlags

  @Flag(help: "End each text with the prompt for the model's next turn.")
  var addGenerationPrompt = false

  @Option(help: ArgumentHelp("Stop after this many records.", valueName: "n"))
  var limit: Int?

  @Flag(help: "One JSON object a record, with segments.")
  var json = false

  func run() async throws {
    var options = try chat.options()
    options.addGenerationPrompt = addGenerationPrompt
    options.isStrict = false
    let source = try chat.chosenTemplate()
    source.describe(into: &options)
    let renderer = ChatRenderer(template: source.template, options: options)
    let parser = JSONParser()
    var samples: [RenderedRecord] = []
    var out = StandardOutput()
    var writer = JSONWriter()
    // Text alone needs no masks.
    let isTextOnly = !json && (chat.history == .asRendered || chat.history == .lastTurn)
    var plain: [UInt8] = []
    var rejects = 0
    var records = 0
    try reportingErrors {
      var lines = try LineReader(input)
      defer { lines.close() }
      while records < limit ?? .max {
        let line = lines.line + 1
        let outcome: Result<Int, RenderFailure>? = unsafe try lines.next { bytes in
          let text = unsafe UnsafeBufferPointer(rebasing: bytes.prefix(trimmed(bytes)))
          guard !text.isEmpty else { return .success(-1) }
          do {
            if isTextOnly {
              try renderer.renderText(unsafe parser.parse(padded: text), into: &plain)
              plain.append(0x0A)
              return .success(0)
            }
            return .success(try renderer.render(unsafe parser.parse(padded: text), into: &samples))
          } catch let reject as ChatReject {
            return .failure(RenderFailure(code: reject.code.rawValue, text: "\(reject)"))
          } catch {
            return .failure(RenderFailure(code: "invalid-json", text: "\(error)"))
          }
        }
        guard let outcome else { break }
        switch outcome {
        case .success(let count) where count < 0: continue
        case .success(let count):
          if !plain.isEmpty {
            try out.write(plain)
            plain.removeAll(keepingCapacity: true)
          }
          for index in 0..<count {
            if json {
              writer.removeAll()
              write(samples[index], to: &writer)
              try out.write(writer.bytes)
            } else {
              try out.write(samples[index].text + [0x0A])
            }
          }
        case .failure(let failure):
          rejects += 1
          if json {
            writer.removeAll()
            writer.beginObject()
            writer.key("error")
            writer.string(failure.text)
            writer.key("code")
            writer.string(failure.code)
            writer.key("line")
            writer.int(line)
            writer.endObject()
            writer.newline()
            try out.write(writer.bytes)
          } else {
            StandardError.line("\(lines.name):\(line): \(failure.text)")
          }
        }
        records += 1
      }
      try out.flush()
    }
    if rejects > 0 { throw PrepExit.failure }
  }

  private func write(_ sample: RenderedRecord, to writer: inout JSONWriter) {
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

  /// Length without the line feed and white space around a record.
  private func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var end = bytes.count
    while end > 0, unsafe bytes[end - 1] <= 0x20 { end -= 1 }
    return end
  }
}

private struct RenderFailure: Error {
  var code: String
  var text: String
}
