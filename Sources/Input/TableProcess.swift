import Files
import JSONText
import Problems
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The process that reads a table: `python -m prep.tables`, where pyarrow reads Parquet, Arrow and CSV files and prints their
/// rows as JSON lines. To a `BlockReader` the table is a file of those lines, so that blocks, digests and places are as of one.
///
/// The interpreter is the one that started the command (`PREP_PYTHON`, which the Python package sets), else `python3`.
final class TableProcess {
  /// Where its output comes from.
  let output: FileDescriptor
  private let errors: FileDescriptor
  private let process: pid_t
  private let name: String
  private var isRunning = true

  /// What the interpreter runs: the module's own words for `python -m prep.tables`, without a warning about its package.
  private static let program =
    "import sys; from prep.tables import main; sys.exit(main(sys.argv[1:]))"

  /// Starts `python -m prep.tables VERB NAME`.
  init(_ verb: String, _ name: String) throws(Problem) {
    self.name = name
    let python = FileSystem.environment("PREP_PYTHON") ?? "python3"
    let ends: (readEnd: FileDescriptor, writeEnd: FileDescriptor)
    do {
      ends = try FileDescriptor.pipe()
      // Only the child's end goes to the child, and to no child that another thread starts.
      _ = fcntl(ends.readEnd.rawValue, F_SETFD, FD_CLOEXEC)
      _ = fcntl(ends.writeEnd.rawValue, F_SETFD, FD_CLOEXEC)
    } catch {
      throw Problem(
        .system, Place(file: name), reason: "no pipe to its reader: \(error)",
        remedy: "close other programs")
    }
    // What it says goes to a file without a name: a pipe could fill up while nobody reads it.
    guard let scratch = unsafe tmpfile() else {
      try? ends.readEnd.close()
      try? ends.writeEnd.close()
      throw Problem(
        .system, Place(file: name), reason: "no temporary file: \(Errno(rawValue: errno))",
        remedy: "make room in the folder of temporary files")
    }
    defer { unsafe fclose(scratch) }
    errors = FileDescriptor(rawValue: unsafe dup(fileno(scratch)))
    _ = fcntl(errors.rawValue, F_SETFD, FD_CLOEXEC)
    output = ends.readEnd
    var child: pid_t = 0
    let failure = Self.spawn(
      &child, [python, "-c", Self.program, verb, name], output: ends.writeEnd, errors: errors)
    try? ends.writeEnd.close()
    process = child
    guard failure == 0 else {
      isRunning = false
      throw Self.missing(name, "\(python) does not start: \(Errno(rawValue: failure))")
    }
  }

  deinit {
    // Who leaves off early closes the pipe, which ends the process.
    try? output.close()
    if isRunning { waitpid(process, nil, 0) }
    try? errors.close()
  }

  /// Waits for the end of the process; throws what it said went wrong.
  func finish() throws(Problem) {
    guard isRunning else { return }
    isRunning = false
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    guard status != 0 else { return }
    let said = (try? contents()) ?? []
    // Its own words are the last line; a warning of a library may stand before.
    let line = said.split(separator: UInt8(ascii: "\n")).last.map(Array.init) ?? []
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    if let root = try? parser.parse(line), let reason = root["reason"]?.string {
      throw Problem(
        .inputUnsupported, Place(file: name), reason: reason,
        remedy: root["remedy"]?.string ?? "")
    }
    let text = String(decoding: line, as: UTF8.self)
    throw Self.missing(name, text.isEmpty ? "its reader ended with status \(status)" : text)
  }

  private static func missing(_ name: String, _ reason: String) -> Problem {
    Problem(
      .inputUnsupported, Place(file: name),
      reason: "tables are read through the Python package, which was not found: \(reason)",
      remedy:
        "pip install 'prep-kit[tables]', or name the interpreter that has it: PREP_PYTHON=…/bin/python"
    )
  }

  private func contents() throws -> [UInt8] {
    _ = try errors.seek(offset: 0, from: .start)
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    let count = unsafe try bytes.withUnsafeMutableBytes { unsafe try errors.read(into: $0) }
    return Array(bytes[..<count])
  }

  /// Starts a program with this output and these errors; 0, or the error's number.
  private static func spawn(
    _ process: inout pid_t, _ arguments: [String], output: FileDescriptor, errors: FileDescriptor
  ) -> Int32 {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = unsafe posix_spawn_file_actions_t()
    #endif
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, output.rawValue, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, errors.rawValue, 2)
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    // SAFETY: the strings live until the call returns; the list ends with NULL.
    var list = unsafe arguments.map { unsafe strdup($0) }
    unsafe list.append(nil)
    defer { for index in arguments.indices { unsafe free(list[index]) } }
    return unsafe posix_spawnp(&process, arguments[0], &actions, nil, list, environ)
  }
}

extension TableProcess {
  /// The files of a data set that `hf://…` names, from the cache.
  static func files(of name: String) throws(Problem) -> [String] {
    let process = try TableProcess("find", name)
    var bytes: [UInt8] = []
    do {
      var chunk = [UInt8](repeating: 0, count: 64 << 10)
      while true {
        let count = unsafe try chunk.withUnsafeMutableBytes {
          unsafe try process.output.read(into: $0)
        }
        if count == 0 { break }
        bytes += chunk[..<count]
      }
    } catch {
      throw Problem(
        .inputUnreadable, Place(file: name), reason: "its reader cannot be read: \(error)",
        remedy: "try again")
    }
    try process.finish()
    return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }
}
