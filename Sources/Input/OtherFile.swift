import Files
import Problems

/// Files that hold data in a form that is not read: known by name, so that none is passed over without a word.
enum OtherFile {
  private static let endings: Set<String> = [
    "orc", "avro", "xlsx",
    "bz2", "xz", "lzma", "lz4", "br", "7z", "rar", "zip", "tar", "tgz", "jsonlines", "jsonl5",
    "ldjson",
    "tfrecord", "msgpack", "pkl", "pickle", "npz", "db", "sqlite", "yaml", "yml", "xml",
  ]

  /// Whether a name of a folder is one of data. `.txt` and `.md` are not: such folders have notes beside their data.
  static func looksLikeData(_ name: String) -> Bool {
    var parts = name.lowercased().split(separator: ".").map(String.init)
    if let last = parts.last, InputFiles.compressions.contains(last) { parts.removeLast() }
    guard parts.count > 1, let last = parts.last else { return false }
    return endings.contains(last)
  }

  static func notRead(_ paths: [String], in folder: String) -> Problem {
    let shown = paths.prefix(5).joined(separator: ", ")
    let more = paths.count > 5 ? " and \(paths.count - 5) more" : ""
    return Problem(
      .inputNotRead, Place(file: folder),
      reason: "the folder holds data that is not read: \(shown)\(more)",
      remedy: "convert or remove them, or leave them out with \(OptionName.skipOtherFiles)")
  }

  /// What to do where there is no such file, but the name is one that a hub may have; nil for other names.
  static func remedy(missing path: String) -> String? {
    if let scheme = path.firstRange(of: "://") {
      let name = path[..<scheme.lowerBound]
      return
        "\(name) addresses are not read: fetch the file first, or pipe it in and name - as the input"
    }
    if path.hasPrefix("~") { return "the shell did not expand ~: write $HOME in its place" }
    let parts = path.split(separator: ",").map(String.init)
    if parts.count > 1, parts.allSatisfy({ FileSystem.kind(of: $0) != nil }) {
      return "several inputs stand apart: \(parts.joined(separator: " "))"
    }
    return near(path).map { "did you mean \($0)?" } ?? hub(path)
  }

  /// A file beside it that has nearly its name.
  private static func near(_ path: String) -> String? {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard let names = try? FileSystem.names(in: folder.isEmpty ? "/" : folder) else { return nil }
    // Of a folder with many, to compare with each takes too long.
    guard names.count <= 2000 else { return nil }
    return NearName.of(name, among: names.map(\.text)).map {
      slash == nil ? $0 : folder + "/" + $0
    }
  }

  private static func hub(_ path: String) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let isName = { (part: Substring) in
      !part.isEmpty && !part.hasPrefix(".")
        && part.utf8.allSatisfy {
          $0 < 0x80
            && (Character(UnicodeScalar($0)).isLetter || Character(UnicodeScalar($0)).isNumber
              || "-_.".utf8.contains($0))
        }
    }
    guard parts.count == 2, parts.allSatisfy(isName), InputFiles.form(of: path) == nil else {
      return nil
    }
    return
      "check the path; a data set of the Hugging Face Hub is fetched first, hf download --repo-type dataset \(path), "
      + "and then named hf://datasets/\(path)"
  }
}
