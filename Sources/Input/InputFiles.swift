import Files
import Problems
import SystemPackage

/// One input of a run.
public struct InputFile: Hashable, Sendable {
  /// Path as the user gave it, or as found under the folder given; `-` is standard input.
  public var path: String
  public var form: Form

  /// How records are told apart.
  public enum Form: Hashable, Sendable {
    /// One record a line.
    case lines
    /// One JSON value after the other, however they are laid out; an array's elements are records.
    case values
  }

  public init(path: String, form: Form) {
    self.path = path
    self.form = form
  }

  public var isStandardInput: Bool { path == "-" }
}

/// Turns what the user named into the list of input files.
public enum InputFiles {
  /// Extensions read as one record a line, and as JSON values; each may be followed by one of
  /// `compressions`.
  static let lineExtensions = ["jsonl", "ndjson"]
  static let valueExtensions = ["json"]
  static let compressions = ["gz", "zst", "zstd"]

  /// Files in the order given; a folder's are found recursively and sorted by path (bytes), as are
  /// those of a pattern (`*`, `?`, `[…]`). A folder gives its `.jsonl`, `.ndjson` and `.json` files,
  /// compressed or not, without hidden ones; a file named directly may have any name.
  /// Files of a folder that look like data and are not read (`OtherFile`) are an error, unless `skipOtherFiles`.
  public static func resolve(
    _ inputs: [String], skipOtherFiles: Bool = false
  ) throws(Problem) -> [InputFile] {
    var files: [InputFile] = []
    for input in inputs {
      switch kind(of: input) {
      case .standardInput: files.append(InputFile(path: "-", form: .lines))
      case .file:
        if let problem = OtherFile.problem(named: input) { throw problem }
        files.append(InputFile(path: input, form: form(of: input) ?? .lines))
      case .folder:
        let found = try list(folder: input, skipOtherFiles)
        guard !found.isEmpty else {
          throw Problem(
            .inputMissing, Place(file: input),
            reason: "the folder holds no .jsonl, .ndjson or .json file",
            remedy: "name the files themselves")
        }
        files += found
      case .missing(let reason):
        let matches = FileSystem.paths(matching: input)
        guard !matches.isEmpty else {
          throw Problem(
            .inputMissing, Place(file: input), reason: reason,
            remedy: OtherFile.remedy(missing: input) ?? "check the path")
        }
        for match in matches {
          switch kind(of: match) {
          case .folder: files += try list(folder: match, skipOtherFiles)
          default: files.append(InputFile(path: match, form: form(of: match) ?? .lines))
          }
        }
      }
    }
    return files
  }

  private enum Kind {
    case standardInput, file, folder
    case missing(String)
  }

  private static func kind(of path: String) -> Kind {
    if path == "-" { return .standardInput }
    do throws(Errno) {
      return try FileSystem.status(of: path).kind == .folder ? .folder : .file
    } catch {
      return .missing(error == .noSuchFileOrDirectory ? "no such file or folder" : "\(error)")
    }
  }

  /// Whether the file's name says that it holds JSON records.
  public static func holdsRecords(_ file: InputFile) -> Bool { form(of: file.path) != nil }

  /// The form that a file's name tells; nil for other names.
  static func form(of path: String) -> InputFile.Form? {
    var parts = (path.split(separator: "/").last ?? "").split(separator: ".").map {
      $0.lowercased()
    }
    if let last = parts.last, compressions.contains(last) { parts.removeLast() }
    guard parts.count > 1, let last = parts.last else { return nil }
    return lineExtensions.contains(last) ? .lines : valueExtensions.contains(last) ? .values : nil
  }

  private static func list(folder: String, _ skipOtherFiles: Bool) throws(Problem) -> [InputFile] {
    var found: [InputFile] = []
    var others: [String] = []
    var pending = [folder]
    while let next = pending.popLast() {
      let names: [FileName]
      do throws(Errno) { names = try FileSystem.names(in: next) } catch {
        throw Problem(
          .inputUnreadable, Place(file: next), reason: "the folder cannot be read: \(error)",
          remedy: "check its permissions")
      }
      if OtherFile.isSavedTable(names.map(\.text)) { throw OtherFile.savedTable(next) }
      for name in names where !name.text.hasPrefix(".") {
        let path = next.hasSuffix("/") ? next + name.text : next + "/" + name.text
        guard name.isText else {
          others.append(path)
          continue
        }
        switch kind(of: path) {
        case .folder:
          // A link may lead back up.
          if (try? FileSystem.status(of: path, link: true))?.kind == .folder {
            pending.append(path)
          }
        case .file:
          if let form = form(of: path) {
            found.append(InputFile(path: path, form: form))
          } else if OtherFile.looksLikeData(name.text) {
            others.append(path)
          }
        case .missing(let reason):
          throw Problem(
            .inputUnreadable, Place(file: path), reason: "cannot be read: \(reason)",
            remedy: "mend the link, or remove it")
        case .standardInput: break
        }
      }
    }
    if !others.isEmpty, !skipOtherFiles { throw OtherFile.notRead(others.sorted(), in: folder) }
    return found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }
}

extension InputFiles {
  /// Bytes of all files as they lie on disk; nil where one is not a plain file.
  public static func size(of files: [InputFile]) -> Int? {
    var total = 0
    for file in files {
      guard !file.isStandardInput, let status = try? FileSystem.status(of: file.path),
        status.kind == .file
      else { return nil }
      total += status.size
    }
    return total
  }
}
