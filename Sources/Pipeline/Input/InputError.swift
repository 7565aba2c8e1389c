/// An input that cannot be read, as a whole or from some byte on.
public struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, folder or pattern, as given; `-` is standard input.
  public var path: String
  /// Where reading stopped, in decompressed bytes; nil where nothing was read.
  public var byteOffset: Int?
  public var reason: String
  public var remedy: String

  public init(path: String, byteOffset: Int? = nil, reason: String, remedy: String) {
    self.path = path
    self.byteOffset = byteOffset
    self.reason = reason
    self.remedy = remedy
  }

  /// One line: `FILE: reason (remedy)`.
  public var description: String {
    "\(path)\(byteOffset.map { ": byte \($0)" } ?? ""): \(reason)\(remedy.isEmpty ? "" : " (\(remedy))")"
  }
}
