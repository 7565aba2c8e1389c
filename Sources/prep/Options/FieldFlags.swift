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

  func validate() throws { _ = try given() }

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
