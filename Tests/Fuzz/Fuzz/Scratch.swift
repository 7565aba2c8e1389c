import Files
import Problems

/// A folder in memory for what is read from files; one a process, made again for each name.
struct Scratch {
  let folder: String

  init(_ name: String) throws(Problem) {
    let memory = FileSystem.kind(of: "/dev/shm") == .folder ? "/dev/shm" : "/tmp"
    folder = "\(memory)/prep-fuzz-\(UInt32.random(in: 0 ... .max))-\(name)"
    try AtomicFile.makeFolder(folder)
  }

  /// Writes a file, and gives its path.
  func write(_ bytes: [UInt8], as name: String) throws(Problem) -> String {
    try AtomicFile.write(bytes, name: name, in: folder)
    return AtomicFile.path(folder, name)
  }
}
