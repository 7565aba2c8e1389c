import InstructionFormat
import Masking
import ShardWriter

/// How a record was read, and what it was rendered by.
public struct RecordKind: Hashable, Sendable {
  public var schema: RecordSchema
  public var way: RecordSamples.Way

  /// Every kind that a record can have. A schema is found before a record has a kind.
  static let all = RecordSchema.allCases.filter { $0 != .auto }.flatMap { schema in
    RecordSamples.Way.allCases.map { RecordKind(schema: schema, way: $0) }
  }

  /// Place in `all`. By hand, as it is asked for record by record.
  var slot: Int {
    let row =
      switch schema {
      case .auto, .instruction: 0
      case .messages: 1
      case .text: 2
      }
    let column =
      switch way {
      case .chat: 0
      case .plain: 1
      case .alpaca: 2
      case .text: 3
      }
    return row * RecordSamples.Way.allCases.count + column
  }
}

/// What became of the records of each kind. Kept among the counters of shards, as `kind.messages.chat.tokens`.
public struct KindCounts: Hashable, Sendable {
  /// Of one kind.
  public struct Part: Hashable, Sendable {
    public var accepted: UInt64 = 0
    public var rejected: UInt64 = 0
    public var leftOut: UInt64 = 0
    public var samples: UInt64 = 0
    public var tokens: UInt64 = 0
    public var learned: UInt64 = 0
    public var truncated: UInt64 = 0
    public var endsCut: UInt64 = 0

    public var records: UInt64 { accepted + rejected + leftOut }

    fileprivate static let members:
      [(name: String, path: any WritableKeyPath<Part, UInt64> & Sendable)] =
        [
          ("accepted", \.accepted), ("rejected", \.rejected), ("left_out", \.leftOut),
          ("samples", \.samples), ("tokens", \.tokens), ("supervised_tokens", \.learned),
          ("truncated", \.truncated), ("terminators_cut", \.endsCut),
        ]

    /// Names for programs, and counts.
    public var named: [(name: String, count: UInt64)] {
      Self.members.map { ($0.name, self[keyPath: $0.path]) }
    }
  }

  private var parts = [Part](repeating: Part(), count: RecordKind.all.count)

  public init() {}

  private static let prefix = "kind."

  /// Reads what shards counted.
  public init(_ totals: Totals) {
    for (key, count) in totals.counters where key.hasPrefix(Self.prefix) {
      let words = key.split(separator: ".").map(String.init)
      guard words.count == 4, let schema = RecordSchema(rawValue: words[1]),
        let way = RecordSamples.Way(rawValue: words[2]),
        let member = Part.members.first(where: { $0.name == words[3] })
      else { continue }
      parts[RecordKind(schema: schema, way: way).slot][keyPath: member.path] = count
    }
  }

  /// The most frequent first.
  public var sorted: [(kind: RecordKind, part: Part)] {
    zip(RecordKind.all, parts).filter { $0.1.records > 0 }.map { ($0, $1) }.sorted {
      ($1.part.records, $0.kind.slot) < ($0.part.records, $1.kind.slot)
    }
  }

  var counters: [String: UInt64] {
    var counters: [String: UInt64] = [:]
    for (kind, part) in zip(RecordKind.all, parts) {
      for (name, count) in part.named where count > 0 {
        counters["\(Self.prefix)\(kind.schema.rawValue).\(kind.way.rawValue).\(name)"] = count
      }
    }
    return counters
  }

  mutating func add(
    _ sample: borrowing MaskedSample, _ cut: Truncation.Cut, of kind: RecordKind?
  ) {
    guard let slot = kind?.slot else { return }
    parts[slot].samples += 1
    parts[slot].tokens += UInt64(sample.tokens.count)
    parts[slot].learned += UInt64(sample.supervisedCount)
    if cut.isCut { parts[slot].truncated += 1 }
    if cut.terminator { parts[slot].endsCut += 1 }
  }

  mutating func accept(_ kind: RecordKind?) { if let kind { parts[kind.slot].accepted += 1 } }

  mutating func refuse(_ kind: RecordKind?, isLeftOut: Bool) {
    guard let slot = kind?.slot else { return }
    if isLeftOut { parts[slot].leftOut += 1 } else { parts[slot].rejected += 1 }
  }
}
