import JSONText
import Problems

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
  case task, context, response, text, messages

  /// The names under which published data sets have it, most wanted first.
  var usualNames: [String] {
    switch self {
    case .task: ["task", "instruction", "prompt", "question"]
    case .context: ["context", "input"]
    case .response: ["response", "output", "completion", "answer"]
    case .text: ["text"]
    case .messages: ["messages", "conversations"]
    }
  }
}

/// Finds the members of records: by the usual names, or by names that the user gave.
///
/// `instruction/input/output`, `prompt/completion`, `prompt/response` and `question/answer` are read
/// as `task/context/response`. Where a record has several candidates, the first of the list counts.
public struct RecordFields: Hashable, Sendable {
  public let schema: RecordSchema
  /// Names given by the user; a role named here has no other name.
  public let given: [RecordRole: String]
  private let names: [(name: [UInt8], role: RecordRole, rank: Int)]

  public init(schema: RecordSchema = .auto, given: [RecordRole: String] = [:]) {
    self.schema = schema
    self.given = given
    names = RecordRole.allCases.flatMap { role in
      (given[role].map { [$0] } ?? role.usualNames).enumerated().map {
        (Array($0.element.utf8), role, $0.offset)
      }
    }
  }

  public static func == (a: Self, b: Self) -> Bool { a.schema == b.schema && a.given == b.given }
  public func hash(into hasher: inout Hasher) { hasher.combine(schema) }

  /// The members found in one record. Valid as long as the parsed record is.
  public struct Found {
    public var task: JSONNode?
    public var context: JSONNode?
    public var response: JSONNode?
    public var text: JSONNode?
    public var messages: JSONNode?
    private var ranks = InlineArray<5, Int>(repeating: .max)

    /// Place in the list of a role's names; nil where the record lacks it.
    fileprivate func rank(of role: RecordRole) -> Int? {
      let rank = ranks[Self.slot(role)]
      return rank == .max ? nil : rank
    }

    private static func slot(_ role: RecordRole) -> Int {
      switch role {
      case .task: 0
      case .context: 1
      case .response: 2
      case .text: 3
      case .messages: 4
      }
    }

    subscript(role: RecordRole) -> JSONNode? {
      switch role {
      case .task: task
      case .context: context
      case .response: response
      case .text: text
      case .messages: messages
      }
    }

    /// Keeps the better name of a role; of one name twice, the last (as Python's `json` does).
    fileprivate mutating func take(_ node: JSONNode, as role: RecordRole, rank: Int) {
      let slot = Self.slot(role)
      guard rank <= ranks[slot] else { return }
      ranks[slot] = rank
      switch role {
      case .task: task = node
      case .context: context = node
      case .response: response = node
      case .text: text = node
      case .messages: messages = node
      }
    }
  }

  /// Reads one record's members. O(members × names), no allocation.
  public func find(in record: JSONNode) throws(RecordError) -> Found {
    guard record.isObject else {
      throw RecordError(
        .notAnObject, reason: "the record is \(record.kind.name), not an object",
        remedy: "write one JSON object a record")
    }
    var found = Found()
    for (key, value) in record.members {
      guard let key = unsafe key.utf8 else { continue }
      for candidate in names
      where unsafe candidate.name.withUnsafeBufferPointer({ unsafe key.isEqual(to: $0) }) {
        found.take(value, as: candidate.role, rank: candidate.rank)
      }
    }
    return found
  }

  /// The schema of one record: the run's, or what its members say.
  public func schema(of found: Found, record: JSONNode) throws(RecordError) -> RecordSchema {
    guard schema == .auto else { return schema }
    // A prompt may be the conversation so far, the completion its last turns.
    let promptIsConversation = found.task?.elements.first { _ in true }?.isObject ?? false
    if found.messages != nil || promptIsConversation { return .messages }
    if found.response != nil { return .instruction }
    if found.text != nil { return .text }
    if found.task != nil || found.context != nil { return .instruction }
    let keys = record.members.prefix(8).map { "\"\($0.key.string ?? "")\"" }
    throw RecordError(
      .unknownSchema,
      reason: keys.isEmpty
        ? "the record is an empty object"
        : "no known field among \(keys.joined(separator: ", "))",
      remedy: "name the fields, as in --field task=question --field response=answer")
  }

  /// The name under which messages speak of a role: the user's, else the record's own, else ours.
  public func name(of role: RecordRole, in found: Found? = nil) -> String {
    given[role] ?? found?.rank(of: role).map { role.usualNames[$0] } ?? role.rawValue
  }

  /// The required string of a role.
  public func string(_ role: RecordRole, in found: Found) throws(RecordError)
    -> UnsafeBufferPointer<UInt8>
  {
    guard let node = found[role] else { throw missing(role) }
    guard let bytes = unsafe node.utf8 else { throw wrongType(name(of: role, in: found), node) }
    return unsafe bytes
  }

  /// The string of a role that may be absent or null: empty then.
  public func optionalString(_ role: RecordRole, in found: Found) throws(RecordError)
    -> UnsafeBufferPointer<UInt8>
  {
    guard let node = found[role], !node.isNull else {
      return unsafe UnsafeBufferPointer(start: nil, count: 0)
    }
    guard let bytes = unsafe node.utf8 else { throw wrongType(name(of: role, in: found), node) }
    return unsafe bytes
  }

  private func missing(_ role: RecordRole) -> RecordError {
    let name = name(of: role)
    return RecordError(
      .missingField, field: name, reason: "field \"\(name)\" is missing",
      remedy: given[role] == nil
        ? "add it, or name the one that holds it: --field \(role.rawValue)=NAME" : "add it")
  }

  private func wrongType(_ name: String, _ node: JSONNode) -> RecordError {
    RecordError(
      .wrongType, field: name, reason: "field \"\(name)\" is \(node.kind.name), not a string",
      remedy: "write it as a string")
  }
}
