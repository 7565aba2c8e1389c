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

  /// Endings of what stands beside data and is none: notes, code, pictures, check sums, locks.
  private static let notes: Set<String> = [
    "md", "rst", "html", "pdf", "tex", "bib", "log", "cfg", "ini", "toml", "lock", "py", "ipynb",
    "sh", "swift", "c", "h", "png", "jpg", "jpeg", "gif", "svg", "webp", "sha256", "sha1", "md5",
    "crc", "sig", "asc", "metadata",
  ]

  /// Whether a file of a folder is one of data: a part of its name says so (`a.jsonl.bak`, `a.jsonl.gz.part`,
  /// `a.gz`), or what it begins with where its name says nothing. Reads at most its first 512 bytes.
  static func looksLikeData(_ name: String, at path: String) -> Bool {
    let parts = name.lowercased().split(separator: ".").dropFirst(name.hasPrefix(".") ? 0 : 1)
      .map { $0.hasSuffix("~") ? String($0.dropLast()) : String($0) }
    // What macOS writes beside a file that it copied.
    guard !name.hasPrefix("._") else { return false }
    if let last = parts.last, notes.contains(last) { return false }
    if parts.contains(where: { endings.contains($0) || InputFiles.extensions.contains($0) }) {
      return true
    }
    return !name.hasPrefix(".") && beginsAsData(path)
  }

  /// Whether a file begins as JSON, as a table or as something compressed.
  private static func beginsAsData(_ path: String) -> Bool {
    guard FileSystem.kind(of: path) == .file else { return false }
    let head = FileSystem.head(of: path, 512)
    if magics.contains(where: { head.starts(with: $0) }) { return true }
    let text = head.drop { $0 <= 0x20 || [0xEF, 0xBB, 0xBF].contains($0) }
    guard let first = text.first else { return false }
    // An object, or an array of them.
    let rest = text.dropFirst().drop { $0 <= 0x20 }
    return switch first {
    case UInt8(ascii: "{"): rest.first == UInt8(ascii: "\"")
    case UInt8(ascii: "["): rest.first == UInt8(ascii: "{")
    default: false
    }
  }

  /// Parquet, Arrow, gzip, Zstandard, bzip2, xz, zip, lz4, SQLite.
  private static let magics: [[UInt8]] = [
    Array("PAR1".utf8), Array("ARROW1".utf8), [0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD],
    Array("BZh".utf8), [0xFD, 0x37, 0x7A, 0x58], [0x50, 0x4B, 3, 4], [4, 0x22, 0x4D, 0x18],
    Array("SQLite format 3".utf8),
  ]

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
