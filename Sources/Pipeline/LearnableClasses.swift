import InstructionFormat
import Masking
import ShardWriter

/// Which classes the samples of a block have that some loss learns, in the order in which they come first. Kept among
/// the counters of shards, so that it can be told without reading rows whether another loss gives the same ones.
struct LearnableClasses {
  /// Where a sample is counted: as it is stored, or before it was cut, where lengths of prompts decide about that.
  enum Place: String, CaseIterable {
    case stored = "learnable_"
    case whole = "prompted_"
  }

  private var counts: [[UInt8]: UInt64] = [:]
  // Most samples are as the one before.
  private var last: [UInt8] = []
  private var lastCount: UInt64 = 0
  private var next: [UInt8] = []

  /// Stands for tokens of several classes: whether they are learned depends on more than their own.
  static let mixed = TokenClass(rawValue: 0xFF)

  mutating func add(_ classes: ClassRuns) {
    next.removeAll(keepingCapacity: true)
    for (index, run) in classes.runs.enumerated() {
      let spans = index + 1 < classes.runs.count && classes.runs[index + 1].count == 0
      if run.tokenClass.isLearnable, run.count > (spans ? 1 : 0) { note(run.tokenClass) }
      if spans { note(Self.mixed) }
    }
    if lastCount > 0, next == last {
      lastCount += 1
      return
    }
    if lastCount > 0 { counts[last, default: 0] += lastCount }
    swap(&last, &next)
    lastCount = 1
  }

  private mutating func note(_ tokenClass: TokenClass) {
    if !next.contains(tokenClass.rawValue) { next.append(tokenClass.rawValue) }
  }

  /// Counts by name.
  func named(_ place: Place) -> [String: UInt64] {
    var all = counts
    if lastCount > 0 { all[last, default: 0] += lastCount }
    return Dictionary(
      uniqueKeysWithValues: all.map { classes, count in
        let digits = classes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return (place.rawValue + digits, count)
      })
  }

  /// What `named` made of samples; nil for other counters.
  static func classes(_ name: String, _ place: Place) -> [TokenClass]? {
    guard name.hasPrefix(place.rawValue) else { return nil }
    var digits = name.dropFirst(place.rawValue.count)
    var classes: [TokenClass] = []
    while let value = UInt8(digits.prefix(2), radix: 16) {
      classes.append(TokenClass(rawValue: value))
      digits = digits.dropFirst(2)
    }
    return digits.isEmpty ? classes : nil
  }
}

extension Truncation {
  /// Whether it depends on where the prompt ends what is kept of a sample.
  var dependsOnPrompt: Bool {
    promptLength != nil || responseLength != nil || policy == .keepResponse
  }
}
