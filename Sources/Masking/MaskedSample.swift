import InstructionFormat

/// One encoded record, before it becomes a row: ids, and which of them the model learns from.
///
/// One a worker, filled again for every record. Ids and mask grow through one function, so they
/// cannot drift apart.
public struct MaskedSample: Sendable {
  public private(set) var tokens: [UInt32] = []
  /// Supervised runs, ascending and disjoint; counted from the first token.
  public private(set) var runs: [Range<Int>] = []
  /// Loss weight of each run; empty when every weight is 1.
  public private(set) var weights: [Float] = []
  /// Who wrote the tokens, and which losses learn them.
  public private(set) var classes = ClassRuns()
  /// Who wrote each token; empty unless it was asked for.
  public private(set) var traces: [TokenTrace] = []
  /// Tokens at the start that truncation keeps: BOS and what stands with it.
  public internal(set) var beginningCount = 0
  /// Whether the last learned token ends the response: losing it is counted.
  public internal(set) var endsInTerminator = false
  /// Tokens that span a supervised boundary (`joint` only).
  public internal(set) var straddles = 0

  public init() {}

  /// Tokens before the first supervised one: task and context.
  public var promptCount: Int { runs.first?.lowerBound ?? tokens.count }

  /// Tokens that the model learns from.
  public var supervisedCount: Int { runs.reduce(0) { $0 + $1.count } }

  /// Forgets the tokens, keeps the storage.
  public mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    runs.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    classes.removeAll()
    traces.removeAll(keepingCapacity: true)
    beginningCount = 0
    endsInTerminator = false
    straddles = 0
  }

  /// Appends the ids that `fill` appends, all supervised with `weight`, or none.
  mutating func append<E: Error>(
    supervised: Bool, weight: Float = 1, _ fill: (inout [UInt32]) throws(E) -> Void
  ) throws(E) {
    let start = tokens.count
    try fill(&tokens)
    if supervised { supervise(start..<tokens.count, weight: weight) }
  }

  /// Says of what class the next `count` tokens are; of none, that the last one has bytes of that class too.
  mutating func appendClass(_ tokenClass: TokenClass, weight: Float, count: Int) {
    classes.append(tokenClass, weight: weight, count: count)
  }

  mutating func appendTraces(_ new: some Sequence<TokenTrace>) { traces.append(contentsOf: new) }

  /// Marks tokens at the end as supervised, joining them to a run that they continue.
  mutating func supervise(_ range: Range<Int>, weight: Float) {
    guard !range.isEmpty else { return }
    if weight != 1, weights.isEmpty {
      weights.append(contentsOf: repeatElement(1, count: runs.count))
    }
    let isWeighted = weight != 1 || !weights.isEmpty
    if let last = runs.last, last.upperBound == range.lowerBound, (weights.last ?? 1) == weight {
      runs[runs.count - 1] = last.lowerBound..<range.upperBound
      return
    }
    runs.append(range)
    if isWeighted { weights.append(weight) }
  }

  /// Keeps the tokens of these ranges (ascending, disjoint) and forgets the others. O(tokens).
  mutating func keep(_ ranges: [Range<Int>]) {
    var kept = MaskedSample()
    kept.tokens.reserveCapacity(tokens.count)
    for range in ranges where !range.isEmpty {
      let shift = kept.tokens.count - range.lowerBound
      kept.tokens.append(contentsOf: tokens[range])
      kept.classes.append(classes, tokens: range)
      if !traces.isEmpty { kept.traces.append(contentsOf: traces[range]) }
      for (index, run) in runs.enumerated() {
        let part = run.clamped(to: range)
        guard !part.isEmpty else { continue }
        kept.supervise(part.shifted(by: shift), weight: weights.isEmpty ? 1 : weights[index])
      }
    }
    kept.endsInTerminator =
      endsInTerminator && runs.last?.upperBound ?? 0 <= ranges.last?.upperBound ?? 0
    kept.beginningCount = min(beginningCount, kept.tokens.count)
    kept.straddles = straddles
    self = kept
  }
}

/// Who wrote a token.
public struct TokenTrace: Hashable, Sendable {
  /// Index of the segment that holds its first byte.
  public var segment: Int
  /// Bytes of the rendered text that it stands for.
  public var range: Range<Int>

  public init(segment: Int, range: Range<Int>) {
    self.segment = segment
    self.range = range
  }
}
