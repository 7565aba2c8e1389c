import ArgumentParser
import Files
import SystemPackage

/// Standard output with a buffer, for commands that print a line a record.
struct StandardOutput {
  private var buffer: [UInt8] = []
  private static let limit = 1 << 18

  mutating func write(_ bytes: [UInt8]) throws {
    buffer += bytes
    if buffer.count >= Self.limit { try flush() }
  }

  mutating func line(_ text: String) throws {
    buffer += text.utf8
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= Self.limit { try flush() }
  }

  /// Call once at the end. Where the output cannot be written, says so and ends the command.
  mutating func flush() throws {
    do {
      try FileDescriptor.standardOutput.writeAll(buffer)
    } catch {
      StandardError.line("prep: cannot write to standard output: \(error)")
      throw PrepExit.unusable
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
