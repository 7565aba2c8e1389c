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

  func allows(_ rejected: Int, of records: Int) -> Bool {
    switch self {
    case .share(let share): Double(rejected) <= share * Double(records)
    case .count(let count): rejected <= count
    }
  }
}
