import Files
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
  private var isPublished = false

  init(_ path: String, overwrite: Bool) throws(ShardError) {
    let file = FilePath(path)
    guard let name = file.lastComponent?.string, file.lastComponent?.kind == .regular else {
      throw ShardError(
        kind: .unusable, path: path, reason: "no folder can be made here", remedy: "name a new one")
    }
    self.path = path
    self.overwrite = overwrite
    let above = file.removingLastComponent().string
    parent = above.isEmpty ? "." : above
    temporaryPath = AtomicFile.path(parent, ".\(name).prep-export")
    replacedPath = AtomicFile.path(parent, ".\(name).prep-replaced")
    if let names = try AtomicFile.names(in: path), !names.isEmpty, !overwrite {
      throw ShardError(
        kind: .unusable, path: path, reason: "the folder is not empty",
        remedy: "choose another \(OptionName.output), or replace it with \(OptionName.overwrite)")
    }
    try AtomicFile.makeFolder(parent)
    // What a killed export left.
    try Self.remove(replacedPath)
    try Self.remove(temporaryPath)
    try AtomicFile.makeFolder(temporaryPath)
  }

  deinit {
    if !isPublished { try? Self.remove(temporaryPath) }
  }

  func report(rows: Int) throws(ShardError) -> DataSetExport.Report {
    let names = try AtomicFile.names(in: temporaryPath) ?? []
    var bytes = 0
    for name in names { bytes += try ReadableFile(AtomicFile.path(temporaryPath, name)).size }
    return DataSetExport.Report(rows: rows, files: names.count, bytes: bytes)
  }

  /// Renames the folder to its name. One that is replaced is moved away whole before, so that none is
  /// ever seen in part.
  func publish() throws(ShardError) {
    try AtomicFile.sync(folder: temporaryPath)
    if overwrite, let failure = FileSystem.rename(path, to: replacedPath),
      failure != .noSuchFileOrDirectory
    {
      throw ShardError.system("cannot move it away", path: path, failure)
    }
    if let failure = FileSystem.rename(temporaryPath, to: path) {
      throw ShardError.system("cannot rename the export to it", path: path, failure)
    }
    isPublished = true
    try AtomicFile.sync(folder: parent)
    try Self.remove(replacedPath)
  }

  /// Removes a folder and its files; exports have no folders in it.
  private static func remove(_ folder: String) throws(ShardError) {
    guard let names = try AtomicFile.names(in: folder) else { return }
    for name in names { try AtomicFile.remove(AtomicFile.path(folder, name)) }
    if let failure = FileSystem.removeFolder(folder) {
      throw ShardError.system("cannot remove the folder", path: folder, failure)
    }
  }
}
