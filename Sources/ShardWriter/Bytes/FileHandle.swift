import SystemPackage

/// A file open for reading at any offset by any thread; closed when the last user lets go.
package final class ReadableFile: Sendable {
  package let path: String
  package let size: Int
  private let descriptor: FileDescriptor

  package init(_ path: String) throws(ShardError) {
    do {
      descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
    } catch {
      throw ShardError.system("cannot open it", path: path, error)
    }
    do {
      size = Int(try descriptor.seek(offset: 0, from: .end))
    } catch {
      try? descriptor.close()
      throw ShardError.system("cannot read it", path: path, error)
    }
    self.path = path
  }

  deinit { try? descriptor.close() }

  /// The bytes `offset..<offset + count`. Throws where the file ends before.
  package func read(_ count: Int, at offset: Int) throws(ShardError) -> [UInt8] {
    guard count >= 0, offset >= 0, count <= size - min(offset, size) else {
      throw ShardError(
        path: path, offset: size,
        reason: "the file ends here, \(offset + count - size) bytes early",
        remedy: ShardError.rerun)
    }
    var failure: (any Error)?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = 0
      do {
        while initialized < count {
          let rest = unsafe UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[initialized..<count])
          let got = try unsafe descriptor.read(
            fromAbsoluteOffset: Int64(offset + initialized), into: rest)
          guard got > 0 else { break }
          initialized += got
        }
      } catch { failure = error }
    }
    if let failure { throw ShardError.system("cannot read it", path: path, failure) }
    guard bytes.count == count else {
      throw ShardError(
        path: path, offset: offset + bytes.count, reason: "the file has become shorter",
        remedy: "do not change the folder while it is read")
    }
    return bytes
  }

  /// The whole file.
  package func readAll() throws(ShardError) -> [UInt8] { try read(size, at: 0) }
}

extension ShardError {
  /// An error of the operating system.
  package static func system(_ what: String, path: String, _ error: any Error) -> ShardError {
    let errno = error as? Errno
    let remedy: String =
      switch errno {
      case .some(.noSpace): "free some space on this disk and run the same command again"
      case .some(.fileTooLarge):
        "raise the limit on the size of files (ulimit -f) and run the same command again"
      case .some(.diskQuotaExceeded): "free some of your quota and run the same command again"
      case .some(.permissionDenied), .some(.notPermitted): "check the permissions"
      case .some(.noSuchFileOrDirectory): "check the path"
      case .some(.readOnlyFileSystem): "choose a folder that can be written"
      default: ""
      }
    return ShardError(
      kind: .system, path: path, reason: "\(what): \(errno.map(\.description) ?? "\(error)")",
      remedy: remedy)
  }
}
