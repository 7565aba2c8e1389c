import Problems
import SystemPackage

/// Files that appear whole or not at all: written under a temporary name, synced, renamed, and the
/// folder synced.
package enum AtomicFile {
  /// Temporary files of prep begin with this and end with `temporarySuffix`.
  package static let temporaryPrefix = ".prep-"
  package static let temporarySuffix = ".tmp"

  /// Path under which `name` is written before it is renamed.
  package static func temporaryPath(_ name: String, in folder: String) -> String {
    path(folder, temporaryPrefix + name + temporarySuffix)
  }

  package static func isTemporary(_ name: String) -> Bool {
    name.hasPrefix(temporaryPrefix) && name.hasSuffix(temporarySuffix)
  }

  package static func path(_ folder: String, _ name: String) -> String {
    FilePath(folder).appending(name).string
  }

  /// Writes a file of the folder. A crash leaves the old one, the new one or none, never a part.
  package static func write(_ bytes: [UInt8], name: String, in folder: String) throws(Problem) {
    let output = try TemporaryFile(name: name, in: folder)
    try output.write(bytes)
    try output.publish()
  }

  /// Writes the file at a path, which may name a folder before it.
  package static func write(_ bytes: [UInt8], to path: String) throws(Problem) {
    let whole = FilePath(path)
    let folder = whole.removingLastComponent().string
    do throws(Problem) {
      try write(
        bytes, name: whole.lastComponent?.string ?? path, in: folder.isEmpty ? "." : folder)
    } catch {
      // The caller knows the file by the name that it gave.
      var problem = error
      problem.file = path
      throw problem
    }
  }

  /// Makes the folder's entries durable.
  package static func sync(folder: String) throws(Problem) {
    if let failure = FileSystem.sync(folder: folder) {
      throw Problem.system("cannot sync the folder", path: folder, failure)
    }
  }

  /// Makes a folder and those above it, where they are missing.
  package static func makeFolder(_ path: String) throws(Problem) {
    var made = FilePath()
    let whole = FilePath(path)
    made.root = whole.root
    for component in whole.components {
      let parent = made.isEmpty ? "." : made.string
      made.append(component)
      if let failure = FileSystem.makeFolder(made.string) {
        if failure == .fileExists || failure == .isDirectory { continue }
        throw Problem.system("cannot make the folder", path: made.string, failure)
      }
      // What is durable in a folder is lost with it, unless the folder's own entry is durable too.
      if let failure = FileSystem.sync(folder: parent), failure != .permissionDenied {
        throw Problem.system("cannot sync the folder", path: parent, failure)
      }
    }
  }

  /// Names in a folder, in byte order; nil where there is no such folder.
  package static func names(in folder: String) throws(Problem) -> [String]? {
    do throws(Errno) {
      return try FileSystem.names(in: folder).map(\.text)
    } catch {
      if error == .noSuchFileOrDirectory { return nil }
      throw Problem.system("cannot list the folder", path: folder, error)
    }
  }

  /// Removes a file; it is fine for it not to exist.
  package static func remove(_ path: String) throws(Problem) {
    if let failure = FileSystem.remove(path), failure != .noSuchFileOrDirectory {
      throw Problem.system("cannot remove it", path: path, failure)
    }
  }
}

/// A file in the making, under its temporary name. Removed again unless published.
package final class TemporaryFile {
  package let name: String
  package let folder: String
  package let temporaryPath: String
  private let descriptor: FileDescriptor
  private var isOpen = true
  /// Bytes written.
  package private(set) var size = 0

  package init(name: String, in folder: String) throws(Problem) {
    self.name = name
    self.folder = folder
    temporaryPath = AtomicFile.temporaryPath(name, in: folder)
    do {
      descriptor = try FileDescriptor.open(
        FilePath(temporaryPath), .readWrite, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupReadWrite, .otherReadWrite])
    } catch {
      throw Problem.system("cannot write it", path: temporaryPath, error)
    }
  }

  deinit {
    if isOpen {
      try? descriptor.close()
      _ = FileSystem.remove(temporaryPath)
    }
  }

  /// Appends bytes.
  package func write(_ bytes: [UInt8]) throws(Problem) {
    try write(bytes, at: size)
    size += bytes.count
  }

  /// Overwrites bytes written before, or writes ahead.
  package func write(_ bytes: [UInt8], at offset: Int) throws(Problem) {
    do {
      _ = try descriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes)
    } catch {
      throw Problem.system("cannot write it", path: AtomicFile.path(folder, name), error)
    }
  }

  /// Syncs, renames to the final name and syncs the folder.
  package func publish() throws(Problem) {
    let path = AtomicFile.path(folder, name)
    if let failure = FileSystem.sync(descriptor.rawValue) {
      throw Problem.system("cannot write it", path: path, failure)
    }
    do {
      isOpen = false
      try descriptor.close()
    } catch Errno.interrupted {
      // The descriptor is closed, and the bytes are synced.
    } catch {
      _ = FileSystem.remove(temporaryPath)
      throw Problem.system("cannot write it", path: path, error)
    }
    if let failure = FileSystem.rename(temporaryPath, to: path) {
      _ = FileSystem.remove(temporaryPath)
      throw Problem.system("cannot rename to it", path: path, failure)
    }
    try AtomicFile.sync(folder: folder)
  }
}
