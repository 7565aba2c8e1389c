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
