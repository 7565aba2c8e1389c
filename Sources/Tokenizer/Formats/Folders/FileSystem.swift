import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The few questions that finding a tokenizer asks of a file system.
enum FileSystem {
  enum Kind {
    case file, folder
  }

  /// nil where there is nothing at the path.
  static func kind(of path: FilePath) -> Kind? {
    var status = stat()
    let result = unsafe path.withPlatformString { unsafe stat($0, &status) }
    guard result == 0 else { return nil }
    return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
  }

  /// All bytes of a file; nil where it cannot be read.
  static func contents(of path: FilePath) -> [UInt8]? {
    guard kind(of: path) == .file else { return nil }
    return try? bytes(of: path)
  }

  /// All bytes of a file.
  static func bytes(of path: FilePath) throws(Errno) -> [UInt8] {
    do {
      let file = try FileDescriptor.open(path, .readOnly)
      return try file.closeAfter {
        var bytes: [UInt8] = []
        let size = Int(try file.seek(offset: 0, from: .end))
        try file.seek(offset: 0, from: .start)
        bytes.reserveCapacity(size + 1)
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
          let count = unsafe try chunk.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
          if count == 0 { return bytes }
          bytes += chunk[..<count]
        }
      }
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  /// Names of what is in a folder, sorted by bytes; empty where it cannot be read.
  static func names(in folder: FilePath) -> [String] {
    guard let stream = unsafe folder.withPlatformString({ unsafe opendir($0) }) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
