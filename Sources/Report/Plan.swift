import Masking

/// What each context length would cost: made from samples that were encoded without a limit.
public struct Plan: Sendable {
  /// One context length.
  public struct Choice: Hashable, Sendable {
    public var contextLength: Int
    /// Samples that are longer.
    public var truncated = 0
    /// Learned tokens of these that would be cut off.
    public var lostTokens = 0
    /// Tokens that are kept.
    public var tokens = 0
    /// Tokens over all places, from 0 to 1: one sample a row, and packed.
    public var fill = 0.0
    public var packedFill = 0.0
    public var packedRows = 0
  }

  public private(set) var choices: [Choice]
  public private(set) var tokens = LengthCounts()
  public private(set) var learnedTokens = 0

  public init(contextLengths: [Int]) {
    choices = contextLengths.sorted().map { Choice(contextLength: $0) }
  }

  /// Counts a sample that was not cut. O(runs × context lengths).
  public mutating func add(_ sample: borrowing MaskedSample) {
    tokens.add(sample.tokens.count)
    learnedTokens += sample.supervisedCount
    for index in choices.indices where sample.tokens.count > choices[index].contextLength {
      let beyond = choices[index].contextLength..<sample.tokens.count
      choices[index].truncated += 1
      choices[index].lostTokens += sample.runs.reduce(0) { $0 + $1.clamped(to: beyond).count }
    }
  }

  /// Works the rows out, once all samples are counted.
  public mutating func finish() {
    for index in choices.indices {
      let length = choices[index].contextLength
      let kept = tokens.sum(cutTo: length)
      choices[index].tokens = kept
      choices[index].fill =
        tokens.total == 0 ? 0 : Double(kept) / (Double(tokens.total) * Double(length))
      guard let packed = DataSetStatistics.packed(tokens, contextLength: length) else { continue }
      choices[index].packedFill = packed.fill
      choices[index].packedRows = packed.rows
    }
  }

  /// Powers of two from 256 to the first that holds every sample, at most `longest`.
  public static let usualLengths = (8...17).map { 1 << $0 }
}
