import Files
import InstructionFormat
import Masking

/// The classes of a data frame's tokens as they are stored. Layout: docs/FORMAT.md, "Classes".
///
/// The supervised runs of a sample divide it into stretches, of which the data frame has the lengths already: one run of
/// each stretch is stored without its count, the one that varies most. Counts of one class stand together, as many are
/// the same.
struct ClassColumns {
  /// Parts of each stretch: of each sample what is before a supervised run, and that run, in turn; then the rest.
  private var parts: [UInt32] = []
  /// The class of each part.
  private var classes: [UInt32] = []
  /// Counts that are stored, in the order of parts, and of which class each is.
  private var counts: [UInt32] = []
  private var classOfCount: [UInt8] = []
  /// Bits of each part's weight; empty where every weight is 1.
  private var weights: [UInt32] = []

  /// Of some of the rows, whose classes are known; `firstRun` is the first run of the first sample. O(runs).
  init(_ rows: borrowing Rows, samples: Range<Int>, firstRun: Int) {
    let all = rows.classes.runs
    parts.reserveCapacity(3 * samples.count)
    let own =
      rows.classes.starts[samples.lowerBound]..<rows.classes.starts[samples.upperBound]
    classes.reserveCapacity(own.count)
    let isWeighted = all[own].contains { $0.weight != 1 }
    var run = firstRun
    // The next run of a class, and how many of its tokens are in stretches already.
    var (next, taken) = (rows.classes.starts[samples.lowerBound], 0)
    for sample in samples {
      let range = rows.samples[sample]
      let end = rows.classes.starts[sample + 1]
      var position = range.lowerBound
      while run < rows.runs.count, rows.runs[run].lowerBound < range.upperBound {
        let learned = rows.runs[run]
        append(
          all, &next, &taken, end: end, tokens: learned.lowerBound - position, isWeighted)
        append(all, &next, &taken, end: end, tokens: learned.count, isWeighted)
        position = learned.upperBound
        run += 1
      }
      append(all, &next, &taken, end: end, tokens: range.upperBound - position, isWeighted)
    }
  }

  /// Appends a stretch of so many tokens. A run that goes on is cut there; what a token spans stays with it.
  private mutating func append(
    _ all: [ClassRun], _ next: inout Int, _ taken: inout Int, end: Int, tokens: Int,
    _ isWeighted: Bool
  ) {
    // The part whose count is not stored.
    var implied = next
    var place = next
    var left = tokens + taken
    while place < end, left > 0 {
      if all[place].count > 0, !all[place].tokenClass.isOfTemplate {
        implied = place
        break
      }
      left -= Int(all[place].count)
      place += 1
    }
    let first = classes.count
    left = tokens
    while next < end {
      let run = all[next]
      guard left > 0 || run.count == 0 && classes.count > first else { break }
      let count = min(Int(run.count) - taken, left)
      if run.count > 0, next != implied {
        counts.append(UInt32(truncatingIfNeeded: count))
        classOfCount.append(run.tokenClass.rawValue)
      }
      classes.append(UInt32(run.tokenClass.rawValue) | (run.count == 0 ? Self.spanned : 0))
      if isWeighted { weights.append(run.weight.bitPattern) }
      left -= count
      taken += count
      if taken == Int(run.count) {
        next += 1
        taken = 0
      }
    }
    parts.append(UInt32(truncatingIfNeeded: classes.count - first))
  }

  /// Beside a class: the token before has bytes of it, too.
  private static let spanned: UInt32 = 0x100

  /// The content, uncompressed.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(little: UInt32(parts.count))
    bytes.append(little: UInt32(classes.count))
    bytes.append(little: UInt32(weights.isEmpty ? 0 : 1))
    ByteColumn.append(parts, to: &bytes)
    ByteColumn.append(classes, to: &bytes)
    for column in columns where !column.isEmpty {
      bytes.append(little: UInt32(column.count))
      ByteColumn.append(column, to: &bytes)
    }
    if !weights.isEmpty { ByteColumn.append(weights, to: &bytes) }
    return bytes
  }

  /// The stored counts of each class.
  private var columns: [[UInt32]] {
    var columns = [[UInt32]](repeating: [], count: 256)
    for (tokenClass, count) in zip(classOfCount, counts) { columns[Int(tokenClass)].append(count) }
    return columns
  }

  // MARK: - Reading

  /// The classes of the rows of a frame, from what `encoded` is; nil where it does not make them up. O(runs).
  static func classes(decoding content: [UInt8], of rows: borrowing Rows) -> RowClasses? {
    var cursor = ByteCursor(content)
    // A width of 0 needs no bytes: a damaged count must not ask for any amount of memory.
    guard let stretches: UInt32 = cursor.integer(), let count: UInt32 = cursor.integer(),
      let flags: UInt32 = cursor.integer(), flags <= 1,
      Int(stretches) == 2 * rows.runs.count + rows.samples.count,
      Int(count) <= 32 * (rows.tokens.count + 1),
      let parts = ByteColumn.read(Int(stretches), from: &cursor),
      let classes = ByteColumn.read(Int(count), from: &cursor),
      parts.reduce(0, { $0 + Int($1) }) == classes.count, (classes.max() ?? 0) < 2 * spanned
    else { return nil }
    var runs = classes.map {
      ClassRun(TokenClass(rawValue: UInt8(truncatingIfNeeded: $0)), count: $0 < spanned ? 1 : 0)
    }
    let (implied, stored) = implied(parts, runs)
    var columns = [[UInt32]](repeating: [], count: 256)
    for (tokenClass, expected) in stored.enumerated() where expected > 0 {
      guard let count: UInt32 = cursor.integer(), count == expected,
        let column = ByteColumn.read(expected, from: &cursor), !column.contains(0)
      else { return nil }
      columns[tokenClass] = column
    }
    if flags == 1 {
      guard let weights = ByteColumn.read(runs.count, from: &cursor) else { return nil }
      for index in runs.indices { runs[index].weight = Float(bitPattern: weights[index]) }
    }
    guard cursor.remaining == 0 else { return nil }
    var counts = Counts(parts: parts, implied: implied, columns: columns)
    var perSample: [Int] = []
    perSample.reserveCapacity(rows.samples.count)
    var run = 0
    for range in rows.samples {
      let first = counts.next
      var end = range.lowerBound
      while run < rows.runs.count, rows.runs[run].lowerBound < range.upperBound {
        guard counts.fill(&runs, rows.runs[run].lowerBound - end),
          counts.fill(&runs, rows.runs[run].count)
        else { return nil }
        end = rows.runs[run].upperBound
        run += 1
      }
      guard counts.fill(&runs, range.upperBound - end) else { return nil }
      perSample.append(counts.next - first)
    }
    return RowClasses(runsPerSample: perSample, runs: runs)
  }

  /// The part of each stretch whose count is not stored, -1 where none has tokens; and how many each class has.
  private static func implied(_ parts: [UInt32], _ runs: [ClassRun]) -> ([Int], stored: [Int]) {
    var implied: [Int] = []
    implied.reserveCapacity(parts.count)
    var stored = [Int](repeating: 0, count: 256)
    var first = 0
    for count in parts {
      let stretch = first..<first + Int(count)
      var found = -1
      for part in stretch where runs[part].count > 0 {
        stored[Int(runs[part].tokenClass.rawValue)] += 1
        if found < 0 || runs[found].tokenClass.isOfTemplate && !runs[part].tokenClass.isOfTemplate {
          found = part
        }
      }
      if found >= 0 { stored[Int(runs[found].tokenClass.rawValue)] -= 1 }
      implied.append(found)
      first = stretch.upperBound
    }
    return (implied, stored)
  }

  /// Deals counts out, stretch by stretch.
  private struct Counts {
    let parts: [UInt32]
    let implied: [Int]
    let columns: [[UInt32]]
    private var used = [Int](repeating: 0, count: 256)
    private var stretch = 0
    /// The first part of the next stretch.
    private(set) var next = 0

    init(parts: [UInt32], implied: [Int], columns: [[UInt32]]) {
      self.parts = parts
      self.implied = implied
      self.columns = columns
    }

    /// Fills the counts of the next stretch, which has so many tokens; false where it cannot.
    mutating func fill(_ runs: inout [ClassRun], _ tokens: Int) -> Bool {
      let without = implied[stretch]
      var left = tokens
      for part in next..<next + Int(parts[stretch]) where runs[part].count > 0 && part != without {
        let tokenClass = Int(runs[part].tokenClass.rawValue)
        runs[part].count = columns[tokenClass][used[tokenClass]]
        used[tokenClass] += 1
        left -= Int(runs[part].count)
      }
      next += Int(parts[stretch])
      stretch += 1
      guard without >= 0 else { return left == 0 }
      guard left > 0 else { return false }
      runs[without].count = UInt32(left)
      return true
    }
  }
}

extension TokenClass {
  /// Whether the template wrote such bytes, and so mostly as many of them.
  fileprivate var isOfTemplate: Bool {
    switch kind {
    case .scaffold, .beginningOfText, .prefill, .terminator: true
    default: false
    }
  }
}
