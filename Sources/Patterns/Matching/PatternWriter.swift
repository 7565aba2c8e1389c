import Problems

/// Writes a parsed pattern as PCRE2 text. Every class is written out, so that neither PCRE2's Unicode version nor its
/// names count.
struct PatternWriter {
  private(set) var text: [UInt8] = []

  /// PCRE2 compiles to at most 64 KiB; no pattern that is written with more than this does.
  private static let limit = 1 << 20

  /// Throws where the text of `source` would be longer than PCRE2 can compile.
  static func write(_ node: PatternNode, of source: String) throws(Problem) -> [UInt8] {
    var writer = PatternWriter()
    writer.append(node)
    guard writer.text.count <= limit else {
      throw Problem(pattern: source, offset: 0, reason: "regular expression is too large")
    }
    return writer.text
  }

  private mutating func append(_ string: String) { text.append(contentsOf: string.utf8) }

  private mutating func append(_ node: PatternNode) {
    switch node {
    case .set(let set): append(set)
    case .sequence(let parts): for part in parts { appendPart(part) }
    case .alternatives(let all):
      for (index, one) in all.enumerated() {
        if index > 0 { append("|") }
        append(one)
      }
    case .repeat(let inner, let min, let max, let greed):
      append("(?:")
      append(inner)
      append("){\(min),\(max.map(String.init) ?? "")}")
      switch greed {
      case .greedy: break
      case .lazy: append("?")
      case .possessive: append("+")
      }
    case .capture(let inner): append(group: "(", inner)
    case .atomic(let inner): append(group: "(?>", inner)
    case .look(let inner, let isAhead, let isNegative):
      append(group: "(?" + (isAhead ? "" : "<") + (isNegative ? "!" : "="), inner)
    case .assertion(let assertion): append(assertion)
    case .backReference(let number): append("\\g{\(number)}")
    }
  }

  private mutating func appendPart(_ node: PatternNode) {
    if case .alternatives = node { append(group: "(?:", node) } else { append(node) }
  }

  private mutating func append(group opening: String, _ inner: PatternNode) {
    append(opening)
    append(inner)
    append(")")
  }

  private mutating func append(_ assertion: PatternNode.Assertion) {
    switch assertion {
    case .textStart: append("\\A")
    case .textEnd: append("\\z")
    case .textEndOrLastNewline: append("(?=\\n?\\z)")
    case .textEndOrLastNewlines: append("(?=\\n*+\\z)")
    // Not after a newline that ends the text; PCRE2's own `^` would need an option.
    case .lineStart: append("(?:\\A|(?<=\\n)(?!\\z))")
    case .lineEnd: append("(?=\\n|\\z)")
    }
  }

  private mutating func append(_ set: ScalarSet) {
    guard text.count <= Self.limit else { return }
    // PCRE2 refuses a surrogate in a pattern; no text holds one.
    let set = set.intersection(.surrogates.complement)
    if set.isEmpty {
      append("(?!)")
      return
    }
    append("[")
    for range in set.ranges {
      append(range.lowerBound)
      guard range.count > 1 else { continue }
      if range.count > 2 { append("-") }
      append(range.upperBound)
    }
    append("]")
  }

  private mutating func append(_ scalar: UInt32) {
    append("\\x{\(String(scalar, radix: 16))}")
  }
}
