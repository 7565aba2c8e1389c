/// Where something is wrong: as much of it as is known.
public struct Place: Hashable, Sendable, CustomStringConvertible {
  /// File, folder or pattern, as given; `-` is standard input. Empty where it is not known.
  public var file: String
  /// From 1.
  public var line: Int?
  /// From 1: bytes in a file of settings, code points in a template.
  public var column: Int?
  /// From 0, in the (decompressed) file, or in the record where no file is named.
  public var byteOffset: Int?
  /// Number of the frame in a shard, from 0 (the header).
  public var frame: Int?
  /// Part of a file, such as `frame 3 (data)`; empty for the whole.
  public var part: String
  /// Path in a record or a file of settings, such as `messages[2].role`.
  public var field: String?
  /// The line at fault, where it helps to see it.
  public var excerpt: String

  public init(
    file: String = "", line: Int? = nil, column: Int? = nil, byteOffset: Int? = nil,
    frame: Int? = nil, part: String = "", field: String? = nil, excerpt: String = ""
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.byteOffset = byteOffset
    self.frame = frame
    self.part = part
    self.field = field
    self.excerpt = excerpt
  }

  /// `FILE:LINE:COLUMN`, `FILE: byte N`, `FILE: frame 3 (data) at byte N`. The field is not in it: a reason names it.
  public var description: String {
    guard !file.isEmpty || !part.isEmpty else { return "" }
    var text = file == "-" ? "standard input" : file
    if let line {
      text += ":\(line)"
      if let column { text += ":\(column)" }
    }
    if !part.isEmpty { text += text.isEmpty ? part : ": \(part)" }
    if let byteOffset, line == nil {
      text += part.isEmpty ? ": byte \(byteOffset)" : " at byte \(byteOffset)"
    }
    return text
  }
}
