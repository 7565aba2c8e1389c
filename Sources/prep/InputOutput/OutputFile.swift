import Pipeline
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that appears whole or not at all.
enum OutputFile {
  /// Writes to a temporary file beside `path`, makes it durable and renames it to `path`.
  static func replace(_ path: String, with bytes: [UInt8]) throws(InputError) {
    let temporary = FilePath(path + ".tmp")
    do {
      let file = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .truncate],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      try file.closeAfter {
        try file.writeAll(bytes)
        guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
      }
      let result = unsafe temporary.withPlatformString { from in
        unsafe FilePath(path).withPlatformString { to in unsafe rename(from, to) }
      }
      guard result == 0 else { throw Errno(rawValue: errno) }
    } catch {
      _ = unsafe temporary.withPlatformString { unsafe unlink($0) }
      throw InputError(
        path: path, reason: "cannot be written: \(error)",
        remedy: "check the folder and its free space")
    }
  }
}
