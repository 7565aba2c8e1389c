import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files that appear whole or not at all: written under a temporary name, synced, renamed, and the
/// folder synced.
public enum AtomicFile {
  /// Temporary files of prep begin with this and end with `temporarySuffix`.
  static let temporaryPrefix = ".prep-"
  static let temporarySuffix = ".tmp"

  /// Path under which `name` is written before it is renamed.
  static func temporaryPath(_ name: String, in folder: String) -> String {
    path(folder, temporaryPrefix + name + temporarySuffix)
  }

  static func isTemporary(_ name: String) -> Bool {
    name.hasPrefix(temporaryPrefix) && name.hasSuffix(temporarySuffix)
  }

  package static func path(_ folder: String, _ name: String) -> String {
    FilePath(folder).appending(name).string
  }

  /// Writes a file of the folder. A crash leaves the old one, the new one or none, never a part.
  public static func write(_ bytes: [UInt8], name: String, in folder: String) throws(ShardError) {
    let output = try TemporaryFile(name: name, in: folder)
    try output.write(bytes)
    try output.publish()
  }

  /// Makes the folder's entries durable.
  package static func sync(folder: String) throws(ShardError) {
    do {
      let descriptor = try FileDescriptor.open(FilePath(folder), .readOnly, options: .closeOnExec)
      defer { try? descriptor.close() }
      guard FileSystem.sync(descriptor.rawValue) else {
        throw Errno(rawValue: errno)
      }
    } catch {
      throw ShardError.system("cannot sync the folder", path: folder, error)
    }
  }

  /// Makes a folder and those above it, where they are missing.
  public static func makeFolder(_ path: String) throws(ShardError) {
    var made = FilePath()
    let whole = FilePath(path)
    made.root = whole.root
    for component in whole.components {
      made.append(component)
      if let failure = FileSystem.makeFolder(made.string), failure != .fileExists,
        failure != .isDirectory
      {
        throw ShardError.system("cannot make the folder", path: made.string, failure)
      }
    }
  }

  /// Names in a folder, in byte order; nil where there is no such folder.
  package static func names(in folder: String) throws(ShardError) -> [String]? {
    guard let stream = unsafe opendir(folder) else {
      let failure = Errno(rawValue: errno)
      if failure == .noSuchFileOrDirectory { return nil }
      throw ShardError.system("cannot list the folder", path: folder, failure)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 1) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Removes a file; it is fine for it not to exist.
  package static func remove(_ path: String) throws(ShardError) {
    if let failure = FileSystem.remove(path), failure != .noSuchFileOrDirectory {
      throw ShardError.system("cannot remove it", path: path, failure)
    }
  }
}

/// A file in the making, under its temporary name. Removed again unless published.
package final class TemporaryFile {
  let name: String
  let folder: String
  let temporaryPath: String
  private let descriptor: FileDescriptor
  private var isOpen = true
  /// Bytes written.
  package private(set) var size = 0

  package init(name: String, in folder: String) throws(ShardError) {
    self.name = name
    self.folder = folder
    temporaryPath = AtomicFile.temporaryPath(name, in: folder)
    do {
      descriptor = try FileDescriptor.open(
        FilePath(temporaryPath), .readWrite, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupReadWrite, .otherReadWrite])
    } catch {
      throw ShardError.system("cannot write it", path: temporaryPath, error)
    }
  }

  deinit {
    if isOpen {
      try? descriptor.close()
      _ = FileSystem.remove(temporaryPath)
    }
  }

  /// Appends bytes.
  package func write(_ bytes: [UInt8]) throws(ShardError) {
    try write(bytes, at: size)
    size += bytes.count
  }

  /// Overwrites bytes written before, or writes ahead.
  package func write(_ bytes: [UInt8], at offset: Int) throws(ShardError) {
    do {
      _ = try descriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes)
    } catch {
      throw ShardError.system("cannot write it", path: AtomicFile.path(folder, name), error)
    }
  }

  /// Syncs, renames to the final name and syncs the folder.
  package func publish() throws(ShardError) {
    let path = AtomicFile.path(folder, name)
    guard FileSystem.sync(descriptor.rawValue) else {
      throw ShardError.system("cannot write it", path: path, Errno(rawValue: errno))
    }
    do {
      isOpen = false
      try descriptor.close()
    } catch {
      _ = FileSystem.remove(temporaryPath)
      throw ShardError.system("cannot write it", path: path, error)
    }
    if let failure = FileSystem.rename(temporaryPath, to: path) {
      _ = FileSystem.remove(temporaryPath)
      throw ShardError.system("cannot rename to it", path: path, failure)
    }
    try AtomicFile.sync(folder: folder)
  }
}

/// The system calls that swift-system does not have; each gives the error, or nil.
package enum FileSystem {
  static func makeFolder(_ path: String) -> Errno? { failure(of: unsafe mkdir(path, 0o777)) }
  package static func remove(_ path: String) -> Errno? { failure(of: unsafe unlink(path)) }
  package static func removeFolder(_ path: String) -> Errno? { failure(of: unsafe rmdir(path)) }
  static func link(_ path: String, to new: String) -> Errno? {
    #if canImport(Glibc)
      failure(of: unsafe Glibc.link(path, new))
    #else
      failure(of: unsafe Darwin.link(path, new))
    #endif
  }
  package static func rename(_ path: String, to new: String) -> Errno? {
    #if canImport(Glibc)
      failure(of: unsafe Glibc.rename(path, new))
    #else
      failure(of: unsafe Darwin.rename(path, new))
    #endif
  }

  /// Waits until the file's bytes are on the disk. Some file systems cannot sync folders: that is fine.
  static func sync(_ descriptor: CInt) -> Bool { fsync(descriptor) == 0 || errno == EINVAL }

  /// Takes the folder's lock without waiting; false where another process has it.
  static func lock(_ descriptor: CInt) -> Bool {
    flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
  }

  private static func failure(of result: CInt) -> Errno? {
    result == 0 ? nil : Errno(rawValue: errno)
  }
}
