import Files
import Problems
import SystemPackage

/// One input of a run.
public struct InputFile: Hashable, Sendable {
  /// Path as the user gave it, or as found under the folder given; `-` is standard input.
  public var path: String
  public var form: Form
  /// Records that are read of it; nil for all.
  public var recordLimit: Int?

  /// How records are told apart.
  public enum Form: Hashable, Sendable {
    /// One record a line.
    case lines
    /// One JSON value after the other, however they are laid out; an array's elements are records.
    case values
    /// A table (Parquet, Arrow, CSV, TSV): each row is a record, as the line of JSON that `TableProcess` makes of it.
    case table
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
  /// Extensions of tables, of which text may be compressed with gzip.
  static let tableExtensions = ["parquet", "arrow", "feather", "csv", "tsv"]
  /// All of them.
  static let extensions = Set(lineExtensions + valueExtensions + compressions + tableExtensions)

  /// Files in the order given; a folder's are found recursively and sorted by path (bytes), as are
  /// those of a pattern (`*`, `?`, `[…]`). A folder gives its `.jsonl`, `.ndjson` and `.json` files,
  /// compressed or not, and its tables, of folders that are not hidden; a file named directly may have any name.
  /// `hf://datasets/ORG/NAME` gives a data set's files in the cache of Hugging Face.
  /// Files of a folder that look like data and are not read (`OtherFile`) are an error, unless `skipOtherFiles`.
  public static func resolve(
    _ inputs: [String], skipOtherFiles: Bool = false
  ) throws(Problem) -> [InputFile] {
    var files: [InputFile] = []
    for input in inputs {
      if input.hasPrefix("hf://") {
        for path in try TableProcess.files(of: input) { files.append(file(path)) }
        continue
      }
      switch kind(of: input) {
      case .standardInput: files.append(InputFile(path: "-", form: .lines))
      case .file: files.append(file(input))
      case .folder:
        let found = try list(folder: input, skipOtherFiles)
        guard !found.isEmpty else {
          throw Problem(
            .inputMissing, Place(file: input),
            reason:
              "the folder holds no .jsonl, .ndjson, .json, .parquet, .arrow, .csv or .tsv file",
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
          default: files.append(file(match))
          }
        }
      }
    }
    return files
  }

  /// A file named directly: by its name, else by its first bytes.
  static func file(_ path: String) -> InputFile {
    if let form = form(of: path) { return InputFile(path: path, form: form) }
    return InputFile(path: path, form: beginsAsTable(path) ? .table : .lines)
  }

  private static func beginsAsTable(_ path: String) -> Bool {
    guard FileSystem.kind(of: path) == .file else { return false }
    let head = FileSystem.head(of: path, 6)
    return head.starts(with: "PAR1".utf8) || head.starts(with: "ARROW1".utf8)
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
    let compression = parts.last.flatMap { compressions.contains($0) ? $0 : nil }
    if compression != nil { parts.removeLast() }
    guard parts.count > 1, let last = parts.last else { return nil }
    if tableExtensions.contains(last), compression == nil || compression == "gz" { return .table }
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
      let isSaved = try isSavedDataSet(names.map(\.text), in: next)
      for name in names {
        // `save_to_disk` writes settings as JSON beside its rows, and `map` what it keeps for itself.
        if isSaved, !name.text.hasSuffix(".arrow") || name.text.hasPrefix("cache-") { continue }
        let path = next.hasSuffix("/") ? next + name.text : next + "/" + name.text
        guard name.isText else {
          others.append(path)
          continue
        }
        if name.text.hasPrefix(".") {
          // What an export says of itself, and files in the making: of prep, and no data.
          if name.text.hasPrefix(AtomicFile.temporaryPrefix) { continue }
          if FileSystem.kind(of: path) == .file, OtherFile.looksLikeData(name.text, at: path) {
            others.append(path)
          }
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
            // A pipe or a device would be waited for; who wants one names it.
            guard FileSystem.kind(of: path) == .file else {
              others.append(path)
              continue
            }
            found.append(InputFile(path: path, form: form))
          } else if OtherFile.looksLikeData(name.text, at: path) {
            others.append(path)
          }
        case .missing(let reason):
          throw Problem(
            .inputUnreadable, Place(file: path), reason: "cannot be read: \(reason)",
            remedy: "fix the link, or remove it")
        case .standardInput: break
        }
      }
    }
    if !others.isEmpty, !skipOtherFiles { throw OtherFile.notRead(others.sorted(), in: folder) }
    return found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }
}

extension InputFiles {
  /// Whether these are the files of a folder that `datasets.Dataset.save_to_disk` wrote.
  private static func isSavedDataSet(
    _ names: [String], in folder: String
  ) throws(Problem) -> Bool {
    if names.contains("dataset_dict.json") {
      let splits = names.filter { FileSystem.kind(of: folder + "/" + $0) == .folder }
      throw Problem(
        .inputUnsupported, Place(file: folder),
        reason: "the folder holds several splits of a saved data set: "
          + splits.joined(separator: ", "),
        remedy: "name one: \(folder)/\(splits.first ?? "train")")
    }
    return names.contains("dataset_info.json") && names.contains { $0.hasSuffix(".arrow") }
  }

  /// Bytes of all files as they lie on disk; nil where one is not a plain file.
  public static func size(of files: [InputFile]) -> Int? {
    var total = 0
    for file in files {
      guard !file.isStandardInput, file.form != .table,
        let status = try? FileSystem.status(of: file.path),
        status.kind == .file
      else { return nil }
      total += status.size
    }
    return total
  }
}
