import InstructionFormat
import Pipeline
import Problems
import Tokenizer

/// What a chat template does to conversations, seen by rendering some.
struct TemplateChecks {
  let chat: ChatSpec
  let spec: RunSpec
  let tokenizer: BPETokenizer

  var findings: [Finding] {
    var found: [Finding] = []
    if chat.template.readsDate, chat.options.date == nil {
      found.append(
        Finding(
          .dateMissing, .error,
          "the template prints today's date, so that the data would change daily",
          sample: "strftime_now in \(chat.template.name)",
          remedy:
            "fix it with \(OptionName.date("YYYY-MM-DD")), or give records a date; without both they are rejects"
        ))
    }
    switch TemplateProbe.plain.render(chat) {
    case .failure(let error):
      found.append(
        Finding(
          .templateRefuses, .error, "the template does not render a user and an assistant turn",
          sample: error.reason, remedy: error.remedy))
      return found
    case .success(let rendered):
      found += beginning(rendered)
      found += terminators(rendered)
    }
    if !chat.template.readsGenerationPrompt {
      found.append(
        Finding(
          .noGenerationPrompt, .note,
          "the template has no generation prompt: what it writes before an answer is taken for it",
          sample: chat.template.name,
          remedy: "render a conversation, and see that nothing of it is to be learned"))
    }
    return found + prompt() + dropped() + rewritten()
  }

  private func shown(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  // MARK: BOS

  private func beginning(_ rendered: RenderedRecord) -> [Finding] {
    let known = chat.options.beginningOfText ?? tokenizer.specials.bos?.text
    guard let bos = known, !bos.isEmpty, rendered.text.starts(with: bos) else { return [] }
    if rendered.text.dropFirst(bos.count).starts(with: bos) {
      return [
        Finding(
          .twoBOS, .error, "the template writes the token that begins a text twice",
          sample: shown(Array(rendered.text.prefix(80))), remedy: "fix the template")
      ]
    }
    guard spec.beginning?.text.starts(with: bos) ?? false else { return [] }
    return [
      Finding(
        .twoBOS, .warning,
        "both the template and the tokenizer begin a text with \(shown(bos)): whoever tokenizes the "
          + "rendered text gets two",
        sample: shown(Array(rendered.text.prefix(80))),
        remedy: "nothing here: prep takes the template's alone; elsewhere tokenize with "
          + "add_special_tokens=False")
    ]
  }

  // MARK: Terminators

  private func terminators(_ rendered: RenderedRecord) -> [Finding] {
    var texts: [Int: [UInt8]] = [:]
    for segment in rendered.segments {
      if case .terminator(let turn) = segment.reason {
        texts[turn, default: []] += rendered.text[segment.range]
      }
    }
    let sample = shown(rendered.text.suffix(60))
    guard let text = texts[1] ?? texts[3] else {
      return [
        Finding(
          .terminatorNotSupervised, .error,
          "nothing that ends an assistant turn is learned: the model will not stop", sample: sample,
          remedy: "name what ends a turn with \(OptionName.eosToken), or in eos_token_id of "
            + "generation_config.json")
      ]
    }
    var found: [Finding] = []
    if texts[3] == nil {
      found.append(
        Finding(
          .terminatorNotSupervised, .warning,
          "the last turn has no end: the template leaves \(shown(text)) to the next turn's header",
          sample: sample, remedy: "learn earlier turns too, or use a template that ends every turn")
      )
    }
    let ids = (try? tokenizer.makeEncoder().encode(text)) ?? []
    if ids.count != 1 {
      found.append(
        Finding(
          .terminatorNotOneToken, .warning,
          "what ends a turn is \(ids.count) tokens of the tokenizer: no stop token stands for it",
          sample: shown(text), remedy: "add it to the tokenizer as a special token"))
    } else {
      let stops =
        [spec.end.text] + chat.options.stopTexts + (chat.options.endOfText.map { [$0] } ?? [])
      if !stops.contains(text) {
        found.append(
          Finding(
            .terminatorNotEOS, .warning,
            "a turn ends with \(shown(text)), but the tokenizer's files stop at \(shown(spec.end.text))",
            sample: sample,
            remedy:
              "add its id to eos_token_id of generation_config.json, or name it with \(OptionName.eosToken)"
          ))
      }
    }
    return found
  }

  // MARK: The prompt

  private func prompt() -> [Finding] {
    guard chat.template.readsGenerationPrompt,
      case .success(let asked) = TemplateProbe.question.render(chat, prompt: true),
      case .success(let answered) = TemplateProbe.exchange.render(chat),
      !answered.text.starts(with: asked.text)
    else { return [] }
    let common = zip(asked.text, answered.text).prefix { $0 == $1 }.count
    let sample = { (text: [UInt8]) in shown(Array(text.dropFirst(max(0, common - 20)).prefix(60))) }
    return [
      Finding(
        .promptDiffers, .note,
        "a turn does not begin as the prompt for it ends: the model is prompted differently from how it was taught",
        sample: "prompt …\(sample(asked.text)), turn …\(sample(answered.text))",
        remedy: "render a conversation with and without the generation prompt, and ask the model "
          + "as its turns begin")
    ]
  }

  // MARK: What is left out

  private func dropped() -> [Finding] {
    var found: [Finding] = []
    func look(_ probe: TemplateProbe, _ role: String, _ wanted: [(String, Finding)]) {
      switch probe.render(chat) {
      case .failure(let error):
        found.append(
          Finding(
            .roleRefused, .note, "the template refuses \(role)", sample: error.reason,
            remedy: "such records are rejects"))
      case .success(let rendered):
        let text = shown(rendered.text)
        for (word, finding) in wanted where !text.contains(word) { found.append(finding) }
      }
    }
    func lost(_ code: Finding.Code, _ severity: Finding.Severity, _ what: String) -> Finding {
      Finding(
        code, severity, "the template leaves out \(what)", sample: chat.template.name,
        remedy: "use a template that shows it, if your records have it")
    }
    look(
      .system, "a system turn", [("Qsystem", lost(.roleDropped, .warning, "the system turn"))])
    look(
      .tools, "the tools of a record",
      [("Qdescription", lost(.toolsDropped, .warning, "the tools of a record"))])
    // Some templates want the arguments of a call as an object, some as a text.
    var calls = TemplateProbe.calls
    if case .failure = calls.render(chat) { calls = .callsAsText }
    look(
      calls, "calls of tools and their answers",
      [
        ("Qcity", lost(.toolCallsDropped, .warning, "the assistant's tool calls")),
        ("Qresult", lost(.roleDropped, .warning, "the answers of tools")),
      ])
    look(
      .reasoning, "reasoning",
      [("Qthoughttwo", lost(.reasoningDropped, .note, "the assistant's reasoning"))])
    return found
  }

  // MARK: History

  private func rewritten() -> [Finding] {
    for probe in TemplateProbe.allCases {
      guard case .failure(let error) = probe.render(chat, history: .error),
        error.kind == .historyRewritten
      else { continue }
      return [
        Finding(
          .historyRewritten, .warning,
          "the template rewrites earlier turns (\(probe.name)): they are learned differently from what the "
            + "model would have written them",
          sample: error.field ?? "",
          remedy:
            "use \(OptionName.history("unroll")) (a sample for each turn), last-turn, or error to find the records"
        )
      ]
    }
    return []
  }
}
