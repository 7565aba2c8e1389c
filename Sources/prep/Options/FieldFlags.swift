import ArgumentParser
import InstructionFormat
import Pipeline
import Problems

/// Flags of every command that reads records: what their members mean.
struct FieldFlags: ParsableArguments {
  @Option(help: .of(.schema))
  var schema = RecordSchema.auto

  @Option(name: .customLong("field"), parsing: .singleValue, help: .of(.field))
  var fields: [String] = []

  @Option(name: .customLong("role"), parsing: .singleValue, help: .of(.role))
  var roleWords: [String] = []

  func validate() throws {
    _ = try given()
    _ = try meanings()
  }

  /// What words for roles mean.
  var roles: [String: MessageRole] { (try? meanings()) ?? [:] }

  private func meanings() throws -> [String: MessageRole] {
    var roles: [String: MessageRole] = [:]
    for word in roleWords {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let meant = MessageRole.named(parts[1].utf8) else {
        throw ValidationError(
          "--role \(word): give name=role, the role one of system, developer, user, assistant, tool"
        )
      }
      roles[parts[0]] = meant
    }
    return roles
  }

  private static func remedy(_ parts: [String], _ field: String) -> String {
    if parts.count == 2, RecordRole(rawValue: parts[1]) != nil {
      return "the role stands first: --field \(parts[1])=\(parts[0])"
    }
    let colon = field.split(separator: ":", maxSplits: 1).map(String.init)
    if colon.count == 2, RecordRole(rawValue: colon[0]) != nil {
      return "write it with an equals sign: --field \(colon[0])=\(colon[1])"
    }
    return "give role=name, the role one of "
      + RecordRole.allCases.map(\.rawValue).joined(separator: ", ")
  }

  /// The names by role.
  func given() throws -> [RecordRole: String] {
    var given: [RecordRole: String] = [:]
    for field in fields {
      let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let role = RecordRole(rawValue: parts[0]) else {
        throw ValidationError("--field \(field): \(Self.remedy(parts, field))")
      }
      given[role] = parts[1]
    }
    return given
  }
}
