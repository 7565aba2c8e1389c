import InstructionFormat
import JSONText
import Pipeline
import Problems

/// Conversations made up to see what a template does with them, each word of them unlike any other.
enum TemplateProbe: String, CaseIterable {
  case plain =
    #"{"messages":[{"role":"user","content":"Quserone"},{"role":"assistant","content":"Qanswerone"},{"role":"user","content":"Qusertwo"},{"role":"assistant","content":"Qanswertwo"}]}"#
  case system =
    #"{"messages":[{"role":"system","content":"Qsystem"},{"role":"user","content":"Quserone"},{"role":"assistant","content":"Qanswerone"}]}"#
  case tools =
    #"{"tools":[{"type":"function","function":{"name":"Qtool","description":"Qdescription","parameters":{"type":"object","properties":{"city":{"type":"string","description":"a city"}},"required":["city"]}}}],"messages":[{"role":"user","content":"Quserone"},{"role":"assistant","content":"Qanswerone"}]}"#
  case calls =
    #"{"messages":[{"role":"user","content":"Quserone"},{"role":"assistant","content":"","tool_calls":[{"id":"call00001","type":"function","function":{"name":"Qtool","arguments":{"city":"Qcity"}}}]},{"role":"tool","content":"Qresult","name":"Qtool","tool_call_id":"call00001"},{"role":"assistant","content":"Qanswerone"},{"role":"user","content":"Qusertwo"},{"role":"assistant","content":"Qanswertwo"}]}"#
  case callsAsText =
    #"{"messages":[{"role":"user","content":"Quserone"},{"role":"assistant","content":"","tool_calls":[{"id":"call00001","type":"function","function":{"name":"Qtool","arguments":"{\"city\": \"Qcity\"}"}}]},{"role":"tool","content":"Qresult","name":"Qtool","tool_call_id":"call00001"},{"role":"assistant","content":"Qanswerone"},{"role":"user","content":"Qusertwo"},{"role":"assistant","content":"Qanswertwo"}]}"#
  case reasoning =
    #"{"messages":[{"role":"user","content":"Quserone"},{"role":"assistant","content":"Qanswerone","reasoning_content":"Qthoughtone"},{"role":"user","content":"Qusertwo"},{"role":"assistant","content":"Qanswertwo","reasoning_content":"Qthoughttwo"}]}"#

  case question = #"{"messages":[{"role":"user","content":"Quserone"}]}"#
  case exchange =
    #"{"messages":[{"role":"user","content":"Quserone"},{"role":"assistant","content":"Qanswerone"}]}"#

  /// Its words for a reader.
  var name: String {
    switch self {
    case .plain: "two exchanges"
    case .system: "a system turn"
    case .tools: "tools"
    case .calls: "a call of a tool"
    case .callsAsText: "a call of a tool, its arguments a text"
    case .reasoning: "reasoning in two turns"
    case .question: "a question"
    case .exchange: "one exchange"
    }
  }

  /// What a template makes of it; with `prompt`, and the prompt for the next turn behind it.
  func render(
    _ chat: ChatSpec, history: HistoryPolicy = .asRendered, prompt: Bool = false
  ) -> Result<RenderedRecord, Problem> {
    var chat = chat
    chat.options.addGenerationPrompt = prompt
    // A question alone has nothing to learn.
    chat.options.isStrict = !prompt
    // What a template leaves out is a finding of its own.
    chat.options.allowsDropped = true
    chat.options.history = history
    chat.options.loss = .assistant
    chat.options.system = nil
    // Another finding says so where a date is missing.
    if chat.options.date == nil { chat.options.date = TemplateDate("2024-01-01".utf8) }
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    let samples = ChatSamples(chat, fields: RecordFields())
    do throws(Problem) {
      _ = try samples.prepare(parser.parse(rawValue.utf8))
      try samples.render(sample: 0)
      return .success(samples.sample)
    } catch {
      return .failure(error)
    }
  }
}
