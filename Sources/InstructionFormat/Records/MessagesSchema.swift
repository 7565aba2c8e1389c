import JSONText
import Problems

/// Checks that a record's messages are a conversation with something to learn, before any template
/// sees them.
public enum MessagesSchema {
  /// Roles of OpenAI's chat format, and those of ShareGPT that mean the same.
  private static let roles = [
    "system", "developer", "user", "assistant", "tool", "function", "ipython", "environment",
    "human", "gpt", "chatgpt", "bing", "bard", "observation", "function_call", "function_response",
  ].map { Array($0.utf8) }
  private static let assistantRoles = [
    "assistant", "gpt", "chatgpt", "bing", "bard", "function_call",
  ].map { Array($0.utf8) }

  /// Checks the array under `name`: objects with a known role and content (or tool calls), at least
  /// one turn of the assistant. O(messages), no allocation unless it throws.
  public static func validate(_ messages: JSONNode, name: String) throws(RecordError) {
    guard messages.isArray else {
      throw RecordError(
        .wrongType, field: name,
        reason: "field \"\(name)\" is \(messages.kind.name), not an array",
        remedy: "write the turns as an array of objects")
    }
    var count = 0
    var assistants = 0
    for message in messages.elements {
      if try validate(message, path: { "\(name)[\(count)]" }) { assistants += 1 }
      count += 1
    }
    guard count > 0 else {
      throw RecordError(
        .emptyConversation, field: name, reason: "field \"\(name)\" has no messages",
        remedy: "remove the record")
    }
    guard assistants > 0 else {
      throw RecordError(
        .noAssistantTurn, field: name,
        reason: "field \"\(name)\" has no turn of the assistant: there is nothing to learn",
        remedy: "remove the record")
    }
  }

  /// Checks one message; whether the assistant speaks.
  private static func validate(_ message: JSONNode, path: () -> String) throws(RecordError) -> Bool
  {
    guard message.isObject else {
      throw RecordError(
        .wrongType, field: path(), reason: "\(path()) is \(message.kind.name), not an object",
        remedy: "write a message as {\"role\": …, \"content\": …}")
    }
    let sharegpt = message["role"] == nil && message["from"] != nil
    let roleName = sharegpt ? "from" : "role"
    let contentName = sharegpt ? "value" : "content"
    guard let role = sharegpt ? message["from"] : message["role"] else {
      throw RecordError(
        .missingField, field: "\(path()).role", reason: "\(path()).role is missing",
        remedy: "say who speaks: system, user, assistant or tool")
    }
    guard let bytes = unsafe role.utf8 else {
      throw RecordError(
        .wrongType, field: "\(path()).\(roleName)",
        reason: "\(path()).\(roleName) is \(role.kind.name), not a string",
        remedy: "say who speaks: system, user, assistant or tool")
    }
    guard roles.contains(where: { unsafe bytes.elementsEqual($0) }) else {
      throw RecordError(
        .unknownRole, field: "\(path()).\(roleName)",
        reason: "\(path()).\(roleName) is \"\(role.string ?? "")\", which is no known role",
        remedy: "use system, user, assistant or tool")
    }
    let isAssistant = assistantRoles.contains { unsafe bytes.elementsEqual($0) }
    let content = sharegpt ? message["value"] : message["content"]
    switch content?.kind {
    case .string?, .array?: break
    case nil, .null?:
      let says = [message["tool_calls"], message["reasoning_content"], message["thinking"]]
      guard says.contains(where: { $0.map { !$0.isNull } ?? false }) else {
        throw RecordError(
          content == nil ? .missingField : .wrongType, field: "\(path()).\(contentName)",
          reason: "\(path()).\(contentName) is \(content == nil ? "missing" : "null")",
          remedy: "write what was said, as a string or an array of parts")
      }
    case let kind?:
      throw RecordError(
        .wrongType, field: "\(path()).\(contentName)",
        reason: "\(path()).\(contentName) is \(kind.name), not a string",
        remedy: "write what was said, as a string or an array of parts")
    }
    return isAssistant
  }
}
