import Files
import JSONText
import Problems
import ShardWriter
import SystemPackage

/// A folder that appears under its name when all that is in it is complete.
final class ExportFolder {
  let path: String
  let temporaryPath: String
  /// Where the folder that is replaced waits for its end.
  private let replacedPath: String
  private let parent: String
  private let overwrite: Bool
  /// The folder in the making, open and locked.
  private let lock: FileDescriptor
  private var isPublished = false

  /// What the export is, and its files with their sizes. Hidden, so that no reader of the format minds it.
  static let markerName = ".prep-export.json"

  init(_ path: String, overwrite: Bool) throws(Problem) {
    let file = FilePath(path)
    guard let name = file.lastComponent?.string, file.lastComponent?.kind == .regular else {
      throw Problem(
        kind: .unusable, path: path, reason: "no folder can be made here", remedy: "name a new one")
    }
    self.path = path
    self.overwrite = overwrite
    let above = file.removingLastComponent().string
    parent = above.isEmpty ? "." : above
    temporaryPath = AtomicFile.path(parent, ".\(name).prep-export")
    replacedPath = AtomicFile.path(parent, ".\(name).prep-replaced")
    if let names = try AtomicFile.names(in: path), !names.isEmpty {
      guard overwrite else {
        throw Problem(
          kind: .unusable, path: path, reason: "the folder is not empty",
          remedy: "choose another \(OptionName.output), or replace it with \(OptionName.overwrite)")
      }
      guard names.contains(Self.markerName) else {
        throw Problem(
          kind: .unusable, path: path, reason: "the folder holds other files, not an export",
          remedy: "choose another \(OptionName.output)")
      }
    }
    try AtomicFile.makeFolder(parent)
    lock = try Self.locked(temporaryPath, for: path)
    // What a killed export left.
    do throws(Problem) {
      try Self.remove(replacedPath)
      try Self.removeFiles(temporaryPath)
    } catch {
      try? lock.close()
      throw error
    }
  }

  deinit {
    if !isPublished { try? Self.remove(temporaryPath) }
    try? lock.close()
  }

  /// Makes the folder and takes its lock, so that two exports to one place cannot mix.
  private static func locked(_ folder: String, for path: String) throws(Problem) -> FileDescriptor {
    // The one who had it may have renamed or removed it in between: then there is another.
    for _ in 0..<8 {
      try AtomicFile.makeFolder(folder)
      let descriptor: FileDescriptor
      do {
        descriptor = try FileDescriptor.open(
          FilePath(folder), .readOnly, options: [.closeOnExec, .directory])
      } catch {
        if error as? Errno == .noSuchFileOrDirectory { continue }
        throw Problem.system("cannot open the folder", path: folder, error)
      }
      guard FileSystem.lock(descriptor.rawValue) else {
        try? descriptor.close()
        break
      }
      if let mine = try? FileSystem.status(of: descriptor).identity,
        mine == (try? FileSystem.status(of: folder).identity)
      {
        return descriptor
      }
      try? descriptor.close()
    }
    throw Problem(
      kind: .unusable, path: path, reason: "another prep is exporting to this folder",
      remedy: "wait for it, or choose another \(OptionName.output)")
  }

  /// The number of a file in its name: at least five digits.
  static func digits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// Writes the marker, for an export known by `identity`; what the folder holds then.
  func finish(identity: [(key: String, value: String)], rows: Int) throws(Problem)
    -> DataSetExport.Report
  {
    let marker = try Self.marker(identity, rows: rows, of: temporaryPath)
    try AtomicFile.write(marker.bytes, name: Self.markerName, in: temporaryPath)
    return marker.report
  }

  /// What was exported before under this path, where the same export stands there with all of its files.
  static func finished(
    _ path: String, identity: [(key: String, value: String)], rows: Int
  ) -> DataSetExport.Report? {
    guard let stored = try? ReadableFile(AtomicFile.path(path, markerName)).readAll(),
      let marker = try? marker(identity, rows: rows, of: path), marker.bytes == stored
    else { return nil }
    return marker.report
  }

  private static func marker(
    _ identity: [(key: String, value: String)], rows: Int, of folder: String
  ) throws(Problem) -> (bytes: [UInt8], report: DataSetExport.Report) {
    var report = DataSetExport.Report(rows: rows, files: 0, bytes: 0)
    var writer = JSONWriter()
    writer.beginObject()
    for (key, value) in identity {
      writer.key(key)
      writer.string(value)
    }
    writer.key("rows")
    writer.int(rows)
    writer.key("files")
    writer.beginObject()
    for name in try AtomicFile.names(in: folder) ?? [] where name != markerName {
      let size = try ReadableFile(AtomicFile.path(folder, name)).size
      writer.key(name)
      writer.int(size)
      report.files += 1
      report.bytes += size
    }
    writer.endObject()
    writer.endObject()
    writer.newline()
    report.files += 1
    report.bytes += writer.bytes.count
    return (writer.bytes, report)
  }

  /// Renames the folder to its name. One that is replaced is moved away whole before, so that none is
  /// ever seen in part.
  func publish() throws(Problem) {
    try AtomicFile.sync(folder: temporaryPath)
    var isReplacing = overwrite
    if overwrite, let failure = FileSystem.rename(path, to: replacedPath) {
      guard failure == .noSuchFileOrDirectory else {
        throw Problem.system("cannot move it away", path: path, failure)
      }
      isReplacing = false
    }
    if let failure = FileSystem.rename(temporaryPath, to: path) {
      throw Problem.system("cannot rename the export to it", path: path, failure)
    }
    isPublished = true
    try AtomicFile.sync(folder: parent)
    guard isReplacing else { return }
    try Self.remove(replacedPath)
    try AtomicFile.sync(folder: parent)
  }

  /// Removes a folder and its files; exports have no folders in it.
  private static func remove(_ folder: String) throws(Problem) {
    guard try removeFiles(folder) else { return }
    if let failure = FileSystem.removeFolder(folder) {
      throw Problem.system("cannot remove the folder", path: folder, failure)
    }
  }

  /// Whether there is such a folder.
  @discardableResult
  private static func removeFiles(_ folder: String) throws(Problem) -> Bool {
    guard let names = try AtomicFile.names(in: folder) else { return false }
    for name in names { try AtomicFile.remove(AtomicFile.path(folder, name)) }
    return true
  }
}
