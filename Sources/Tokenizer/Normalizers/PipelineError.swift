/// A stage of `tokenizer.json` that cannot be read, or is not supported.
public struct PipelineError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where in the file: `pre_tokenizer.pretokenizers[1].pattern`.
  public let place: String
  public let reason: String

  public init(place: String, reason: String) {
    self.place = place
    self.reason = reason
  }

  public var description: String { "\(place): \(reason)" }
}
