/// Why a text is not acceptable JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, in words for the person who wrote the text, without its place.
  public var reason: String
  /// Offset of the first offending byte, from the start of the text.
  public var byteOffset: Int

  public init(reason: String, byteOffset: Int) {
    self.reason = reason
    self.byteOffset = byteOffset
  }

  public var description: String { "\(reason) (byte \(byteOffset))" }
}
