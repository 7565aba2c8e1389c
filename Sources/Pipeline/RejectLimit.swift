import Problems

/// How many records may be rejected before a run fails.
public enum RejectLimit: Hashable, Sendable, CustomStringConvertible {
  /// A share of all records, from 0 to 1.
  case share(Double)
  case count(Int)

  /// Reads `1%`, `0.5%` or a number of records.
  public init?(_ text: String) {
    if text.hasSuffix("%") {
      guard let percent = Double(text.dropLast()), (0...100).contains(percent) else { return nil }
      self = .share(percent / 100)
    } else {
      guard let count = Int(text), count >= 0 else { return nil }
      self = .count(count)
    }
  }

  public var description: String {
    switch self {
    case .share(let share):
      share * 100 == (share * 100).rounded() ? "\(Int(share * 100))%" : "\(share * 100)%"
    case .count(let count): "\(count)"
    }
  }

  public func allows(_ rejected: Int, of records: Int) -> Bool {
    switch self {
    case .share(let share): Double(rejected) <= share * Double(records)
    case .count(let count): rejected <= count
    }
  }

  /// The least limit of this sort that would do: a share in steps that people write, or the number.
  public func raised(toAllow rejected: Int, of records: Int) -> RejectLimit {
    guard case .share = self, records > 0 else { return .count(rejected) }
    let steps = [0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    return .share(steps.first { Double(rejected) <= $0 * Double(records) } ?? 1)
  }

  /// Why a run is not published. What it made stays in `folder`, so that going on takes no time.
  func problem(rejected: Int, of records: Int, folder: String) -> Problem {
    guard rejected < records else {
      return Problem(
        .tooManyRejects,
        reason:
          "\(records == 1 ? "the only record was" : "all \(records) records were") rejected: no data set was written",
        remedy: "the first of them says why; all are in \(folder)/rejects.jsonl")
    }
    let enough = raised(toAllow: rejected, of: records)
    return Problem(
      .tooManyRejects,
      reason: "\(rejected) of \(records) records were rejected, more than "
        + "\(OptionName.maxRejects("\(self)")): no data set was written",
      remedy:
        "see \(folder)/rejects.jsonl and fix them; or go on without them: shards are kept, and the same run "
        + "with \(OptionName.maxRejects("\(enough)")) finishes in seconds")
  }
}
