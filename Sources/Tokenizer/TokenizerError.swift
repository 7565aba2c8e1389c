import Problems

/// Why a tokenizer cannot be loaded or used.
public typealias TokenizerError = Problem

extension Problem {
  /// A problem of a tokenizer's file, or of the name under which it was asked for.
  package init(
    file: String, line: Int? = nil, column: Int? = nil, offset: Int? = nil, reason: String,
    remedy: String
  ) {
    self.init(
      .tokenizer, Place(file: file, line: line, column: column, byteOffset: offset),
      reason: reason, remedy: remedy)
  }
}
