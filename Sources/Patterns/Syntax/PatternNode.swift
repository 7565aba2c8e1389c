/// A regular expression, parsed: every class is a set of scalars, and case is already folded in.
indirect enum PatternNode: Equatable, Sendable {
  /// One scalar of the set.
  case set(ScalarSet)
  case sequence([PatternNode])
  case alternatives([PatternNode])
  case `repeat`(PatternNode, min: Int, max: Int?, Greed)
  /// A group with a number that a back reference may name.
  case capture(PatternNode)
  case atomic(PatternNode)
  case look(PatternNode, isAhead: Bool, isNegative: Bool)
  case assertion(Assertion)
  case backReference(Int)

  enum Greed: Equatable, Sendable { case greedy, lazy, possessive }

  enum Assertion: Equatable, Sendable {
    case textStart, textEnd, textEndOrLastNewline, textEndOrLastNewlines, lineStart, lineEnd
  }

  /// `\b` or `\B`: one side of the place is in `set` and the other is not, or both or none.
  static func boundary(of set: ScalarSet, isBoundary: Bool) -> PatternNode {
    func look(isAhead: Bool, isNegative: Bool) -> PatternNode {
      .look(.set(set), isAhead: isAhead, isNegative: isNegative)
    }
    return .alternatives([
      .sequence([
        look(isAhead: false, isNegative: false), look(isAhead: true, isNegative: isBoundary),
      ]),
      .sequence([
        look(isAhead: false, isNegative: true), look(isAhead: true, isNegative: !isBoundary),
      ]),
    ])
  }

  static let nothing = PatternNode.sequence([])
}

extension PatternNode {
  /// Whether it may match nothing.
  var mayBeEmpty: Bool {
    switch self {
    case .set: false
    case .sequence(let parts): parts.allSatisfy(\.mayBeEmpty)
    case .alternatives(let all): all.contains(where: \.mayBeEmpty)
    case .repeat(let inner, let min, _, _): min == 0 || inner.mayBeEmpty
    case .capture(let inner), .atomic(let inner): inner.mayBeEmpty
    case .look, .assertion, .backReference: true
    }
  }

  /// Whether it may match more than one character.
  var mayBeLong: Bool { longest > 1 }

  /// The most characters that it may match, two standing for more.
  private var longest: Int {
    switch self {
    case .set: 1
    case .sequence(let parts): min(2, parts.reduce(0) { $0 + $1.longest })
    case .alternatives(let all): all.map(\.longest).max() ?? 0
    case .repeat(let inner, _, let max, _): min(2, inner.longest * min(2, max ?? 2))
    case .capture(let inner), .atomic(let inner): inner.longest
    case .look, .assertion: 0
    case .backReference: 2
    }
  }
}
