/// Who speaks in a message, whatever word a data set has for it.
public enum MessageRole: String, Hashable, Sendable, CaseIterable {
  case system, developer, user, assistant, tool
  /// A call of a tool as a message of its own (ShareGPT): the assistant's turn.
  case call = "function_call"

  /// Words that published data sets use, in lower case with `_` between words. They mean the same under
  /// `role` and under `from`.
  private static let words: [[UInt8]: MessageRole] = {
    let table: [(MessageRole, [String])] = [
      (.system, ["system"]),
      (.developer, ["developer"]),
      (.user, ["user", "human", "prompter", "context"]),
      (
        .assistant,
        ["assistant", "gpt", "model", "chatbot", "bot", "ai", "chatgpt", "bing", "bard"]
      ),
      (
        .tool,
        [
          "tool", "function", "ipython", "observation", "environment", "tool_response",
          "tool_result", "function_response", "function_result",
        ]
      ),
      (.call, ["function_call", "tool_call", "tool_calls"]),
    ]
    var words: [[UInt8]: MessageRole] = [:]
    for (role, names) in table { for name in names { words[Array(name.utf8)] = role } }
    return words
  }()

  /// The words that a message about an unknown role lists.
  static let known = words.keys.map { String(decoding: $0, as: UTF8.self) }.sorted()

  /// The role that a word names: case does not matter, nor whether `_`, `-` or a space joins its parts.
  public static func named(_ word: some Collection<UInt8>) -> MessageRole? {
    guard word.count <= 24 else { return nil }
    return words[
      word.map { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "-"), UInt8(ascii: " "): UInt8(ascii: "_")
        default: byte
        }
      }]
  }

  /// What a template calls it.
  var word: StaticString {
    switch self {
    case .system: "system"
    case .developer: "developer"
    case .user: "user"
    case .assistant, .call: "assistant"
    case .tool: "tool"
    }
  }

  /// The role as masks know it.
  var speaker: Conversation.Role {
    switch self {
    case .system, .developer: .system
    case .user: .user
    case .assistant, .call: .assistant
    case .tool: .tool
    }
  }
}
