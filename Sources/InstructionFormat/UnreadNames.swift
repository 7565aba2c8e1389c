/// Records that have a member which nobody reads, by its name. Bounded: the first names are told apart, records with others are counted
/// under one name.
public struct UnreadNames: Hashable, Sendable {
  /// Names that are told apart, and their length.
  public static let limit = 32
  static let longest = 64
  /// Stands for the names beyond.
  public static let others = "…"

  private struct Entry: Hashable, Sendable {
    var name: [UInt8]
    var isOfMessages: Bool
    var records: UInt64
    /// The record that was counted last: one with many such messages counts once.
    var last: UInt64
  }

  private var entries: [Entry] = []
  private var record: UInt64 = 0

  public init() {}

  /// Names, those of messages as `messages[].name`, and how many records have them.
  public var counts: [(name: String, records: UInt64)] {
    entries.map { entry in
      let name = String(decoding: entry.name, as: UTF8.self)
      return (entry.isOfMessages ? "messages[].\(name)" : name, entry.records)
    }
  }

  /// Begins a record.
  mutating func begin() { record += 1 }

  /// Counts a member of the record.
  mutating func add(_ name: UnsafeBufferPointer<UInt8>, isOfMessages: Bool = false) {
    for index in entries.indices
    where entries[index].isOfMessages == isOfMessages && entries[index].name.count == name.count {
      if unsafe entries[index].name.elementsEqual(name) { return count(index) }
    }
    if entries.count < Self.limit, name.count <= Self.longest {
      unsafe entries.append(
        Entry(name: Array(name), isOfMessages: isOfMessages, records: 1, last: record))
      return
    }
    let others = Array(Self.others.utf8)
    if let index = entries.firstIndex(where: { !$0.isOfMessages && $0.name == others }) {
      return count(index)
    }
    entries.append(Entry(name: others, isOfMessages: false, records: 1, last: record))
  }

  private mutating func count(_ index: Int) {
    guard entries[index].last != record else { return }
    entries[index].last = record
    entries[index].records += 1
  }
}
