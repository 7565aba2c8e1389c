import Problems

extension PatternParser {
  /// Applies a quantifier if one follows. `start` is where `part` begins, for errors.
  mutating func quantified(_ part: PatternNode, from start: Int) throws(Problem)
    -> PatternNode?
  {
    guard position < bytes.count else { return nil }
    if isExtended {
      while position < bytes.count, " \t\n\r".utf8.contains(bytes[position]) { position += 1 }
    }
    guard position < bytes.count else { return nil }
    var bounds: (min: Int, max: Int?)
    var isInterval = false
    switch bytes[position] {
    case UInt8(ascii: "*"): bounds = (0, nil)
    case UInt8(ascii: "+"): bounds = (1, nil)
    case UInt8(ascii: "?"): bounds = (0, 1)
    case UInt8(ascii: "{"):
      guard let interval = try interval() else { return nil }
      bounds = interval
      isInterval = true
    default: return nil
    }
    if !isInterval { position += 1 }
    switch part {
    case .assertion, .look: throw refusal("a quantifier after an assertion", at: start)
    default: break
    }
    var greed = PatternNode.Greed.greedy
    let isFixed = isInterval && bounds.max == bounds.min && dialect == .oniguruma
    if peek("?"), !isFixed {
      position += 1
      greed = .lazy
    } else if peek("+"), !isInterval || dialect == .rust {
      position += 1
      greed = .possessive
    }
    // Oniguruma ends a counted repeat with a turn that matched nothing, PCRE2 goes on counting. Where turns are of one
    // character at most, both find the same.
    let isCounted = bounds.min > 1 || (bounds.max ?? 0) > 1
    if isCounted, dialect == .oniguruma, part.mayBeEmpty, part.mayBeLong {
      throw refusal(
        "a counted repeat of a group that may match nothing or several characters", at: start)
    }
    return .repeat(part, min: bounds.min, max: bounds.max, greed)
  }

  /// `{n}`, `{n,}`, `{n,m}` or `{,m}` at the position, which moves past it; nil if the brace is a plain character.
  private mutating func interval() throws(Problem) -> (min: Int, max: Int?)? {
    let start = position
    var index = position + 1
    func number() -> Int? {
      var value: Int?
      while index < bytes.count, 0x30...0x39 ~= bytes[index] {
        value = min((value ?? 0) * 10 + Int(bytes[index] - 0x30), 1_000_000)
        index += 1
      }
      return value
    }
    let low = number()
    var high = low
    var hasComma = false
    if index < bytes.count, bytes[index] == UInt8(ascii: ",") {
      hasComma = true
      index += 1
      high = number()
    }
    guard index < bytes.count, bytes[index] == UInt8(ascii: "}"),
      low != nil || hasComma && (high != nil || dialect == .rust)
    else { return nil }
    let bounds = (low ?? 0, high)
    guard bounds.0 <= 100_000, (high ?? 0) <= 100_000 else {
      throw refusal("a repeat of more than 100,000", at: start)
    }
    if let high, high < bounds.0 { throw refusal("an interval whose ends are swapped", at: start) }
    position = index + 1
    return bounds
  }

  /// Where case is ignored, literals in a row also match one scalar that folds to them (`st` matches ﬆ), and a literal
  /// such as ß matches what it folds to.
  mutating func joinFoldedSequences(_ parts: inout [PatternNode], _ literals: [Bool])
    throws(Problem)
  {
    for index in parts.indices where literals[index] {
      guard case .set(let first) = parts[index] else { continue }
      for (scalar, folded) in CaseFold.sequences {
        if first.contains(scalar) {
          throw refusal("a character that matches several others where case is ignored")
        }
        guard index + folded.count <= parts.count, first.contains(folded[0]) else { continue }
        let matches = folded.indices.allSatisfy { offset in
          guard literals[index + offset], case .set(let set) = parts[index + offset] else {
            return false
          }
          return set.contains(folded[offset])
        }
        if matches {
          throw refusal("a sequence that also matches one character where case is ignored")
        }
      }
    }
  }
}
