import CUnicode

/// A set of Unicode scalars as sorted, disjoint, non-adjacent ranges. Surrogates count as scalars here: a complement holds
/// them, and no text does.
struct ScalarSet: Hashable, Sendable {
  private(set) var ranges: [ClosedRange<UInt32>]

  static let empty = ScalarSet(ranges: [])
  static let all = ScalarSet(ranges: [0...0x10FFFF])

  private init(ranges: [ClosedRange<UInt32>]) { self.ranges = ranges }

  init(_ scalar: UInt32) { ranges = [scalar...scalar] }

  init(_ range: ClosedRange<UInt32>) { ranges = [range] }

  /// Any ranges, in any order.
  init(unsorted: [ClosedRange<UInt32>]) {
    ranges = []
    for range in unsorted.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = ranges.last, UInt64(range.lowerBound) <= UInt64(last.upperBound) + 1 {
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
  }

  /// The scalars that `\p{name}` matches in the reference, nil for a name it does not know.
  /// Case, spaces, `-` and `_` in the name do not count.
  init?(property name: [UInt8]) {
    let key = name.filter { !" -_".utf8.contains($0) }.map { $0 | (0x41...0x5A ~= $0 ? 0x20 : 0) }
    let number = unsafe prep_property_number(key.map(CChar.init(bitPattern:)) + [0])
    guard number >= 0 else { return nil }
    var ranges: [ClosedRange<UInt32>] = []
    for index in 0..<prep_property_span_count(number) {
      let first = prep_property_bound(number, index * 2)
      ranges.append(first...prep_property_bound(number, index * 2 + 1))
    }
    self.init(unsorted: ranges)
  }

  var isEmpty: Bool { ranges.isEmpty }

  /// The only scalar, if there is just one.
  var single: UInt32? {
    guard ranges.count == 1, ranges[0].count == 1 else { return nil }
    return ranges[0].lowerBound
  }

  var complement: ScalarSet {
    var gaps: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
    return ScalarSet(ranges: gaps)
  }

  func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(unsorted: ranges + other.ranges) }

  func intersection(_ other: ScalarSet) -> ScalarSet {
    var common: [ClosedRange<UInt32>] = []
    var i = 0
    var j = 0
    while i < ranges.count, j < other.ranges.count {
      let low = max(ranges[i].lowerBound, other.ranges[j].lowerBound)
      let high = min(ranges[i].upperBound, other.ranges[j].upperBound)
      if low <= high { common.append(low...high) }
      if ranges[i].upperBound < other.ranges[j].upperBound { i += 1 } else { j += 1 }
    }
    return ScalarSet(ranges: common)
  }

  func isDisjoint(with other: ScalarSet) -> Bool { intersection(other).isEmpty }

  /// Whether the set holds `scalar`. O(log ranges).
  func contains(_ scalar: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= scalar
  }

  /// The set with every scalar that a member matches where case is ignored.
  func foldingCase(_ dialect: PatternDialect) -> ScalarSet {
    let pairs = CaseFold.pairs(of: dialect)
    var more = ranges
    for range in ranges {
      var (low, high) = (0, pairs.count)
      while low < high {
        let middle = (low + high) / 2
        if pairs[middle].scalar < range.lowerBound { low = middle + 1 } else { high = middle }
      }
      while low < pairs.count, range.contains(pairs[low].scalar) {
        more.append(pairs[low].other...pairs[low].other)
        low += 1
      }
    }
    return more.count == ranges.count ? self : ScalarSet(unsorted: more)
  }

  static let surrogates = ScalarSet(0xD800...0xDFFF)
  static let digit = property("digit")
  static let space = property("space")
  static let word = property("word")
  /// `\w` inside a class: Oniguruma does not count ² ³ ¹ ¼ ½ ¾ there, and counts them outside.
  static let classWord = word.intersection(
    ScalarSet(unsorted: [0xB2...0xB3, 0xB9...0xB9, 0xBC...0xBE]).complement)
  /// `\w` of Rust's `regex`.
  static let rustWord = ScalarSet(
    unsorted: (UInt32(0)..<0x110000).filter { ScalarClass($0).isAny(of: .word) }.map { $0...$0 })
  static let hexDigit = property("xdigit")
  static let newline = ScalarSet(0x0A)

  private static func property(_ name: StaticString) -> ScalarSet {
    ScalarSet(property: Array(name.description.utf8)) ?? .empty
  }
}
