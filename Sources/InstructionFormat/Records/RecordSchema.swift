/// What the members of a record mean.
public enum RecordSchema: String, Hashable, Sendable, CaseIterable {
  /// Each record's own members decide: messages, else instruction, else text.
  case auto
  /// A task, an optional context and a response.
  case instruction
  /// Turns of a conversation.
  case messages
  /// Plain text, learned from its first token on.
  case text
}

/// A member that a schema asks for.
public enum RecordRole: String, Hashable, Sendable, CaseIterable {
  case task, context, response, text, messages, system, history, tools, documents
  /// Keys inside a message.
  case role, content

  /// The names under which published data sets have it, most wanted first.
  var usualNames: [String] { Self.usual[slot] }

  /// Every role with the names that are read without being told, as in `task (instruction, prompt)`.
  public static let knownNames = allCases.map { role in
    let others = role.published.filter { $0 != role.rawValue }
    return role.rawValue + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))")
  }.joined(separator: "; ")

  // Made once: messages and look-ups ask for them record by record.
  private static let usual: [[String]] = allCases.sorted { $0.slot < $1.slot }.map(\.published)

  private var published: [String] {
    switch self {
    case .task: ["task", "instruction", "prompt", "question", "query", "inputs", "problem"]
    case .context: ["context", "input"]
    case .response: ["response", "output", "completion", "answer", "targets", "target", "solution"]
    case .text: ["text"]
    case .messages: ["messages", "conversations", "conversation"]
    case .system: ["system", "system_prompt"]
    case .history: ["history"]
    case .tools: ["tools", "functions"]
    case .documents: ["documents"]
    case .role: ["role", "from", "speaker"]
    case .content: ["content", "value", "text"]
    }
  }

  /// Those that are members of the record itself.
  static let ofRecords = allCases.filter { $0 != .role && $0 != .content }

  /// Place in an array with one element for each.
  public var slot: Int {
    switch self {
    case .task: 0
    case .context: 1
    case .response: 2
    case .text: 3
    case .messages: 4
    case .system: 5
    case .history: 6
    case .tools: 7
    case .documents: 8
    case .role: 9
    case .content: 10
    }
  }
}
