import ShardWriter

/// A folder under the system's temporary one; removed with what it holds when let go.
package final class TemporaryFolder {
  package let path: String

  package init() throws {
    let name = "prep-test-\(UInt64.random(in: 0...UInt64.max))"
    path = "/tmp/" + name
    try AtomicFile.makeFolder(path)
  }

  package func file(_ name: String) -> String { AtomicFile.path(path, name) }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    for name in (try? AtomicFile.names(in: path)) ?? [] {
      let inner = AtomicFile.path(path, name)
      if FileSystem.remove(inner) != nil { remove(inner) }
    }
    _ = FileSystem.removeFolder(path)
  }
}
