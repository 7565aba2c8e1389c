import JSONText
import Problems

/// What is said of fields that are not there.
extension RecordFields {
  func missing(_ role: RecordRole, in record: JSONNode) -> Problem {
    let name = name(of: role)
    let keys = Self.keys(of: record)
    let meant: String
    if let given = given[role] {
      meant =
        NearName.of(given, among: keys).map { "did you mean `\($0)`?" }
        ?? "add it, or name another field"
    } else if let (key, near) = near(role, among: keys) {
      meant = "did you mean `\(near)`? Read it with \(OptionName.field("\(role.rawValue)=\(key)"))"
    } else {
      meant = "add it, or name the one that holds it: \(OptionName.field("\(role.rawValue)=NAME"))"
    }
    let names = Self.names(of: role, given: given).map(\.name)
    let reason =
      nullName(of: [role], in: record).map {
        Self.isNull($0, beside: keys.filter { !names.contains($0) })
      } ?? "field \"\(name)\" is missing\(Self.list(keys, "; the record has "))"
    return Problem(.missingField, field: name, reason: reason, remedy: meant)
  }

  func unknownSchema(_ record: JSONNode) -> Problem {
    let keys = Self.keys(of: record)
    if let name = nullName(of: Self.needed, in: record) {
      return Problem(
        .unknownSchema, reason: Self.isNull(name, beside: keys),
        remedy:
          "remove the record, or name the field that counts: \(OptionName.field("task=NAME")) or \(OptionName.field("messages=NAME"))"
      )
    }
    let remedy =
      held(by: record) ?? speakers(keys) ?? nearNames(keys)
      ?? "name the fields, as in \(OptionName.field("task=question")) \(OptionName.field("response=answer"))"
    return Problem(
      .unknownSchema,
      reason: keys.isEmpty
        ? "the record is an empty object" : "no known field\(Self.list(keys, " among "))",
      remedy: remedy)
  }

  /// The first name of one of the roles under which the record has a null.
  private func nullName(of roles: [RecordRole], in record: JSONNode) -> String? {
    for role in roles {
      for (_, name) in Self.names(of: role, given: given) where record[name]?.isAbsent ?? false {
        return name
      }
    }
    return nil
  }

  private static func isNull(_ name: String, beside keys: [String]) -> String {
    "field \"\(name)\" is null\(list(keys, "; the record has "))"
  }

  /// The roles of which a record has one at least.
  private static let needed: [RecordRole] = [.messages, .task, .response, .context, .text]

  /// What to do with a record whose fields are named after who speaks: one exchange that is no list.
  private func speakers(_ keys: [String]) -> String? {
    func key(of role: MessageRole) -> String? { keys.first { MessageRole.named($0.utf8) == role } }
    guard let user = key(of: .user), let assistant = key(of: .assistant) else { return nil }
    var options = [OptionName.field("task=\(user)"), OptionName.field("response=\(assistant)")]
    if let system = key(of: .system), !RecordRole.system.usualNames.contains(system) {
      options.insert(OptionName.field("system=\(system)"), at: 0)
    }
    return "read them with \(options.joined(separator: " "))"
  }

  /// Fields that have nearly a known name, one a role.
  private func nearNames(_ keys: [String]) -> String? {
    var names: [String] = []
    var options: [String] = []
    for role in RecordRole.ofRecords {
      guard let (key, near) = near(role, among: keys),
        !options.contains(where: { $0.contains("=\(key)") })
      else { continue }
      names.append("`\(near)`")
      options.append("\(OptionName.field("\(role.rawValue)=\(key)"))")
    }
    guard !names.isEmpty else { return nil }
    let them = names.count == 1 ? "it" : "them"
    return
      "did you mean \(names.joined(separator: " and "))? Read \(them) with \(options.joined(separator: " "))"
  }

  /// What to do with a record that holds others: a file's only object, with its records in a member. Nil for others.
  private func held(by record: JSONNode) -> String? {
    if record["input_ids"] != nil {
      return
        "the record is tokenized already: give the texts it was made from, so that what is learned can be told"
    }
    for (key, value) in record.members {
      guard let name = key.string, let first = value.elements.first(where: { _ in true }),
        first.isObject
      else { continue }
      if let content = Self.content(of: first) {
        var options = [OptionName.field("messages=\(name)")]
        if !RecordRole.content.usualNames.contains(content) {
          options.append(OptionName.field("content=\(content)"))
        }
        return
          "read the conversation in \"\(name)\" with \(options.joined(separator: " "))"
      }
      return
        "\"\(name)\" is a list of objects: if these are the records, write them one a line, as jq -c '.\(name)[]' does"
    }
    return inside(record)
  }

  /// The name under which a message has its content; nil where the object is none.
  private static func content(of message: JSONNode) -> String? {
    guard let role = RecordRole.role.usualNames.first(where: { message[$0]?.isString ?? false })
    else { return nil }
    let usual = RecordRole.content.usualNames.first { message[$0].map { !$0.isNull } ?? false }
    return usual
      ?? message.members.first { key, value in
        key.string != role && (value.isString || value.isArray && !value.isEmpty)
      }?.key.string
  }

  /// What to do with a record whose fields stand in one of its members. Nil for others.
  private func inside(_ record: JSONNode) -> String? {
    for (key, value) in record.members where value.isObject {
      guard let name = key.string else { continue }
      var options: [String] = []
      for (key, value) in value.members where !value.isAbsent {
        guard let inner = key.string else { continue }
        if value.holdsMessages {
          return "read the conversation in it with \(OptionName.field("messages=\(name).\(inner)"))"
        }
        let roles: [RecordRole] = [.task, .context, .response]
        if let role = roles.first(where: { $0.usualNames.contains(inner) }) {
          options.append("\(OptionName.field("\(role.rawValue)=\(name).\(inner)"))")
        }
      }
      if options.count > 1 { return "read the fields in it with \(options.joined(separator: " "))" }
    }
    return nil
  }

  /// A key of the record that is nearly one of a role's names, and that name.
  private func near(_ role: RecordRole, among keys: [String]) -> (key: String, name: String)? {
    let known = Set(RecordRole.ofRecords.flatMap(\.usualNames))
    for key in keys where !known.contains(key) {
      if let name = NearName.of(key, among: role.usualNames) { return (key, name) }
    }
    return nil
  }

  private static func keys(of record: JSONNode) -> [String] {
    record.members.map { $0.key.string ?? "" }
  }

  private static func list(_ keys: [String], _ opening: String) -> String {
    guard !keys.isEmpty else { return "" }
    let shown = keys.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ")
    return opening + shown + (keys.count > 8 ? ", …" : "")
  }
}
