import Problems

extension PatternParser {
  /// A class after its opening bracket: ranges, escapes, POSIX brackets, classes inside and `&&`.
  mutating func characterClass() throws(Problem) -> ScalarSet {
    let start = position - 1
    guard classDepth < 100 else {
      throw refusal("classes are nested more than 100 deep", at: start)
    }
    classDepth += 1
    defer { classDepth -= 1 }
    var isNegative = false
    if peek("^") {
      isNegative = true
      position += 1
    }
    var whole: ScalarSet?
    var part = ScalarSet.empty
    var operation: SetOperation?
    var isFirst = true
    func joined() -> ScalarSet {
      guard let whole, let operation else { return part }
      switch operation {
      case .intersection: return whole.intersection(part)
      case .difference: return whole.intersection(part.complement)
      case .symmetricDifference:
        return whole.union(part).intersection(whole.intersection(part).complement)
      }
    }
    while true {
      guard position < bytes.count else { throw refusal("the class is not closed", at: start) }
      if peek("]"), !isFirst { break }
      isFirst = false
      if let next = setOperation {
        position += 2
        if ignoresCase, dialect == .rust { part = part.foldingCase(.rust) }
        whole = joined()
        operation = next
        part = .empty
        continue
      }
      part = part.union(try classItem(start))
    }
    position += 1
    if ignoresCase, dialect == .rust { part = part.foldingCase(.rust) }
    part = joined()
    // Oniguruma folds the outermost class alone, after what stands in it was complemented and joined.
    if ignoresCase, dialect == .oniguruma, classDepth == 1 {
      part = try folded(part, isNegative: isNegative, start)
    }
    return isNegative ? part.complement : part
  }

  private enum SetOperation { case intersection, difference, symmetricDifference }

  /// `&&`, and in Rust's syntax `--` and `~~`, at the position.
  private var setOperation: SetOperation? {
    guard position + 1 < bytes.count, bytes[position] == bytes[position + 1] else { return nil }
    switch bytes[position] {
    case UInt8(ascii: "&"): return .intersection
    case UInt8(ascii: "-") where dialect == .rust: return .difference
    case UInt8(ascii: "~") where dialect == .rust: return .symmetricDifference
    default: return nil
    }
  }

  /// One member of a class: a class inside, an escape, a scalar or a range of them.
  private mutating func classItem(_ start: Int) throws(Problem) -> ScalarSet {
    if peek("[") {
      if let bracket = try posixBracket() { return bracket }
      position += 1
      return try characterClass()
    }
    if peek("\\"), isClassEscape {
      let outer = ignoresCase
      ignoresCase = false
      defer { ignoresCase = outer }
      return try escapedSet(inClass: true)
    }
    let low = try classScalar()
    guard peek("-"), position + 1 < bytes.count, bytes[position + 1] != UInt8(ascii: "]") else {
      return ScalarSet(low)
    }
    let dash = position
    if dialect == .rust, bytes[position + 1] == UInt8(ascii: "-") { return ScalarSet(low) }
    position += 1
    if peek("["), !isPosixBracket {
      // `[a-[b]]`: the dash is a character.
      position = dash + 1
      return ScalarSet(low).union(ScalarSet(0x2D))
    }
    if peek("&"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "&") {
      return ScalarSet(low).union(ScalarSet(0x2D))
    }
    if peek("["), isPosixBracket || peek("\\") && isClassEscape {
      throw refusal("a range that ends in a class", at: dash)
    }
    if peek("\\"), isClassEscape {
      return ScalarSet(low).union(ScalarSet(0x2D))
    }
    let high = try classScalar()
    guard low <= high else { throw refusal("a range whose ends are swapped", at: dash) }
    return ScalarSet(low...high)
  }

  private mutating func classScalar() throws(Problem) -> UInt32 {
    if peek("\\") { return try escapedScalar(inClass: true) }
    let scalar = bytes.scalar(at: position)
    position += scalar.length
    return scalar.value
  }

  private var isPosixBracket: Bool {
    guard position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: ":") else { return false }
    var index = position + 2
    while index + 1 < bytes.count, index < position + 20 {
      if bytes[index] == UInt8(ascii: ":"), bytes[index + 1] == UInt8(ascii: "]") { return true }
      index += 1
    }
    return false
  }

  /// `[:name:]` or `[:^name:]` at the position; nil if the bracket opens a class.
  private mutating func posixBracket() throws(Problem) -> ScalarSet? {
    guard isPosixBracket else { return nil }
    let start = position
    position += 2
    var isNegative = false
    if peek("^") {
      isNegative = true
      position += 1
    }
    var name: [UInt8] = []
    while !peek(":") {
      name.append(bytes[position])
      position += 1
    }
    position += 2
    let known = [
      "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
      "upper", "xdigit", "ascii", "word",
    ]
    let key = String(decoding: name, as: UTF8.self)
    guard known.contains(where: { Array($0.utf8) == name }),
      let set = ScalarSet(property: key == "punct" ? Array("posixpunct".utf8) : name)
    else { throw refusal("the bracket [:\(key):] is not known", at: start) }
    if dialect == .rust {
      // ASCII only, and `word` has the underscore.
      let ascii = set.intersection(ScalarSet(0...0x7F))
      return isNegative ? ascii.complement : ascii
    }
    let members = key == "word" ? .classWord : set
    return isNegative ? members.complement : members
  }

  /// The class where case is ignored. A member that also matches several characters is refused.
  private func folded(
    _ set: ScalarSet, isNegative: Bool, _ start: Int
  ) throws(Problem) -> ScalarSet {
    let closed = set.foldingCase(.oniguruma)
    if isNegative { return closed }
    for (scalar, sequence) in CaseFold.sequences where closed.contains(scalar) {
      if !sequence.allSatisfy(closed.contains) {
        throw refusal(
          "a class with a character that matches several others where case is ignored", at: start)
      }
    }
    return closed
  }
}
