import Jinja

/// The messages of one record as the template sees them, and what is known of each.
struct Conversation {
  enum Role: Sendable { case system, user, assistant, tool }

  struct Turn {
    var role: Role
    /// The role that the record names, and the path of the message.
    var named: MessageRole?
    var path: UInt32
    var learning = Learning()
    /// Whether an assistant says anything: content, reasoning or tool calls.
    var isEmpty: Bool
    /// Whether it says nothing but white space.
    var isBlank: Bool
    var hasCalls = false
    /// Whether it belongs to the prompt of a prompt and a completion: never learned unless all is.
    var isPrompt = false

    var weight: Float { learning.weight }
  }

  /// A list value of message dictionaries.
  var messages = Value(.list, start: 0, count: 0)
  var turns: [Turn] = []
  var tools = Value.none
  var documents = Value.none
  /// `chat_template_kwargs` of the record.
  var variables = Value.missing
  var date: TemplateDate?
  /// Arguments of calls that were texts and are given to the template as objects.
  var decodedArguments = 0
  /// Whether the run's own system turn stands before it.
  var hasAddedSystem = false

  /// Forgets the record, keeps the storage.
  mutating func removeAll() {
    messages = Value(.list, start: 0, count: 0)
    turns.removeAll(keepingCapacity: true)
    tools = .none
    documents = .none
    variables = .missing
    date = nil
    decodedArguments = 0
    hasAddedSystem = false
  }
}
