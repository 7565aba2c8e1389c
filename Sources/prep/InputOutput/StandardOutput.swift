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

  /// Call once at the end.
  mutating func flush() throws {
    try FileDescriptor.standardOutput.writeAll(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
