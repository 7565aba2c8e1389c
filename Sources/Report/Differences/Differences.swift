import Masking

/// Where two ways of making samples of the same records differ, by cause.
public struct Differences: Sendable {
  /// Why a sample differs: the first of these that holds.
  public enum Cause: String, CaseIterable, Sendable {
    /// The other has no sample of this place.
    case onlyInFirst = "only-in-a"
    case onlyInSecond = "only-in-b"
    /// The same ids up to where one of them ends.
    case length
    case ids
    /// The same ids, and others of them are learned.
    case labels
    /// The same ids are learned, with other weights.
    case weights
    /// The same sample, cut into other parts or behind another sample of its row.
    case packing

    /// In words, `A` and `B` the two that are compared.
    public var words: String {
      switch self {
      case .onlyInFirst: "only in A"
      case .onlyInSecond: "only in B"
      case .length: "one is cut shorter"
      case .ids: "ids differ"
      case .labels: "same ids, labels differ"
      case .weights: "same labels, weights differ"
      case .packing: "same sample, packed otherwise"
      }
    }
  }

  /// A sample that differs.
  public struct Example: Sendable {
    public var first: PlacedSample?
    public var second: PlacedSample?
    /// The first token that differs.
    public var token: Int
    /// Why one is missing, where that is known.
    public var reason: String?
  }

  public struct Group: Sendable {
    public var count = 0
    /// The first ones.
    public var examples: [Example] = []
  }

  /// Samples of the two, and those that are the same.
  public private(set) var firstCount = 0
  public private(set) var secondCount = 0
  public private(set) var sameCount = 0
  /// Names of the input files, by the numbers that sources have.
  public internal(set) var files: [String] = []
  /// Records that give no sample either way.
  public internal(set) var neitherCount = 0
  public private(set) var groups: [Cause: Group] = [:]
  /// Examples that each group keeps.
  private let exampleLimit: Int

  public init(exampleLimit: Int) { self.exampleLimit = exampleLimit }

  public var isEmpty: Bool { groups.isEmpty }

  /// Compares the samples of one place; nil for one that is not there. `reason`: why it is not, where that is known.
  public mutating func compare(
    _ first: PlacedSample?, _ second: PlacedSample?, reason: String? = nil
  ) {
    firstCount += first == nil ? 0 : 1
    secondCount += second == nil ? 0 : 1
    guard let (cause, token) = Self.cause(first, second) else {
      sameCount += first == nil ? 0 : 1
      return
    }
    groups[cause, default: Group()].count += 1
    if groups[cause, default: Group()].examples.count < exampleLimit {
      groups[cause]?.examples.append(
        Example(first: first, second: second, token: token, reason: reason))
    }
  }

  /// Why they differ, and from which token on; nil where they do not.
  private static func cause(
    _ first: PlacedSample?, _ second: PlacedSample?
  ) -> (Cause, Int)? {
    guard let first else { return second == nil ? nil : (.onlyInSecond, 0) }
    guard let second else { return (.onlyInFirst, 0) }
    if let token = firstDifference(first.tokens, second.tokens) {
      let isCut = token == min(first.tokens.count, second.tokens.count)
      return (isCut ? .length : .ids, token)
    }
    let weights = (first.tokenWeights, second.tokenWeights)
    if let token = firstDifference(weights.0.map { $0 != 0 }, weights.1.map { $0 != 0 }) {
      return (.labels, token)
    }
    if let token = firstDifference(weights.0, weights.1) { return (.weights, token) }
    return first.neighbours == second.neighbours ? nil : (.packing, 0)
  }

  private static func firstDifference<Element: Equatable>(
    _ one: [Element], _ other: [Element]
  ) -> Int? {
    for index in 0..<min(one.count, other.count) where one[index] != other[index] { return index }
    return one.count == other.count ? nil : min(one.count, other.count)
  }
}
