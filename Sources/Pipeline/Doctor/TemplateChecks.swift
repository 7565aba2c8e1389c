import InstructionFormat
import JSONText
import Tokenizer

/// What the chat template does to conversations of our own.
struct TemplateChecks {
  private(set) var findings: [Finding] = []
  /// The plain conversation as the template writes it; nil where it cannot.
  private(set) var plainText: [UInt8]?

  private let chat: ChatSpec
  private let tokenizer: BPETokenizer
  private let facts: DataFacts?
  private let parser = JSONParser()

  init(_ chat: ChatSpec, tokenizer: BPETokenizer, facts: DataFacts?) {
    self.chat = chat
    self.tokenizer = tokenizer
    self.facts = facts
  }

  mutating func run() {
    checkDate()
    guard let plain = checkPlain() else { return }
    plainText = plain.text
    checkTerminators(plain)
    checkControlTexts(plain)
    checkHistory()
    checkRoles()
  }

  // MARK: - Rendering

  /// A record rendered with a date, if the template wants one, so that other checks can go on.
  private func render(
    _ record: String, with template: ChatTemplate? = nil, history: HistoryPolicy = .asRendered
  ) -> Result<RenderedRecord, ChatReject> {
    var options = chat.options
    options.history = history
    options.isStrict = false
    options.loss = .assistant
    options.fields = RecordFields()
    if options.date == nil { options.date = TemplateDate("2026-01-31".utf8) }
    let renderer = ChatRenderer(template: template ?? chat.template, options: options)
    var samples: [RenderedRecord] = []
    do {
      _ = try renderer.render(try parser.parse(record.utf8), into: &samples)
      return .success(samples.first ?? RenderedRecord())
    } catch let reject as ChatReject {
      return .failure(reject)
    } catch {
      return .failure(ChatReject(.templateFailed, reason: "\(error)", remedy: ""))
    }
  }

  private func holds(_ rendered: RenderedRecord, _ word: String) -> Bool {
    rendered.text.firstRange(of: Array(word.utf8)) != nil
  }

  private mutating func add(
    _ code: Finding.Code, _ severity: Finding.Severity, _ message: String, remedy: String,
    text: some Collection<UInt8> = []
  ) {
    findings.append(
      Finding(
        code, severity, message, remedy: remedy,
        sample: text.isEmpty
          ? nil : Finding.Sample(text: Finding.Sample.excerpt(text, limit: 120))))
  }

  // MARK: - Checks

  private mutating func checkDate() {
    guard chat.template.readsDate else { return }
    if chat.options.date == nil {
      add(
        .date, .error,
        "the template prints today's date: what is learned would change from day to day, so records without a date of their own are rejected",
        remedy: "fix the day: --date YYYY-MM-DD")
    } else {
      add(
        .date, .note, "the template prints a date, which --date fixes",
        remedy: "use the same --date for every part of the data")
    }
  }

  private mutating func checkPlain() -> RenderedRecord? {
    switch render(ProbeConversation.plain) {
    case .success(let rendered): return rendered
    case .failure(let reject):
      add(
        .templateFails, .error,
        "the template cannot render two questions and two answers: \(reject.reason)",
        remedy: reject.remedy.isEmpty ? "mend the template" : reject.remedy)
      return nil
    }
  }

  private mutating func checkTerminators(_ plain: RenderedRecord) {
    var terminators: [Int: [UInt8]] = [:]
    for segment in plain.segments {
      if case .terminator(let turn) = segment.reason {
        terminators[turn, default: []] += plain.text[segment.range]
      }
    }
    for (turn, answer) in [(1, ProbeConversation.answers[0]), (3, ProbeConversation.answers[1])]
    where terminators[turn] == nil {
      let place = plain.text.firstRange(of: Array(answer.utf8))?.lowerBound ?? 0
      add(
        .terminatorNotLearned, .error,
        "no token is learned that ends \(turn == 3 ? "the last" : "an earlier") assistant turn: the model would not learn to stop",
        remedy:
          "let the template end assistant turns with a control token, or name the one that follows them in eos_token_id of generation_config.json",
        text: plain.text[place...])
    }
    guard let terminator = terminators[3] ?? terminators[1] else { return }
    let name = String(decoding: terminator, as: UTF8.self)
    let ids = (try? tokenizer.makeEncoder().encode(terminator)) ?? []
    guard ids.count == 1, let id = ids.first else {
      add(
        .terminatorIsNoToken, .error,
        "the template ends turns with \(name), which is \(ids.count) plain tokens in this tokenizer",
        remedy: "use the template of this tokenizer, or add the token to tokenizer and model")
      return
    }
    let stops = tokenizer.stopTexts + (chat.options.endOfText.map { [$0] } ?? [])
    if !stops.contains(terminator), tokenizer.specials.eos?.id != id {
      let known = stops.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
      add(
        .terminatorDoesNotStop, .warning,
        "the template ends turns with \(name), and generation stops at \(known.isEmpty ? "no known token" : known)",
        remedy:
          "add its id \(id) to eos_token_id in generation_config.json, or give --eos-token '\(name)'"
      )
    }
  }

  /// Control tokens that the template spells and the tokenizer does not know.
  private mutating func checkControlTexts(_ plain: RenderedRecord) {
    var missing: [String] = []
    for text in ControlTexts.find(in: plain.text) where tokenizer.id(of: text) == nil {
      let name = String(decoding: text, as: UTF8.self)
      if !missing.contains(name) { missing.append(name) }
    }
    guard !missing.isEmpty else { return }
    add(
      .controlTextIsNoToken, .error,
      "the template writes \(missing.joined(separator: ", ")), no token of this tokenizer: plain text is learned in its place",
      remedy: "use the template of this tokenizer, or add the tokens to tokenizer and model",
      text: plain.text)
  }

  private mutating func checkHistory() {
    let remedy =
      "--history unroll (a sample for each turn, as it was produced), last-turn, or as-rendered if that is what the model should learn"
    func rewritten(_ record: String) -> ChatReject? {
      if case .failure(let reject) = render(record, history: .error),
        reject.code == .historyRewritten
      {
        return reject
      }
      return nil
    }
    let asks = chat.options.history == .asRendered
    if rewritten(ProbeConversation.plain) != nil {
      add(
        .historyRewritten, asks ? .warning : .note,
        "the template renders an earlier assistant turn otherwise than when it was the last",
        remedy: remedy)
    } else if rewritten(ProbeConversation.reasoning) != nil {
      let matters = asks && (facts?.hasReasoning ?? false)
      add(
        .historyRewritten, matters ? .warning : .note,
        "the template drops or moves the reasoning of earlier assistant turns", remedy: remedy)
    }
  }

  private mutating func checkRoles() {
    func severity(_ matters: Bool?) -> Finding.Severity { matters ?? false ? .warning : .note }
    switch render(ProbeConversation.withSystem) {
    case .success(let rendered) where !holds(rendered, ProbeConversation.system):
      add(
        .roleDropped, severity(facts?.hasSystem), "the template leaves the system turn out",
        remedy: "put its text into the first user turn", text: rendered.text)
    case .failure(let reject):
      add(
        .roleRefused, severity(facts?.hasSystem),
        "the template refuses a system turn: \(reject.reason)",
        remedy: "put its text into the first user turn")
    default: break
    }
    var tools = render(ProbeConversation.withTools, with: chat.toolTemplate)
    if case .failure = tools {
      tools = render(ProbeConversation.withToolsAsText, with: chat.toolTemplate)
    }
    switch tools {
    case .success(let rendered):
      // The name stands in the call too: what describes the tool is looked for.
      if !holds(rendered, ProbeConversation.toolDescription) {
        add(
          .toolsDropped, severity(facts?.hasTools),
          "the template leaves the definitions of tools out",
          remedy: "use a template that reads `tools`", text: rendered.text)
      }
      if !holds(rendered, ProbeConversation.toolAnswer) {
        add(
          .roleDropped, severity(facts?.hasTools), "the template leaves the tool turn out",
          remedy: "use a template that renders tools' answers", text: rendered.text)
      }
    case .failure(let reject):
      add(
        .roleRefused, severity(facts?.hasTools),
        "the template refuses calls of tools: \(reject.reason)",
        remedy: "use a template that renders tools")
    }
    if case .success(let rendered) = render(ProbeConversation.reasoning),
      !holds(rendered, ProbeConversation.thoughts[1])
    {
      add(
        .reasoningDropped, severity(facts?.hasReasoning),
        "the template leaves reasoning_content out, even of the last turn",
        remedy: "write the reasoning into the content, if it is to be learned",
        text: rendered.text)
    }
  }
}

/// Text that is spelled as a control token: `<|im_end|>`, `<｜User｜>`.
enum ControlTexts {
  static func find(in text: [UInt8]) -> [[UInt8]] {
    let bars: [[UInt8]] = [Array("|".utf8), Array("｜".utf8)]
    var found: [[UInt8]] = []
    for start in text.indices where text[start] == UInt8(ascii: "<") {
      for bar in bars where text[(start + 1)...].starts(with: bar) {
        let body = text[(start + 1 + bar.count)...].prefix(64)
        guard let end = body.firstRange(of: bar + [UInt8(ascii: ">")]),
          !body[..<end.lowerBound].contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "<") })
        else { continue }
        found.append(Array(text[start..<end.upperBound]))
      }
    }
    return found
  }
}
