import Problems
import SystemPackage

/// A file open for reading at any offset by any thread; closed when the last user lets go.
package final class ReadableFile: Sendable {
  package let path: String
  package let size: Int
  private let descriptor: FileDescriptor

  package init(_ path: String) throws(Problem) {
    do {
      // Without waiting: a pipe of this name would never answer.
      descriptor = try FileDescriptor.open(
        FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      throw Problem.system("cannot open it", path: path, error)
    }
    let status: FileSystem.Status
    do throws(Errno) {
      status = try FileSystem.status(of: descriptor)
    } catch {
      try? descriptor.close()
      throw Problem.system("cannot read it", path: path, error)
    }
    guard status.kind == .file else {
      try? descriptor.close()
      throw Problem(
        .unusable, Place(file: path),
        reason: status.kind == .folder ? "it is a folder, not a file" : "it is not a regular file",
        remedy: "move it away")
    }
    size = status.size
    self.path = path
  }

  deinit { try? descriptor.close() }

  /// The bytes `offset..<offset + count`. Throws where the file ends before.
  package func read(_ count: Int, at offset: Int) throws(Problem) -> [UInt8] {
    guard count >= 0, offset >= 0, count <= size - min(offset, size) else {
      // An index that somebody made may lead anywhere.
      let (end, isOver) = offset.addingReportingOverflow(count)
      throw Problem(
        .damaged, Place(file: path, byteOffset: size),
        reason: "the file ends here, \((isOver ? .max : end) - size) bytes early",
        remedy: Problem.rerun)
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
    if let failure { throw Problem.system("cannot read it", path: path, failure) }
    guard bytes.count == count else {
      throw Problem(
        .damaged, Place(file: path, byteOffset: offset + bytes.count),
        reason: "the file has become shorter", remedy: "do not change the folder while it is read")
    }
    return bytes
  }

  /// The whole file.
  package func readAll() throws(Problem) -> [UInt8] { try read(size, at: 0) }
}
