/// Who speaks in a message, whatever word a data set has for it.
public enum MessageRole: String, Hashable, Sendable, CaseIterable {
  case system, developer, user, assistant, tool
  /// A call of a tool as a message of its own (ShareGPT): the assistant's turn.
  case call = "function_call"

  /// Words that published data sets use, in lower case with `_` between words. They mean the same under
  /// `role` and under `from`.
  private static let words: [(name: [UInt8], meaning: MessageRole)] = {
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
    return table.flatMap { role, names in names.map { (Array($0.utf8), role) } }
  }()

  private static let table = NameTable(words)

  /// The words that a message about an unknown role lists.
  static let known = words.map { String(decoding: $0.name, as: UTF8.self) }.sorted()

  /// The role that a word names: case does not matter, nor whether `_`, `-` or a space joins its parts.
  public static func named(_ word: some Collection<UInt8>) -> MessageRole? {
    let count = word.count
    guard count <= 24 else { return nil }
    var folded = InlineArray<24, UInt8>(repeating: 0)
    var index = 0
    for byte in word {
      folded[index] =
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "-"), UInt8(ascii: " "): UInt8(ascii: "_")
        default: byte
        }
      index += 1
    }
    return unsafe folded.span.withUnsafeBufferPointer { bytes in
      unsafe table.find(UnsafeBufferPointer(rebasing: bytes[..<count]))
    }
  }

  /// Place in an array with one element for each word that templates know.
  var wordSlot: Int {
    switch self {
    case .system: 0
    case .developer: 1
    case .user: 2
    case .assistant, .call: 3
    case .tool: 4
    }
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
