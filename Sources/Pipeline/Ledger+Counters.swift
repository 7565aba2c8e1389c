import InstructionFormat
import ShardWriter

/// The ledger among the counters of shards, which add up over blocks: `text.content.dropped`, `unread.id`.
extension Ledger {
  private static let prefix = "text."
  private static let unreadPrefix = "unread."

  package var counters: [String: UInt64] {
    var counters: [String: UInt64] = [:]
    for (field, fates) in carried {
      for (name, path) in Fates.members where fates[keyPath: path] > 0 {
        counters["\(Self.prefix)\(field.name).\(name)"] = fates[keyPath: path]
      }
    }
    if callsLost > 0 { counters["calls_lost"] = callsLost }
    for (name, records) in unread.counts { counters[Self.unreadPrefix + name] = records }
    return counters
  }

  /// Reads what shards counted.
  public init(_ totals: Totals) {
    self.init()
    for field in Field.allCases {
      for (name, path) in Fates.members {
        self[field][keyPath: path] =
          totals.counters["\(Self.prefix)\(field.name).\(name)"] ?? 0
      }
    }
  }

  /// Records with members that nobody read, by name; the most frequent first. Beyond a number of names, all others together.
  public static func unread(_ totals: Totals) -> [(name: String, records: UInt64)] {
    let all = totals.counters.filter { $0.key.hasPrefix(unreadPrefix) }.map {
      (name: String($0.key.dropFirst(unreadPrefix.count)), records: $0.value)
    }.sorted { ($1.records, $0.name) < ($0.records, $1.name) }
    let named = all.filter { $0.name != UnreadNames.others }
    let others =
      all.filter { $0.name == UnreadNames.others } + named.dropFirst(UnreadNames.limit)
    let sum = others.reduce(0) { $0 + $1.records }
    return named.prefix(UnreadNames.limit) + (sum > 0 ? [(UnreadNames.others, sum)] : [])
  }
}
