import InstructionFormat
import Problems

/// How a sample beyond its length is made to fit.
public enum TruncationPolicy: String, Hashable, Sendable, CaseIterable {
  /// Cuts the end off, the response's terminator with it: the model then learns no wrong end.
  case right
  /// Cuts the beginning off, behind the beginning token.
  case left
  /// Cuts the prompt's beginning only; a response that does not fit by itself is a reject.
  case keepResponse = "keep-response"
  /// Leaves the oldest exchanges of a conversation out, never its system turn, until the rest fits; what
  /// cannot be made to fit so is a reject.
  case oldestTurns = "oldest-turns"
  /// The sample is a reject, by choice: it does not count towards the limit of rejects.
  case drop
  /// The sample ends the run.
  case error
}

/// Fits samples to the context length, and prompt and response to budgets of their own.
///
/// The prompt is all before the first supervised token, the response the rest.
public struct Truncation: Hashable, Sendable {
  public var contextLength: Int
  /// Most tokens of the prompt; nil for no budget of its own.
  public var promptLength: Int?
  /// Most tokens of the response, its terminator included; nil for no budget of its own.
  public var responseLength: Int?
  public var policy: TruncationPolicy
  /// Fewest and most tokens of a sample as it is encoded, before anything is cut off; others are left out.
  public var minimumTokens: Int?
  public var maximumTokens: Int?

  public init(
    contextLength: Int, promptLength: Int? = nil, responseLength: Int? = nil,
    policy: TruncationPolicy = .right
  ) {
    self.contextLength = contextLength
    self.promptLength = promptLength
    self.responseLength = responseLength
    self.policy = policy
  }

  /// What was cut off one sample.
  public struct Cut: Hashable, Sendable {
    public var promptTokens = 0
    public var responseTokens = 0
    /// The response lost the token that ends it.
    public var terminator = false
    /// Exchanges of a conversation that were left out.
    public var exchanges = 0

    public init(
      promptTokens: Int = 0, responseTokens: Int = 0, terminator: Bool = false, exchanges: Int = 0
    ) {
      self.promptTokens = promptTokens
      self.responseTokens = responseTokens
      self.terminator = terminator
      self.exchanges = exchanges
    }

    public var isCut: Bool { promptTokens > 0 || responseTokens > 0 || exchanges > 0 }
  }

  /// Whether `sample` fits as it is. O(runs).
  public func fits(_ sample: borrowing MaskedSample) -> Bool {
    let prompt = sample.promptCount
    return sample.tokens.count <= contextLength && prompt <= promptLength ?? .max
      && sample.tokens.count - prompt <= responseLength ?? .max
  }

  /// Throws where a sample of so many tokens, before anything is cut off, is left out.
  public func filter(tokens count: Int) throws(Problem) {
    if let minimumTokens, count < minimumTokens {
      throw Problem(
        .tooFewTokens, reason: "the sample has \(count) tokens, fewer than \(minimumTokens)",
        remedy: "lower \(OptionName.minTokens)")
    }
    if let maximumTokens, count > maximumTokens {
      throw Problem(
        .tooManyTokens, reason: "the sample has \(count) tokens, more than \(maximumTokens)",
        remedy: "raise \(OptionName.maxTokens)")
    }
  }

  /// Cuts `sample` to fit. Throws where the policy forbids it and where nothing supervised is left.
  /// O(1) for a sample that fits.
  public func fit(_ sample: inout MaskedSample) throws(Problem) -> Cut {
    try fit(&sample) { (_, _) throws(Problem) in }
  }

  /// The same; `willCut` is given a sample that is shortened as it was, and the tokens that stay.
  public func fit(
    _ sample: inout MaskedSample,
    _ willCut: (borrowing MaskedSample, [Range<Int>]) throws(Problem) -> Void
  ) throws(Problem) -> Cut {
    let count = sample.tokens.count
    let prompt = sample.promptCount
    let response = count - prompt
    let promptBudget = promptLength ?? .max
    let responseBudget = responseLength ?? .max
    var cut = Cut()
    if count > contextLength || prompt > promptBudget || response > responseBudget {
      let hadTerminator = sample.endsInTerminator
      let kept: (prompt: Range<Int>, response: Range<Int>)
      switch policy {
      case .right:
        let promptEnd = min(prompt, promptBudget, contextLength)
        let room = contextLength - promptEnd
        kept = (0..<promptEnd, prompt..<prompt + min(response, responseBudget, room))
      case .left:
        let beginning = min(sample.beginningCount, prompt, contextLength)
        let responseCount = min(response, responseBudget, contextLength - beginning)
        let room = min(contextLength - responseCount, promptBudget)
        kept = (max(0, prompt - room)..<prompt, count - responseCount..<count)
      case .keepResponse:
        let beginning = min(sample.beginningCount, prompt)
        let responseRoom = min(responseBudget, contextLength - beginning)
        guard response <= responseRoom else {
          throw Problem(
            .tooLong,
            reason: "the response alone has \(response) tokens, \(max(0, responseRoom)) fit",
            remedy: "raise \(OptionName.contextLength), or use \(OptionName.truncate("right"))")
        }
        let room = min(contextLength - response, promptBudget)
        kept = (max(0, prompt - room)..<prompt, prompt..<count)
      case .drop, .error, .oldestTurns:
        throw tooLong(count: count, prompt: prompt, response: response)
      }
      let ranges = ranges(kept, beginning: min(sample.beginningCount, prompt))
      try willCut(sample, ranges)
      sample.keep(ranges)
      cut.promptTokens = prompt - kept.prompt.count
      cut.responseTokens = response - kept.response.count
      cut.terminator = hadTerminator && !sample.endsInTerminator
    }
    guard !sample.runs.isEmpty else { throw nothingToLearn(sample, cut, prompt: prompt) }
    return cut
  }

  private func nothingToLearn(_ sample: MaskedSample, _ cut: Cut, prompt: Int) -> Problem {
    if cut.isCut {
      return Problem(
        .nothingSupervised,
        reason: "nothing to learn is left after truncation: the prompt has \(prompt) tokens",
        remedy: "raise \(OptionName.contextLength), or use \(OptionName.truncate("left"))")
    }
    if sample.classes.runs.contains(where: { $0.tokenClass.kind == .weightless }) {
      return Problem(
        .unsupervised,
        reason: "no token is supervised: what the loss learns has weight 0 in the record",
        remedy: "remove the record, or its flags")
    }
    return Problem(
      .unsupervised,
      reason: "no token is supervised: the loss learns nothing of what the record holds",
      remedy: "remove the record, or choose another \(OptionName.loss)")
  }

  /// The ranges to keep: a prompt cut at its left keeps the beginning tokens in place of as many.
  private func ranges(
    _ kept: (prompt: Range<Int>, response: Range<Int>), beginning: Int
  ) -> [Range<Int>] {
    guard kept.prompt.lowerBound > 0, beginning > 0 else { return [kept.prompt, kept.response] }
    let spared = min(beginning, kept.prompt.count)
    let rest = max(kept.prompt.lowerBound + spared, beginning)
    return [0..<spared, rest..<max(rest, kept.prompt.upperBound), kept.response]
  }

  private func tooLong(count: Int, prompt: Int, response: Int) -> Problem {
    if let promptLength, prompt > promptLength {
      return Problem(
        .tooLong, reason: "the prompt has \(prompt) tokens, more than \(promptLength)",
        remedy: "raise \(OptionName.promptLength), or use \(OptionName.truncate("right"))")
    }
    if let responseLength, response > responseLength {
      return Problem(
        .tooLong, reason: "the response has \(response) tokens, more than \(responseLength)",
        remedy: "raise \(OptionName.responseLength), or use \(OptionName.truncate("right"))")
    }
    return Problem(
      .tooLong, reason: "the sample has \(count) tokens, more than \(contextLength)",
      remedy: "raise \(OptionName.contextLength), or use \(OptionName.truncate("right"))")
  }
}
