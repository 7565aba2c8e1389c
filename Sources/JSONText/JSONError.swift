import Problems

/// Why a text is not JSON, and where.
public typealias JSONError = Problem

extension Problem {
  /// The reason and its byte, for a message about the whole text.
  package var reasonInText: String { "\(reason) (byte \(place.byteOffset ?? 0))" }
}
