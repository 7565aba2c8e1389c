/// Why a tokenizer cannot be loaded or used: which file, where in it, why, and what to do.
public struct TokenizerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, or the name or flag under which the tokenizer was asked for.
  public var file: String
  /// From 1; nil where lines mean nothing.
  public var line: Int?
  /// In bytes from 1; nil where columns mean nothing.
  public var column: Int?
  /// In bytes from 0.
  public var offset: Int?
  public var reason: String
  public var remedy: String

  public init(
    file: String, line: Int? = nil, column: Int? = nil, offset: Int? = nil, reason: String,
    remedy: String
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.offset = offset
    self.reason = reason
    self.remedy = remedy
  }

  /// `FILE:LINE:COLUMN: reason (remedy)`.
  public var description: String {
    var place = file
    if let line {
      place += ":\(line)"
      if let column { place += ":\(column)" }
    } else if let offset {
      place += ": byte \(offset)"
    }
    return "\(place): \(reason) (\(remedy))"
  }
}
