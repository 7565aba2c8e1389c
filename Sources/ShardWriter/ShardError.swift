/// What is wrong with a shard, a manifest, an export or their folder: the file, the place in it, the
/// reason, and what to do.
public struct ShardError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// Bytes are not what was written: `verify` reports these.
    case damaged
    /// The file system refused.
    case system
    /// The file or folder cannot be used as asked: other spec, unknown feature, no manifest.
    case unusable
  }

  public var kind: Kind
  /// Path of the file or folder, as given; empty where it is not known.
  public var path: String
  /// Number of the frame in the shard, from 0 (the header).
  public var frame: Int?
  /// Part of the file, such as `frame 3 (data)`; empty for the whole.
  public var part: String
  /// Byte offset in the file.
  public var offset: Int?
  public var reason: String
  public var remedy: String

  public init(
    kind: Kind = .damaged, path: String = "", frame: Int? = nil, part: String = "",
    offset: Int? = nil, reason: String, remedy: String = ""
  ) {
    self.kind = kind
    self.path = path
    self.frame = frame
    self.part = part
    self.offset = offset
    self.reason = reason
    self.remedy = remedy
  }

  /// One line: `PATH: frame 3 (data) at byte 4711: reason (remedy)`.
  public var description: String {
    var text = path
    func separate() { if !text.isEmpty { text += ": " } }
    if !part.isEmpty {
      separate()
      text += part
      if let offset { text += " at byte \(offset)" }
    } else if let offset {
      separate()
      text += "byte \(offset)"
    }
    separate()
    text += reason
    if !remedy.isEmpty { text += " (\(remedy))" }
    return text
  }

  /// The same error, in this file and part where they are not named yet.
  func at(path: String, frame: Int? = nil, part: String = "", offset: Int? = nil) -> ShardError {
    var error = self
    if error.path.isEmpty { error.path = path }
    if error.frame == nil { error.frame = frame }
    if error.part.isEmpty {
      error.part = part
      if error.offset == nil { error.offset = offset }
    }
    return error
  }
}
