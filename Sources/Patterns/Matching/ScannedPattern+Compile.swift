extension ScannedPattern {
  /// The pattern as a scanner, nil where it is not of the simple shape or may match nothing.
  convenience init?(_ source: String, _ dialect: PatternDialect, _ node: PatternNode) {
    var compiler = Compiler()
    let ways = Compiler.ways(of: node)
    guard ways.count <= 32 else { return nil }
    var starts: [Int] = []
    var firsts: [ScalarSet] = []
    for way in ways {
      let parts = Compiler.parts(of: way)
      guard Compiler.minimum(of: parts) > 0, let first = Compiler.first(of: parts[...]).set
      else { return nil }
      starts.append(compiler.steps.count)
      firsts.append(first)
      guard compiler.compile(parts[...], then: .end) else { return nil }
      compiler.steps.append(Step(kind: .found))
    }
    self.init(
      source: source, dialect: dialect, sets: compiler.sets, steps: compiler.steps, starts: starts,
      firsts: firsts)
  }

  struct Compiler {
    var steps: [Step] = []
    private(set) var sets: [ScalarSet] = []
    private var numbers: [ScalarSet: Int] = [:]

    /// What may come after a part: the scalars that may, and whether nothing need come.
    struct First {
      var set: ScalarSet?
      var maybeNothing: Bool
      static let end = First(set: .empty, maybeNothing: true)
    }

    static func ways(of node: PatternNode) -> [PatternNode] {
      switch node {
      case .alternatives(let all): all.flatMap(ways)
      case .capture(let inner): ways(of: inner)
      case .sequence(let parts) where parts.count == 1: ways(of: parts[0])
      default: [node]
      }
    }

    static func parts(of node: PatternNode) -> [PatternNode] {
      switch node {
      case .sequence(let parts): parts.flatMap(self.parts)
      case .capture(let inner): parts(of: inner)
      default: [node]
      }
    }

    /// The least number of scalars that the parts match.
    static func minimum(of parts: [PatternNode]) -> Int {
      parts.reduce(0) { sum, part in
        switch part {
        case .set: sum + 1
        case .repeat(let inner, let min, _, _):
          sum + (min > 0 ? minimum(of: self.parts(of: inner)) : 0)
        case .alternatives(let all):
          sum + (all.map { minimum(of: self.parts(of: $0)) }.min() ?? 0)
        default: sum
        }
      }
    }

    /// The scalars that a match of the parts may start with; `set` is nil where that is not known.
    static func first(of parts: ArraySlice<PatternNode>) -> First {
      var result = First.end
      for part in parts {
        let next = first(of: part)
        guard let set = result.set, let more = next.set else {
          return First(set: nil, maybeNothing: next.maybeNothing)
        }
        result = First(set: set.union(more), maybeNothing: next.maybeNothing)
        if !next.maybeNothing { break }
      }
      return result
    }

    /// For each part and for the end: what may start there and after, up to `after`. O(parts).
    private static func firsts(of parts: ArraySlice<PatternNode>, then after: First) -> [First] {
      var all = [after]
      for part in parts.reversed() {
        var next = first(of: part)
        if next.maybeNothing, let set = next.set, let rest = all.last {
          next = First(set: rest.set.map { set.union($0) }, maybeNothing: rest.maybeNothing)
        }
        all.append(next)
      }
      return all.reversed()
    }

    private static func first(of part: PatternNode) -> First {
      switch part {
      case .set(let set): return First(set: set, maybeNothing: false)
      case .repeat(let inner, let min, _, _):
        var result = first(of: self.parts(of: inner)[...])
        if min == 0 { result.maybeNothing = true }
        return result
      case .alternatives(let all):
        var result = First(set: .empty, maybeNothing: false)
        for one in all {
          let next = first(of: self.parts(of: one)[...])
          result.set = result.set.flatMap { set in next.set.map { set.union($0) } }
          if next.maybeNothing { result.maybeNothing = true }
        }
        return result
      // A lookaround or an end reads what follows itself: nothing is known, for whoever comes before.
      case .look, .assertion: return First(set: nil, maybeNothing: true)
      default: return First(set: nil, maybeNothing: true)
      }
    }

    /// Appends the steps of `parts`; false where one is not of the simple shape. `after` is what may follow them.
    mutating func compile(_ parts: ArraySlice<PatternNode>, then after: First) -> Bool {
      for (part, next) in zip(parts, Compiler.firsts(of: parts, then: after).dropFirst()) {
        guard compile(part, then: next) else { return false }
      }
      return true
    }

    private mutating func compile(_ part: PatternNode, then next: First) -> Bool {
      switch part {
      case .set(let set):
        append(Step(kind: .one, test: test(set)))
      case .repeat(let inner, let min, let max, let greed):
        let innerParts = Compiler.parts(of: inner)
        if innerParts.count == 1, case .set(let set) = innerParts[0] {
          guard greed != .lazy else { return false }
          let isFixed = max == min
          let mayOverlap = next.set.map { !$0.isDisjoint(with: set) } ?? true
          // Giving back helps no one where nothing need follow, or what follows cannot start with these.
          let givesBack = greed == .greedy && !isFixed && mayOverlap
          append(
            Step(
              kind: givesBack ? .runGivingBack : .run, test: test(set), min: min,
              max: max ?? .max))
        } else {
          guard greed == .greedy, min == 0, max == 1, Compiler.minimum(of: innerParts) > 0,
            compileChoice([inner, .nothing], then: next)
          else { return false }
        }
      case .alternatives(let all):
        guard compileChoice(all, then: next) else { return false }
      case .look(let inner, let isAhead, let isNegative):
        guard isAhead, case .set(let set) = inner else { return false }
        append(Step(kind: isNegative ? .lookNot : .look, test: test(set)))
      case .assertion(.lineEnd): append(Step(kind: .lineEnd))
      case .assertion(.textEnd): append(Step(kind: .textEnd))
      default: return false
      }
      return true
    }

    /// Each way behind a choice, and a jump from its end to what follows all of them. The last way needs no choice.
    private mutating func compileChoice(_ all: [PatternNode], then next: First) -> Bool {
      var jumps: [Int] = []
      for (number, one) in all.enumerated() {
        let parts = Compiler.parts(of: one)[...]
        let choice = steps.count
        if number < all.count - 1 {
          let first = Compiler.first(of: parts)
          guard let set = first.set, !first.maybeNothing else { return false }
          append(Step(kind: .choice, test: test(set)))
        }
        guard compile(parts, then: next) else { return false }
        guard number < all.count - 1 else { break }
        jumps.append(steps.count)
        append(Step(kind: .jump))
        steps[choice].target = steps.count
      }
      for jump in jumps { steps[jump].target = steps.count }
      return true
    }

    private mutating func append(_ step: Step) { steps.append(step) }

    private mutating func test(_ set: ScalarSet) -> Int {
      if let known = numbers[set] { return known }
      numbers[set] = sets.count
      sets.append(set)
      return sets.count - 1
    }
  }
}
