import Problems

/// Why a record gives no sample. Its place in the file is added by whoever reads the file.
public typealias RecordError = Problem

/// The names under which rejects are counted.
public typealias RejectKind = Problem.Kind

extension Problem {
  /// A fault at a path of the record, which the reason then names first.
  init(_ kind: Kind, at field: String, _ reason: String, remedy: String) {
    self.init(kind, field: field, reason: "\(field): \(reason)", remedy: remedy)
  }
}
