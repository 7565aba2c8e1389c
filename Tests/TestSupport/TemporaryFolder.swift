import Files

/// A folder under the system's temporary one; removed with what it holds when let go.
package final class TemporaryFolder {
  package let path: String

  package init() throws {
    path = "/tmp/prep-test-\(UInt64.random(in: 0...UInt64.max))"
    try AtomicFile.makeFolder(path)
  }

  package func file(_ name: String) -> String { AtomicFile.path(path, name) }

  /// Writes a file, making its folders; its path.
  package func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    if let slash = name.lastIndex(of: "/") {
      try AtomicFile.makeFolder(file(String(name[..<slash])))
    }
    try AtomicFile.write(bytes, to: file(name))
    return file(name)
  }

  deinit { Self.remove(path) }

  /// Removes a file, or a folder with what it holds.
  package static func remove(_ path: String) {
    if FileSystem.remove(path) == nil { return }
    for name in (try? AtomicFile.names(in: path)) ?? [] { remove(AtomicFile.path(path, name)) }
    _ = FileSystem.removeFolder(path)
  }
}
