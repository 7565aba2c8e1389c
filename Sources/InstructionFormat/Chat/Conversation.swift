/// The messages of one record as the template sees them, and what is known of each.
struct Conversation {
  enum Role: Sendable { case system, user, assistant, tool }

  struct Turn {
    var role: Role
    var weight: Float
    /// Whether an assistant says anything: content, reasoning or tool calls.
    var isEmpty: Bool
  }

  /// A list value of message dictionaries.
  var messages = Value(.list, start: 0, count: 0)
  var turns: [Turn] = []
  var tools = Value.none
  var documents = Value.none
  /// `chat_template_kwargs` of the record.
  var variables = Value.missing
  var date: TemplateDate?

  /// Forgets the record, keeps the storage.
  mutating func removeAll() {
    messages = Value(.list, start: 0, count: 0)
    turns.removeAll(keepingCapacity: true)
    tools = .none
    documents = .none
    variables = .missing
    date = nil
  }

  static func role(_ name: some Collection<UInt8>) -> Role? {
    switch String(decoding: name, as: UTF8.self) {
    case "system", "developer": .system
    case "user", "human", "context": .user
    case "assistant", "model", "chatbot", "gpt", "bot", "chatgpt": .assistant
    case "tool", "function", "ipython", "observation", "tool_response", "environment",
      "function_response":
      .tool
    default: nil
    }
  }
}
