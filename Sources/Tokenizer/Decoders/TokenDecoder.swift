import Patterns
import Problems

/// A decoder of `tokenizer.json`: turns the strings of tokens into text. The steps of a `Sequence` are applied one after another;
/// each takes and gives a list of strings, which are joined at the end.
package struct TokenDecoder: Sendable {
  package let steps: [Step]

  package enum Step: Sendable {
    case byteLevel
    case byteFallback
    case fuse
    case replace(TextPattern, by: [UInt8])
    case strip(UInt32, start: Int, stop: Int)
    case metaspace(replacement: UInt32, dropsFirst: Bool)
    case bpe(suffix: [UInt8])
    case wordPiece(prefix: [UInt8], cleanup: Bool)
    case ctc(pad: [UInt8], delimiter: [UInt8], cleanup: Bool)
  }

  package init(_ steps: [Step]) { self.steps = steps }

  /// Applies the steps to `tokens` in place. Throws where a pattern reaches its bounds.
  package func apply(to tokens: inout [[UInt8]], space: MatchSpace) throws(Problem) {
    for step in steps where !tokens.isEmpty { try step.apply(to: &tokens, space: space) }
  }

  /// The text of `tokens`.
  package func text(of tokens: [[UInt8]], space: MatchSpace) throws(Problem) -> [UInt8] {
    var tokens = tokens
    try apply(to: &tokens, space: space)
    return tokens.flatMap { $0 }
  }

  /// How long a text may grow at its end when a token is added: what a streaming decoder must hold back.
  /// False where a step looks at all tokens or counts them from the end.
  package var isLocal: Bool {
    steps.allSatisfy {
      switch $0 {
      case .byteLevel, .byteFallback, .fuse, .replace, .strip, .metaspace: true
      case .bpe, .wordPiece, .ctc: false
      }
    }
  }
}

extension TokenDecoder.Step {
  func apply(to tokens: inout [[UInt8]], space: MatchSpace) throws(Problem) {
    switch self {
    case .byteLevel: tokens = [UTF8Repair.repaired(tokens.flatMap(ByteAlphabet.bytes))]
    case .byteFallback: joinByteTokens(&tokens)
    case .fuse: tokens = [tokens.flatMap { $0 }]
    case .replace(let pattern, let content):
      for index in tokens.indices {
        try replaceMatches(in: &tokens[index], pattern, by: content, space)
      }
    case .strip(let scalar, let start, let stop):
      for index in tokens.indices {
        try strip(&tokens[index], scalar, start: start, stop: stop)
      }
    case .metaspace(let replacement, let dropsFirst):
      for index in tokens.indices {
        let isDropped = dropsFirst && index == 0
        tokens[index] = mapped(tokens[index], replacement, to: isDropped ? [] : [0x20])
      }
    case .bpe(let suffix):
      for index in tokens.indices {
        let isLast = index == tokens.count - 1
        tokens[index] = tokens[index].replacing(suffix, by: isLast ? [] : [0x20])
      }
    case .wordPiece(let prefix, let cleanup): joinWordPieces(&tokens, prefix, cleanup)
    case .ctc(let pad, let delimiter, let cleanup):
      collapse(&tokens, pad, delimiter, cleanup)
    }
  }

  /// Runs of `<0xNN>` become the text that their bytes are, or one U+FFFD a byte where they are not UTF-8.
  private func joinByteTokens(_ tokens: inout [[UInt8]]) {
    var joined: [[UInt8]] = []
    var pending: [UInt8] = []
    func flush() {
      guard !pending.isEmpty else { return }
      if UTF8Repair.isValid(pending) {
        joined.append(pending)
      } else {
        for _ in pending { joined.append(UTF8Repair.replacement) }
      }
      pending.removeAll(keepingCapacity: true)
    }
    for token in tokens {
      if let byte = ByteToken.byte(of: token) {
        pending.append(byte)
      } else {
        flush()
        joined.append(token)
      }
    }
    flush()
    tokens = joined
  }

  private func replaceMatches(
    in token: inout [UInt8], _ pattern: TextPattern, by content: [UInt8], _ space: MatchSpace
  ) throws(Problem) {
    guard !token.isEmpty else { return }
    var matches: [Range<Int>] = []
    try pattern.appendMatches(in: token, space: space, to: &matches)
    guard !matches.isEmpty else { return }
    var replaced: [UInt8] = []
    var last = 0
    for match in matches {
      replaced += token[last..<match.lowerBound]
      replaced += content
      last = match.upperBound
    }
    token = replaced + token[last...]
  }

  /// Removes up to `start` of the character at the start and `stop` at the end. The reference panics where the two meet.
  private func strip(
    _ token: inout [UInt8], _ scalar: UInt32, start: Int, stop: Int
  ) throws(Problem) {
    var low = 0
    for _ in 0..<start {
      guard low < token.count else { break }
      let first = token.scalar(at: low)
      guard first.value == scalar else { break }
      low += first.length
    }
    var high = token.count
    for _ in 0..<stop {
      guard high > 0 else { throw .stripsTooMuch }
      let length = token.lengthOfScalar(before: high)
      guard token.scalar(at: high - length).value == scalar else { break }
      high -= length
    }
    guard low <= high else { throw .stripsTooMuch }
    if low > 0 || high < token.count { token = Array(token[low..<high]) }
  }

  private func mapped(_ token: [UInt8], _ scalar: UInt32, to content: [UInt8]) -> [UInt8] {
    var mark: [UInt8] = []
    mark.append(scalar: scalar)
    return token.replacing(mark, by: content)
  }

  private func joinWordPieces(_ tokens: inout [[UInt8]], _ prefix: [UInt8], _ cleanup: Bool) {
    for index in tokens.indices {
      if index > 0 {
        if tokens[index].starts(with: prefix) {
          tokens[index].removeFirst(prefix.count)
        } else {
          tokens[index].insert(0x20, at: 0)
        }
      }
      if cleanup { tokens[index] = WordPieceCleanup.cleaned(tokens[index]) }
    }
  }

  private func collapse(
    _ tokens: inout [[UInt8]], _ pad: [UInt8], _ delimiter: [UInt8], _ cleanup: Bool
  ) {
    var kept: [[UInt8]] = []
    var last: [UInt8]?
    for token in tokens {
      if token == last { continue }
      last = token
      var replaced = token.replacing(pad, by: [])
      if cleanup {
        replaced = WordPieceCleanup.cleaned(replaced).replacing(delimiter, by: [0x20])
      }
      if !replaced.isEmpty { kept.append(replaced) }
    }
    tokens = kept
  }
}
