import SystemPackage

/// Standard error: messages for people.
enum StandardError {
  static func line(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll(Array((text + "\n").utf8))
  }
}
