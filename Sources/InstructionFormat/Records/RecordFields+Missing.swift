import JSONText
import Problems

/// What is said of fields that are not there.
extension RecordFields {
  func missing(_ role: RecordRole, in record: JSONNode) -> Problem {
    let name = name(of: role)
    let keys = Self.keys(of: record)
    let meant: String
    if let given = given[role] {
      meant = NearName.of(given, among: keys).map { "did you mean `\($0)`?" } ?? "add it"
    } else if let (key, near) = near(role, among: keys) {
      meant = "did you mean `\(near)`? Read it with \(OptionName.field("\(role.rawValue)=\(key)"))"
    } else {
      meant = "add it, or name the one that holds it: \(OptionName.field("\(role.rawValue)=NAME"))"
    }
    return Problem(
      .missingField, field: name,
      reason: "field \"\(name)\" is missing\(Self.list(keys, "; the record has "))", remedy: meant)
  }

  func unknownSchema(_ record: JSONNode) -> Problem {
    let keys = Self.keys(of: record)
    var remedy =
      "name the fields, as in \(OptionName.field("task=question")) \(OptionName.field("response=answer"))"
    for role in RecordRole.ofRecords {
      guard let (key, near) = near(role, among: keys) else { continue }
      remedy = "did you mean `\(near)`? Read it with \(OptionName.field("\(role.rawValue)=\(key)"))"
      break
    }
    return Problem(
      .unknownSchema,
      reason: keys.isEmpty
        ? "the record is an empty object" : "no known field\(Self.list(keys, " among "))",
      remedy: remedy)
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
