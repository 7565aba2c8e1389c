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

  /// The names by role.
  func given() throws -> [RecordRole: String] {
    var given: [RecordRole: String] = [:]
    for field in fields {
      let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let role = RecordRole(rawValue: parts[0]) else {
        throw ValidationError(
          "--field \(field): give role=name, the role one of "
            + RecordRole.allCases.map(\.rawValue).joined(separator: ", "))
      }
      given[role] = parts[1]
    }
    return given
  }
}
