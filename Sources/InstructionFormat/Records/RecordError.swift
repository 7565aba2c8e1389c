/// Why a record gives no sample: the field at fault, the reason, and what to do about it.
///
/// Its place in the file is added by whoever reads the file.
public struct RecordError: Error, Hashable, Sendable, CustomStringConvertible {
  public var kind: RejectKind
  /// Path in the record, such as `messages[2].role`; nil where no one field is at fault.
  public var field: String?
  /// What is wrong, in words that name the field.
  public var reason: String
  /// What to do about it; may be empty.
  public var remedy: String
  /// Where in the record's bytes; nil for the whole record.
  public var byteOffset: Int?

  public init(
    _ kind: RejectKind, field: String? = nil, reason: String, remedy: String = "",
    byteOffset: Int? = nil
  ) {
    self.kind = kind
    self.field = field
    self.reason = reason
    self.remedy = remedy
    self.byteOffset = byteOffset
  }

  public var description: String { remedy.isEmpty ? reason : "\(reason) (\(remedy))" }
}

/// The short names under which rejects are counted. Stable: they are keys of the report.
public enum RejectKind: String, Hashable, Sendable, CaseIterable {
  case invalidJSON = "invalid-json"
  case invalidUTF8 = "invalid-utf8"
  case loneSurrogate = "lone-surrogate"
  case notAnObject = "not-an-object"
  case unknownSchema = "unknown-schema"
  case missingField = "missing-field"
  case wrongType = "wrong-type"
  case emptyPrompt = "empty-prompt"
  case emptyResponse = "empty-response"
  case emptyText = "empty-text"
  case emptyConversation = "empty-conversation"
  case unknownRole = "unknown-role"
  case noAssistantTurn = "no-assistant-turn"
  /// The chat template raised an exception of its own.
  case templateRefused = "template-refused"
  /// The chat template failed on the record.
  case templateFailed = "template-failed"
  /// The chat template shows today's date, and none was given.
  case dateMissing = "date-missing"
  /// The template rewrites earlier turns, and the run asked for an error then.
  case historyRewritten = "history-rewritten"
  /// A token spans a supervised boundary, and the run asked for an error then.
  case straddlingToken = "straddling-token"
  /// The tokenizer cannot encode the text.
  case notEncodable = "not-encodable"
  /// Longer than its budget, and the run drops such samples.
  case tooLong = "too-long"
  /// More bytes than a record may have.
  case tooLarge = "too-large"
  /// Nothing is left to learn from, after truncation.
  case nothingSupervised = "nothing-supervised"
}
