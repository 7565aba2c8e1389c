import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A folder that is removed with its contents when it is released.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/prep-test-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
      unsafe mkdtemp(buffer.baseAddress!) != nil
    }
    guard made else { throw Errno(rawValue: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  /// Writes a file, making its folders; its path.
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    var parent = path
    for part in name.split(separator: "/").dropLast() {
      parent += "/\(part)"
      unsafe mkdir(parent, 0o755)
    }
    let file = try FileDescriptor.open(
      FilePath("\(path)/\(name)"), .writeOnly, options: [.create, .truncate],
      permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(bytes) }
    return "\(path)/\(name)"
  }

  static func remove(_ path: String) {
    if let folder = unsafe opendir(path) {
      var names: [String] = []
      while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
            unsafe String(cString: $0)
          }
        }
        if name != ".", name != ".." { names.append(name) }
      }
      unsafe closedir(folder)
      for name in names { remove("\(path)/\(name)") }
      unsafe rmdir(path)
    } else {
      unsafe unlink(path)
    }
  }
}
