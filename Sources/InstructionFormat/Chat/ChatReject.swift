import Problems

/// Why a conversation has no render.
public typealias ChatReject = Problem

extension Problem {
  /// A reject of the value at a path in the record, such as `messages[3].role`: the path begins the message.
  init(_ kind: Kind, at path: String, reason: String, remedy: String) {
    self.init(kind, field: path, reason: "\(path): \(reason)", remedy: remedy)
  }
}
