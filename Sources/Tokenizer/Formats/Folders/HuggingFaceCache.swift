import Files
import Problems
import SystemPackage

/// The folder in which `huggingface_hub` keeps what it downloaded. Read only; prep never opens a connection.
///
/// Layout (huggingface_hub's documentation, "Understand caching"): `models--ORG--NAME/refs/REVISION` holds a commit,
/// `models--ORG--NAME/snapshots/COMMIT/` the files.
struct HuggingFaceCache: Sendable {
  let folder: FilePath

  /// `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `HF_HOME/hub`, else `XDG_CACHE_HOME/huggingface/hub`, else
  /// `~/.cache/huggingface/hub`.
  init(environment: (String) -> String?) {
    func path(_ name: String) -> FilePath? {
      guard let value = environment(name), !value.isEmpty else { return nil }
      guard value == "~" || value.hasPrefix("~/"), let home = environment("HOME") else {
        return FilePath(value)
      }
      return FilePath(home + value.dropFirst())
    }
    if let folder = path("HF_HUB_CACHE") ?? path("HUGGINGFACE_HUB_CACHE") {
      self.folder = folder
    } else if let home = path("HF_HOME") {
      folder = home.appending("hub")
    } else {
      let cache = path("XDG_CACHE_HOME") ?? FilePath(environment("HOME") ?? "").appending(".cache")
      folder = cache.appending("huggingface").appending("hub")
    }
  }

  /// `ORG/NAME` or `NAME`, with `@REVISION` where one is wanted.
  struct Name: Sendable, Equatable {
    var repository: String
    var revision: String?

    /// nil where the text cannot be the name of a repository.
    init?(_ text: String) {
      let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      let names = parts[0].split(separator: "/", omittingEmptySubsequences: false)
      func isName(_ part: Substring) -> Bool {
        !part.isEmpty && part.utf8.count <= 96 && part.first != "." && part.first != "-"
          && part.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
          }
      }
      guard names.count <= 2, names.allSatisfy(isName) else { return nil }
      if parts.count == 2 {
        guard !parts[1].isEmpty,
          !parts[1].split(separator: "/", omittingEmptySubsequences: false).contains("..")
        else {
          return nil
        }
        revision = String(parts[1])
      }
      repository = String(parts[0])
    }
  }

  /// The snapshot folder of a repository.
  func snapshot(of name: Name) throws(Problem) -> FilePath {
    let repository = folder.appending(
      "models--" + name.repository.split(separator: "/").joined(separator: "--"))
    let revision = name.revision ?? "main"
    let snapshots = repository.appending("snapshots")
    if let commit = commit(of: revision, in: repository) {
      let snapshot = snapshots.appending(commit)
      if FileSystem.kind(of: snapshot) == .folder { return snapshot }
    }
    let exact = snapshots.appending(revision)
    if FileSystem.kind(of: exact) == .folder { return exact }
    var command = "hf download \(name.repository) tokenizer.json tokenizer_config.json"
    if let revision = name.revision { command += " --revision \(revision)" }
    throw Problem(
      kind: .tokenizerMissing, file: name.repository + (name.revision.map { "@" + $0 } ?? ""),
      reason: "neither a file nor a folder, and not in the Hugging Face cache \(folder)",
      remedy: "run: \(command)")
  }

  private func commit(of revision: String, in repository: FilePath) -> String? {
    guard let bytes = try? FileSystem.contents(of: repository.appending("refs").appending(revision))
    else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    let commit = text.split(whereSeparator: \.isWhitespace).first.map(String.init)
    return commit.flatMap { $0.contains("/") ? nil : $0 }
  }
}
