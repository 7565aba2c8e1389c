import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

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
  public static func resolve(_ inputs: [String]) throws(InputError) -> [InputFile] {
    var files: [InputFile] = []
    for input in inputs {
      switch kind(of: input) {
      case .standardInput: files.append(InputFile(path: "-", form: .lines))
      case .file: files.append(InputFile(path: input, form: form(of: input) ?? .lines))
      case .folder:
        let found = try list(folder: input)
        guard !found.isEmpty else {
          throw InputError(
            path: input, reason: "the folder holds no .jsonl, .ndjson or .json file",
            remedy: "name the files themselves")
        }
        files += found
      case .missing(let reason):
        let matches = expand(pattern: input)
        guard !matches.isEmpty else {
          throw InputError(path: input, reason: reason, remedy: "check the path")
        }
        for match in matches {
          switch kind(of: match) {
          case .folder: files += try list(folder: match)
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
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      return .missing(errno == ENOENT ? "no such file or folder" : "\(Errno(rawValue: errno))")
    }
    return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
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

  private static func list(folder: String) throws(InputError) -> [InputFile] {
    var found: [InputFile] = []
    var pending = [folder]
    while let next = pending.popLast() {
      guard let stream = unsafe opendir(next) else {
        throw InputError(
          path: next, reason: "the folder cannot be read: \(Errno(rawValue: errno))",
          remedy: "check its permissions")
      }
      defer { unsafe closedir(stream) }
      while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
            unsafe String(cString: $0)
          }
        }
        guard !name.hasPrefix(".") else { continue }
        let path = next.hasSuffix("/") ? next + name : next + "/" + name
        switch kind(of: path) {
        case .folder:
          // A link may lead back up.
          var status = stat()
          if unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            pending.append(path)
          }
        case .file: if let form = form(of: path) { found.append(InputFile(path: path, form: form)) }
        default: break
        }
      }
    }
    return found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  private static func expand(pattern: String) -> [String] {
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
}

extension InputFiles {
  /// Bytes of all files as they lie on disk; nil where one is not a plain file.
  public static func size(of files: [InputFile]) -> Int? {
    var total = 0
    for file in files {
      var status = stat()
      guard !file.isStandardInput, unsafe stat(file.path, &status) == 0,
        status.st_mode & S_IFMT == S_IFREG
      else { return nil }
      total += Int(status.st_size)
    }
    return total
  }
}
