import Problems

extension Problem {
  /// A problem of a tokenizer's file, or of the name under which it was asked for.
  package init(
    kind: Kind = .tokenizer, file: String, line: Int? = nil, column: Int? = nil, offset: Int? = nil,
    reason: String, remedy: String
  ) {
    self.init(
      kind, Place(file: file, line: line, column: column, byteOffset: offset),
      reason: reason, remedy: remedy)
  }

  /// A problem of a stage of text: `place` is its path in the file, such as `pre_tokenizer.pretokenizers[1].pattern`.
  init(stage place: String, _ kind: Kind, _ reason: String) {
    self.init(kind, field: place, reason: "\(place): \(reason)", remedy: "use another tokenizer")
  }
}
