/// Why one record of a conversation has no render: a reject with a stable name.
public struct ChatReject: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable, CaseIterable {
    case notAnObject = "not-an-object"
    case missingField = "missing-field"
    case wrongType = "wrong-type"
    case unknownRole = "unknown-role"
    case emptyConversation = "empty-conversation"
    case emptyResponse = "empty-response"
    case noAssistantTurn = "no-assistant-turn"
    case templateRefused = "template-refused"
    case templateFailed = "template-failed"
    case dateMissing = "date-missing"
    case historyRewritten = "history-rewritten"
    case tooLarge = "too-large"
  }

  public var code: Code
  /// Where in the record, such as `messages[3].role`; empty where the whole record is meant.
  public var field: String
  /// In words; for a template, what it raised and its place.
  public var reason: String
  public var remedy: String

  public init(_ code: Code, field: String = "", reason: String, remedy: String) {
    self.code = code
    self.field = field
    self.reason = reason
    self.remedy = remedy
  }

  init(_ error: RecordError) {
    self.init(
      Code(rawValue: error.kind.rawValue) ?? .wrongType, field: error.field ?? "",
      reason: error.reason, remedy: error.remedy)
  }

  public var description: String {
    (field.isEmpty ? "" : field + ": ") + reason + (remedy.isEmpty ? "" : " (\(remedy))")
  }
}

extension RecordError {
  /// The reject of a record whose conversation cannot be rendered.
  public init(_ reject: ChatReject) {
    self.init(
      RejectKind(rawValue: reject.code.rawValue) ?? .templateFailed,
      field: reject.field.isEmpty ? nil : reject.field,
      reason: reject.field.isEmpty ? reject.reason : "\(reject.field): \(reject.reason)",
      remedy: reject.remedy)
  }
}
