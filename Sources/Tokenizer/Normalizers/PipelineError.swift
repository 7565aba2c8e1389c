/// A stage of `tokenizer.json` that cannot be read, or is not supported.
package struct PipelineError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where in the file: `pre_tokenizer.pretokenizers[1].pattern`.
  package let place: String
  package let reason: String

  package init(place: String, reason: String) {
    self.place = place
    self.reason = reason
  }

  package var description: String { "\(place): \(reason)" }
}
