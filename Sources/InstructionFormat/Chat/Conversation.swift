import JSONText
import Jinja

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

  private static let roles: [(name: StaticString, role: Role)] = [
    ("user", .user), ("assistant", .assistant), ("system", .system), ("tool", .tool),
    ("developer", .system), ("human", .user), ("context", .user), ("gpt", .assistant),
    ("model", .assistant), ("chatbot", .assistant), ("bot", .assistant), ("bing", .assistant),
    ("chatgpt", .assistant), ("function", .tool), ("ipython", .tool), ("observation", .tool),
    ("tool_response", .tool), ("environment", .tool), ("function_response", .tool),
  ]

  static func role(_ name: UnsafeBufferPointer<UInt8>) -> Role? {
    for (word, role) in roles where unsafe name.isEqual(to: word) { return role }
    return nil
  }
}
