import SystemPackage

/// A folder that appears under its name when all that is in it is complete.
final class ExportFolder {
  let path: String
  let temporaryPath: String
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
    if let names = try AtomicFile.names(in: path), !names.isEmpty, !overwrite {
      throw ShardError(
        kind: .unusable, path: path, reason: "the folder is not empty",
        remedy: "choose another --output, or replace it with --overwrite")
    }
    try AtomicFile.makeFolder(parent)
    try Self.removeFiles(of: temporaryPath)
    try AtomicFile.makeFolder(temporaryPath)
  }

  deinit {
    if !isPublished {
      try? Self.removeFiles(of: temporaryPath)
      _ = FileSystem.removeFolder(temporaryPath)
    }
  }

  func report(rows: Int) throws(ShardError) -> DataSetExport.Report {
    let names = try AtomicFile.names(in: temporaryPath) ?? []
    var bytes = 0
    for name in names { bytes += try ReadableFile(AtomicFile.path(temporaryPath, name)).size }
    return DataSetExport.Report(rows: rows, files: names.count, bytes: bytes)
  }

  /// Renames the folder to its name, replacing one that is empty or to be overwritten.
  func publish() throws(ShardError) {
    try AtomicFile.sync(folder: temporaryPath)
    if overwrite { try Self.removeFiles(of: path) }
    if let failure = FileSystem.rename(temporaryPath, to: path) {
      throw ShardError.system("cannot rename the export to it", path: path, failure)
    }
    isPublished = true
    try AtomicFile.sync(folder: parent)
  }

  /// Removes the files of a folder; exports have no folders in it.
  private static func removeFiles(of folder: String) throws(ShardError) {
    for name in try AtomicFile.names(in: folder) ?? [] {
      try AtomicFile.remove(AtomicFile.path(folder, name))
    }
  }
}
