import JSONText
import Problems
import ShardWriter

/// Records that gave no sample, by reason: how many, and some of them.
public struct RejectExamples: Sendable {
  public struct Example: Sendable {
    public var file: [UInt8]
    public var line: Int
    public var message: [UInt8]
    public var remedy: [UInt8]
    /// The beginning of the record as it stands in the file.
    public var record: [UInt8]
  }

  public struct Group: Sendable {
    public var reason: String
    public var count: Int
    public var examples: [Example]

    /// Whether the lengths and filters asked for leave these records out, which are no fault of theirs.
    public var isLeftOut: Bool { Problem.Kind(rawValue: reason)?.isLeftOut ?? false }
  }

  /// Examples of each reason, and bytes of each record.
  static let most = 25
  static let recordSize = 2000

  /// The most frequent first.
  public var groups: [Group] = []

  public init() {}

  /// Reads the rejects that the shards hold, until each reason has its examples.
  public init(_ data: DataSet) throws(Problem) {
    let counts = data.manifest.totals.rejected.filter { $0.value > 0 }
    var examples: [String: [Example]] = [:]
    var missing = counts.mapValues { min(Self.most, Int(clamping: $0)) }
    let parser = JSONParser()
    for (number, shard) in data.manifest.shards.enumerated() {
      guard !missing.isEmpty else { break }
      guard shard.totals.rejected.keys.contains(where: { missing[$0] != nil }) else { continue }
      for line in try data.reader(number).rejects().lines.split(separator: UInt8(ascii: "\n")) {
        guard let node = try? parser.parse(line), let reason = node["reason"]?.string,
          let left = missing[reason]
        else { continue }
        examples[reason, default: []].append(
          Example(
            file: node["file"]?.bytes ?? [], line: node["line"]?.int ?? 0,
            message: node["message"]?.bytes ?? [], remedy: node["remedy"]?.bytes ?? [],
            record: Array((node["record"]?.bytes ?? []).prefix(Self.recordSize))))
        missing[reason] = left > 1 ? left - 1 : nil
      }
      withExtendedLifetime(parser) {}
    }
    groups = counts.map { reason, count in
      Group(reason: reason, count: Int(clamping: count), examples: examples[reason] ?? [])
    }.sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
  }
}
