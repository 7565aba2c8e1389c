import InstructionFormat
import JSONText
import Masking
import Tokenizer

/// What was counted while the data was read.
public struct DataFacts: Hashable, Sendable {
  public var records = 0
  public var samples = 0
  public var tokens = 0
  public var longest = 0
  public var hasSystem = false
  public var hasTools = false
  public var hasReasoning = false
}

/// Encodes records as the run would, and as it could, and compares.
struct DataChecks {
  private(set) var facts = DataFacts()

  private let spec: RunSpec
  private let tokenizer: BPETokenizer
  private let parser = JSONParser()
  /// Encoders that cut nothing off: prompt and response apart, and together.
  private let split: RecordEncoder
  private let joint: RecordEncoder
  private let texts: BPEEncoder
  private let history: ChatRenderer?
  private var rendered: [RenderedRecord] = []
  private var tallies: [Finding.Code: Tally] = [:]
  private var rejects: [String: Tally] = [:]

  /// How often something was seen, and where first.
  private struct Tally {
    var count = 0
    var sample: Finding.Sample
    var detail = ""
  }

  init(spec: RunSpec, tokenizer: BPETokenizer) {
    self.spec = spec
    self.tokenizer = tokenizer
    func encoder(_ seam: Seam) -> RecordEncoder {
      var whole = spec
      whole.seam = seam
      whole.straddle = .mask
      whole.truncation = Truncation(contextLength: Int(Int32.max))
      return RecordEncoder(spec: whole, encoder: tokenizer.makeEncoder())
    }
    split = encoder(.split)
    joint = encoder(.joint)
    texts = tokenizer.makeEncoder()
    history = spec.chat.map { chat in
      var options = chat.options
      options.history = .error
      options.fields = spec.fields
      return ChatRenderer(template: chat.template, options: options)
    }
  }

  mutating func read(_ files: [InputFile], limit: Int) throws {
    unsafe try RecordReader(files).read { text, place in
      guard facts.records < limit else { return false }
      facts.records += 1
      unsafe check(text, place)
      return true
    }
  }

  private mutating func count(
    _ code: Finding.Code, _ place: RecordReader.Place, _ text: @autoclosure () -> String,
    detail: @autoclosure () -> String = ""
  ) {
    if tallies[code] == nil {
      tallies[code] = Tally(
        sample: Finding.Sample(file: place.file, line: place.line, text: text()), detail: detail())
    }
    tallies[code]?.count += 1
  }

  private mutating func check(_ text: UnsafeBufferPointer<UInt8>, _ place: RecordReader.Place) {
    var apart: [[UInt32]] = []
    do throws(RecordError) {
      unsafe try split.encode(padded: text) { sample, rendered, _, _ in
        apart.append(sample.tokens)
        checkLength(sample, place)
        checkContent(rendered, place)
      }
    } catch {
      reject(error, unsafe Array(text.prefix(200)), place)
      return
    }
    var index = 0
    do throws(RecordError) {
      unsafe try joint.encode(padded: text, traced: true) { sample, rendered, _, _ in
        checkSeam(apart[index], sample, rendered, place)
        index += 1
      }
    } catch {
      reject(error, unsafe Array(text.prefix(200)), place)
    }
    if let record = unsafe try? parser.parse(padded: text) {
      note(record)
      checkHistory(record, place)
    }
  }

  // MARK: - Checks of one record

  private mutating func reject(
    _ error: RecordError, _ text: [UInt8], _ place: RecordReader.Place
  ) {
    let name = error.kind.rawValue
    if rejects[name] == nil {
      rejects[name] = Tally(
        sample: Finding.Sample(
          file: place.file, line: place.line, text: Finding.Sample.excerpt(text)),
        detail: "\(error)")
    }
    rejects[name]?.count += 1
  }

  private mutating func checkLength(_ sample: borrowing MaskedSample, _ place: RecordReader.Place) {
    let length = sample.tokens.count
    facts.samples += 1
    facts.tokens += length
    facts.longest = max(facts.longest, length)
    let limit = spec.truncation.contextLength
    guard length > limit else { return }
    let prompt = sample.promptCount
    count(.tooLong, place, "\(length) tokens, \(prompt) of them before the response")
    if prompt >= limit {
      count(.nothingSupervised, place, "\(prompt) tokens before the response")
    }
  }

  private mutating func checkContent(
    _ rendered: borrowing RenderedRecord, _ place: RecordReader.Place
  ) {
    for segment in rendered.segments {
      guard case .field(let path) = segment.source else { continue }
      let bytes = Array(rendered.text[segment.range])
      guard let ids = try? texts.encode(bytes), let id = ids.first(where: tokenizer.isSpecial),
        let token = tokenizer.text(of: id)
      else { continue }
      let start = bytes.firstRange(of: token)?.lowerBound ?? 0
      count(
        .controlTextInContent, place, Finding.Sample.excerpt(bytes[max(0, start - 30)...]),
        detail: "\(String(decoding: token, as: UTF8.self)) in \(rendered.paths[path])")
      return
    }
  }

  private mutating func checkSeam(
    _ apart: [UInt32], _ together: borrowing MaskedSample, _ rendered: borrowing RenderedRecord,
    _ place: RecordReader.Place
  ) {
    guard apart != together.tokens else { return }
    let first = zip(apart, together.tokens).enumerated().first { $1.0 != $1.1 }?.offset
    let index = first ?? min(apart.count, together.tokens.count)
    let bytes =
      index < together.traces.count ? Array(rendered.text[together.traces[index].range]) : []
    count(
      .seamDiffers, place,
      "token \(index) is \"\(Finding.Sample.excerpt(bytes))\" when they are tokenized together")
  }

  private mutating func note(_ record: JSONNode) {
    if let tools = record["tools"], !tools.isNull { facts.hasTools = true }
    guard let found = try? spec.fields.find(in: record), let messages = found.messages else {
      return
    }
    for message in messages.elements {
      switch (message["role"] ?? message["from"])?.string {
      case "system", "developer": facts.hasSystem = true
      case "tool", "function", "observation": facts.hasTools = true
      default: break
      }
      if let calls = message["tool_calls"], !calls.isNull { facts.hasTools = true }
      if let thought = message["reasoning_content"] ?? message["thinking"], !thought.isNull {
        facts.hasReasoning = true
      }
    }
  }

  private mutating func checkHistory(_ record: JSONNode, _ place: RecordReader.Place) {
    guard let history, spec.chat?.options.history == .asRendered,
      let found = try? spec.fields.find(in: record), found.messages != nil
    else { return }
    do throws(ChatReject) {
      _ = try history.render(record, into: &rendered)
    } catch {
      guard error.code == .historyRewritten else { return }
      count(.historyRewritten, place, "\(error.field): \(error.reason)")
    }
  }

  // MARK: - Findings

  var findings: [Finding] {
    let limit = spec.truncation.contextLength
    var findings: [Finding] = []
    func add(
      _ code: Finding.Code, _ severity: Finding.Severity, remedy: String,
      _ message: (Tally) -> String
    ) {
      guard let tally = tallies[code] else { return }
      findings.append(
        Finding(
          code, severity, message(tally), remedy: remedy, sample: tally.sample, count: tally.count))
    }
    for (name, tally) in rejects.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) })
    {
      findings.append(
        Finding(
          .rejected, tally.count * 100 > facts.records ? .error : .warning,
          "\(tally.count) of \(facts.records) records are rejected as \(name): \(tally.detail)",
          remedy: "mend them, or allow them with --max-rejects", sample: tally.sample,
          count: tally.count))
    }
    add(
      .nothingSupervised, .warning,
      remedy: "raise --context-length, or --truncate left or keep-response"
    ) {
      "\($0.count) of \(facts.samples) samples have no room for their response within \(limit) tokens"
    }
    add(
      .tooLong, .warning, remedy: "raise --context-length, or choose --truncate"
    ) {
      "\($0.count) of \(facts.samples) samples are longer than \(limit) tokens; the longest has \(facts.longest)"
    }
    add(
      .historyRewritten, .warning,
      remedy: "--history unroll, last-turn, or as-rendered if that is what the model should learn"
    ) {
      "\($0.count) of \(facts.records) conversations have an earlier assistant turn that is rendered otherwise than when it was the last"
    }
    add(
      .controlTextInContent, spec.parseSpecial ? .error : .warning,
      remedy: spec.parseSpecial
        ? "leave --parse-special out: then it is plain text"
        : "remove it, if nobody meant to write it"
    ) {
      "\($0.count) of \(facts.samples) samples have a control token in their own text, \($0.detail): "
        + (spec.parseSpecial ? "--parse-special makes it one" : "prep reads it as plain text")
    }
    add(
      .seamDiffers, .note,
      remedy:
        "--seam split is what the model sees at inference; --seam joint equals apply_chat_template"
    ) {
      "\($0.count) of \(facts.samples) samples have a token across the start or end of what is learned when it is tokenized together"
    }
    return findings
  }
}
