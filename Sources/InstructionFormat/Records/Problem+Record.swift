import Problems

extension Problem {
  /// A fault at a path of the record, which the reason then names first.
  init(_ kind: Kind, at field: String, _ reason: String, remedy: String) {
    self.init(kind, field: field, reason: "\(field): \(reason)", remedy: remedy)
  }
}
