/// An input that cannot be read, as a whole or from some place on.
public struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, folder or pattern, as given; `-` is standard input.
  public var path: String
  /// The line, from 1, where lines tell the place.
  public var line: Int?
  /// Where reading stopped, in decompressed bytes; nil where nothing was read.
  public var byteOffset: Int?
  public var reason: String
  public var remedy: String

  public init(
    path: String, line: Int? = nil, byteOffset: Int? = nil, reason: String, remedy: String
  ) {
    self.path = path
    self.line = line
    self.byteOffset = byteOffset
    self.reason = reason
    self.remedy = remedy
  }

  /// One line: `FILE:LINE: reason (remedy)`.
  public var description: String {
    let place = line.map { ":\($0)" } ?? byteOffset.map { ": byte \($0)" } ?? ""
    let name = path == "-" ? "standard input" : path
    return "\(name)\(place): \(reason)\(remedy.isEmpty ? "" : " (\(remedy))")"
  }
}
