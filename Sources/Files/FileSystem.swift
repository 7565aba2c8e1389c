import Problems
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What files and folders there are, and what happens to them: the system calls that swift-system does not have.
package enum FileSystem {
  package enum Kind: Hashable, Sendable {
    case file, folder
    /// A pipe, a device, a socket.
    case other
  }

  /// What the system says of a file.
  package struct Status: Hashable, Sendable {
    package var kind: Kind
    package var size: Int
    /// When it was changed last, in nanoseconds since 1970.
    package var changed: Int
    /// Tells it from every other file of the machine.
    package var identity: Identity

    package struct Identity: Hashable, Sendable {
      var device: UInt64
      var inode: UInt64
    }
  }

  /// What is at a path; a link is followed unless `link`. Throws where there is nothing, or it cannot be seen.
  package static func status(of path: String, link: Bool = false) throws(Errno) -> Status {
    var status = stat()
    let result = link ? unsafe lstat(path, &status) : unsafe stat(path, &status)
    guard result == 0 else { throw Errno(rawValue: errno) }
    return Status(status)
  }

  /// What an open file is.
  package static func status(of file: FileDescriptor) throws(Errno) -> Status {
    var status = stat()
    guard unsafe fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
    return Status(status)
  }

  /// nil where there is nothing at the path, or it cannot be seen.
  package static func kind(of path: String) -> Kind? { try? status(of: path).kind }

  package static func kind(of path: FilePath) -> Kind? { kind(of: path.string) }

  /// All bytes of a file, to its end: of a pipe too. There is room for the few that a parser wants behind them. O(n).
  package static func contents(of path: String) throws(Errno) -> [UInt8] {
    do {
      let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
      return try file.closeAfter {
        let size = (try? status(of: file).size).map { max(0, $0) } ?? 0
        var bytes = unsafe try [UInt8](unsafeUninitializedCapacity: size + 256) { buffer, count in
          let place = UnsafeMutableRawBufferPointer(buffer)
          while count <= size {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: place[count..<size + 1])
            let read = unsafe try file.read(into: rest)
            if read == 0 { break }
            count += read
          }
        }
        if bytes.count <= size { return bytes }
        // A pipe, or a file that grows.
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

  package static func contents(of path: FilePath) throws(Errno) -> [UInt8] {
    try contents(of: path.string)
  }

  /// The first bytes of a file, at most `count` of them; none where it cannot be read.
  package static func head(of path: String, _ count: Int) -> [UInt8] {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
    else { return [] }
    var head = [UInt8](repeating: 0, count: count)
    let read = unsafe (try? head.withUnsafeMutableBytes { unsafe try file.read(into: $0) }) ?? 0
    try? file.close()
    return Array(head[..<read])
  }

  /// What is in a folder, in byte order, without `.` and `..`.
  package static func names(in folder: String) throws(Errno) -> [FileName] {
    guard let stream = unsafe opendir(folder) else { throw Errno(rawValue: errno) }
    defer { unsafe closedir(stream) }
    var names: [FileName] = []
    while true {
      // A null pointer is the end or an error: `errno` alone tells them apart.
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        if errno != 0 { throw Errno(rawValue: errno) }
        return names.sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }
      }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 1) { unsafe FileName($0) }
      }
      if name.text != ".", name.text != ".." { names.append(name) }
    }
  }

  /// Paths that match a pattern (`*`, `?`, `[…]`), in byte order.
  package static func paths(matching pattern: String) -> [String] {
    guard pattern.utf8.contains(where: { "*?[".utf8.contains($0) }) else { return [] }
    var result = unsafe glob_t()
    defer { unsafe globfree(&result) }
    guard unsafe glob(pattern, 0, nil, &result) == 0 else { return [] }
    var paths: [String] = []
    for index in 0..<Int(unsafe result.gl_pathc) {
      if let path = unsafe result.gl_pathv[index] { unsafe paths.append(String(cString: path)) }
    }
    return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  // The rest gives the error, or nil.

  package static func makeFolder(_ path: String) -> Errno? {
    failure(of: unsafe mkdir(path, 0o777))
  }
  package static func remove(_ path: String) -> Errno? { failure(of: unsafe unlink(path)) }
  package static func removeFolder(_ path: String) -> Errno? { failure(of: unsafe rmdir(path)) }
  package static func link(_ path: String, to new: String) -> Errno? {
    #if canImport(Glibc)
      failure(of: unsafe Glibc.link(path, new))
    #elseif canImport(Musl)
      failure(of: unsafe Musl.link(path, new))
    #else
      failure(of: unsafe Darwin.link(path, new))
    #endif
  }
  package static func rename(_ path: String, to new: String) -> Errno? {
    #if canImport(Glibc)
      failure(of: unsafe Glibc.rename(path, new))
    #elseif canImport(Musl)
      failure(of: unsafe Musl.rename(path, new))
    #else
      failure(of: unsafe Darwin.rename(path, new))
    #endif
  }

  /// Waits until the file's bytes are on the disk. Some file systems cannot sync folders: that is fine.
  package static func sync(_ descriptor: CInt) -> Errno? {
    while fsync(descriptor) != 0 {
      if errno == EINVAL { return nil }
      if errno != EINTR { return Errno(rawValue: errno) }
    }
    return nil
  }

  /// Waits until a folder's entries are on the disk.
  package static func sync(folder: String) -> Errno? {
    do {
      let descriptor = try FileDescriptor.open(FilePath(folder), .readOnly, options: .closeOnExec)
      defer { try? descriptor.close() }
      return sync(descriptor.rawValue)
    } catch {
      return error as? Errno ?? .ioError
    }
  }

  /// Opens the null device for each of standard input, output and error that the caller has closed: or the next
  /// file that is opened would be one of them, and have reports and messages written into it.
  package static func openStandardDescriptors() {
    for descriptor in CInt(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY)
    }
  }

  /// Takes the folder's lock without waiting; false where another process has it.
  package static func lock(_ descriptor: CInt) -> Bool {
    flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
  }

  private static func failure(of result: CInt) -> Errno? {
    result == 0 ? nil : Errno(rawValue: errno)
  }
}

/// A name in a folder, which the system gives as any bytes but `/` and zero.
package struct FileName: Hashable, Sendable {
  /// As text; what is not UTF-8 is U+FFFD in it.
  package var text: String
  /// Whether the text is the name.
  package var isText: Bool

  /// SAFETY: `name` ends in a zero byte.
  init(_ name: UnsafePointer<CChar>) {
    let valid = unsafe String(validatingCString: name)
    text = unsafe valid ?? String(cString: name)
    isText = valid != nil
  }
}

extension FileSystem.Status {
  init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      default: .other
      }
    size = Int(status.st_size)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    changed = Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec)
    identity = Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino))
  }
}
