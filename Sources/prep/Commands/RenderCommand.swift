import ArgumentParser
import InstructionFormat
import JSONText
import Pipeline
import Tokenizer

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

  @Option(
    help: ArgumentHelp(
      "A model folder, or another tokenizer: its template and special tokens.",
      valueName: "tokenizer"))
  var tokenizer: String?

  @OptionGroup var chat: ChatFlags

  @Flag(help: "End each text with the prompt for the model's next turn.")
  var addGenerationPrompt = false

  @Option(help: ArgumentHelp("Stop after this many records.", valueName: "n"))
  var limit: Int?

  @Flag(help: "One JSON object a record, with segments.")
  var json = false

  func run() async throws {
    let records = try reportingRunErrors { try chatSamples() }
    let parser = JSONParser()
    var out = StandardOutput()
    var writer = JSONWriter()
    // Text alone needs no masks.
    let isTextOnly = !json && (chat.history == .asRendered || chat.history == .lastTurn)
    var plain: [UInt8] = []
    var rejects = 0
    var count = 0
    try unusable {
      var lines = try LineReader(input)
      defer { lines.close() }
      while count < limit ?? .max {
        let line = lines.line + 1
        let outcome: Result<Int, RenderFailure>? = unsafe try lines.next { bytes in
          let text = unsafe UnsafeBufferPointer(rebasing: bytes.prefix(trimmed(bytes)))
          guard !text.isEmpty else { return .success(-1) }
          do {
            if isTextOnly {
              try records.renderText(unsafe parser.parse(padded: text), into: &plain)
              plain.append(0x0A)
              return .success(0)
            }
            return .success(try records.render(unsafe parser.parse(padded: text)))
          } catch let reject as RecordError {
            return .failure(RenderFailure(code: reject.kind.rawValue, text: "\(reject)"))
          } catch {
            return .failure(RenderFailure(code: "invalid-json", text: "\(error)"))
          }
        }
        guard let outcome else { break }
        switch outcome {
        case .success(let samples) where samples < 0: continue
        case .success(let samples):
          if !plain.isEmpty {
            try out.write(plain)
            plain.removeAll(keepingCapacity: true)
          }
          for index in 0..<samples {
            if json {
              writer.removeAll()
              write(records.samples[index], to: &writer)
              try out.write(writer.bytes)
            } else {
              try out.write(records.samples[index].text + [0x0A])
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
        count += 1
      }
      try out.flush()
    }
    if rejects > 0 { throw PrepExit.failure }
  }

  /// What renders the records: with the tokenizer's own texts where it is named, else the template's alone.
  private func chatSamples() throws -> ChatSamples {
    var texts = ChatChoice.Texts()
    if let tokenizer {
      do {
        texts = ChatChoice.Texts(tokenizer: try BPETokenizer.load(tokenizer))
      } catch {
        // A folder without a vocabulary that can be encoded still says how its chats are written.
        guard let folder = try? ModelFolder(tokenizer), !folder.templates.isEmpty else {
          throw error
        }
        texts = ChatChoice.Texts(folder: folder)
      }
    }
    guard var spec = try chat.choice().resolve(with: texts) else {
      throw RunError.template(
        TemplateError(
          file: tokenizer ?? "no template", reason: "no chat template is known",
          remedy: "give --template chatml, llama3, a file or a model folder"))
    }
    spec.options.addGenerationPrompt = addGenerationPrompt
    spec.options.isStrict = false
    return ChatSamples(spec, fields: RecordFields())
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
