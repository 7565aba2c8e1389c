/// Why a template cannot be used: its place, and what to do.
public struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, or what the caller named the template.
  public var file: String
  /// From 1; 0 where the template as a whole is meant.
  public var line: Int
  /// In code points, from 1.
  public var column: Int
  public var reason: String
  public var remedy: String
  /// The offending line of the template, without its newline.
  public var sourceLine: String

  public init(
    file: String, line: Int = 0, column: Int = 0, reason: String, remedy: String,
    sourceLine: String = ""
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.reason = reason
    self.remedy = remedy
    self.sourceLine = sourceLine
  }

  public var description: String {
    let place = line > 0 ? "\(file):\(line):\(column): " : "\(file): "
    let shown = sourceLine.isEmpty ? "" : "\n    \(sourceLine)"
    return place + reason + (remedy.isEmpty ? "" : " (\(remedy))") + shown
  }
}
