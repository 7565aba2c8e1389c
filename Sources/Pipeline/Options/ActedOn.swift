import InstructionFormat

/// Of how many records options had something to act on that may find nothing: names of fields and roles, and losses of
/// some turns. Kept among the counters of shards, as `given.field.context`, `given.role.narrator`, `spoken.tool`.
struct ActedOn {
  /// What one record has of it, in bits.
  struct Mark: Hashable, Sendable {
    /// Roles of fields that the user named and the render was given, by slot.
    var fields: UInt16 = 0
    /// Words for roles that the user gave a meaning, by their place among them.
    var words: UInt64 = 0
    /// Roles that a turn has, by place in `LossPolicy.targetsOfOthers`.
    var speakers: UInt8 = 0
  }

  private var fields = InlineArray<16, UInt64>(repeating: 0)
  private var words = InlineArray<64, UInt64>(repeating: 0)
  private var speakers = InlineArray<3, UInt64>(repeating: 0)

  mutating func add(_ mark: Mark) {
    if mark.fields != 0 {
      for slot in 0..<16 where mark.fields >> slot & 1 != 0 { fields[slot] += 1 }
    }
    if mark.words != 0 {
      for place in 0..<64 where mark.words >> place & 1 != 0 { words[place] += 1 }
    }
    for speaker in LossPolicy.targetsOfOthers.indices where mark.speakers >> speaker & 1 != 0 {
      speakers[speaker] += 1
    }
  }

  static func name(_ field: RecordRole) -> String { "given.field.\(field.rawValue)" }
  static func name(role word: String) -> String { "given.role.\(word)" }
  static func name(_ target: LossPolicy.Target) -> String { "spoken.\(target.rawValue)" }

  /// Counts by name. `words`: the words that the user gave a meaning, in order.
  func named(words names: [String]) -> [String: UInt64] {
    var all: [String: UInt64] = [:]
    for role in RecordRole.allCases { all[Self.name(role)] = fields[role.slot] }
    for (place, word) in names.prefix(64).enumerated() { all[Self.name(role: word)] = words[place] }
    for (place, target) in LossPolicy.targetsOfOthers.enumerated() {
      all[Self.name(target)] = speakers[place]
    }
    return all.filter { $0.value > 0 }
  }
}
