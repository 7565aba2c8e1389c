import JSONText

/// The rejects of a block as the lines that `rejects.jsonl` has for them: written as they come, since a block may reject
/// every one of its records.
public struct RejectLines: Sendable {
  /// How many there are, by reason.
  public private(set) var reasons: [String: UInt64] = [:]
  public private(set) var count = 0
  /// The first of them, to show.
  public private(set) var first: [Reject] = []
  private let file: [UInt8]
  private var writer = JSONWriter()

  private static let shownCount = 8

  /// `file`: name of the input file, as it was given.
  public init(file: [UInt8]) { self.file = file }

  public var lines: [UInt8] { writer.bytes }

  public mutating func append(_ reject: Reject) {
    reasons[reject.reason, default: 0] += 1
    count += 1
    if first.count < Self.shownCount { first.append(reject) }
    reject.write(file: file, to: &writer)
  }
}
