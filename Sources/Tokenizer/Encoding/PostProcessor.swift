/// What is put around the tokens of a text when it stands alone (`[CLS] … [SEP]`, BOS), and how byte ranges are trimmed.
///
/// The encoder does not apply it: `process` does, or whoever puts several texts together uses `prefix` and `suffix`.
public struct PostProcessor: Sendable, Equatable {
  /// The ids before and after one text.
  public private(set) var prefix: [UInt32] = []
  public private(set) var suffix: [UInt32] = []
  private(set) var steps: [Step] = []

  enum Step: Sendable, Equatable {
    /// White space at the ends of a token is not part of its range (`ByteLevel` and `RobertaProcessing` with `trim_offsets`).
    case trim(addsPrefixSpace: Bool)
    case template(prefix: [UInt32], suffix: [UInt32])
  }

  public init() {}

  mutating func append(_ step: Step) {
    steps.append(step)
    if case .template(let before, let after) = step {
      prefix = before + prefix
      suffix += after
    }
  }

  /// Puts BOS before and EOS after, where `add_bos_token` and `add_eos_token` say so and it does not do so itself.
  mutating func add(_ specials: SpecialTokens) {
    let before =
      specials.bos.map { specials.bosIsAdded && !prefix.contains($0.id) ? [$0.id] : [] } ?? []
    let after =
      specials.eos.map { specials.eosIsAdded && !suffix.contains($0.id) ? [$0.id] : [] } ?? []
    if !before.isEmpty || !after.isEmpty { append(.template(prefix: before, suffix: after)) }
  }

  /// Whether it changes ids or ranges at all.
  public var isEmpty: Bool { steps.isEmpty }

  /// Whether ranges are trimmed.
  public var trimsRanges: Bool {
    steps.contains { if case .trim = $0 { true } else { false } }
  }

  /// Applies it to the tokens of one text; tokens that it adds have the range 0..<0. Without `addsSpecials` ranges are trimmed only.
  public func process(
    _ ids: inout [UInt32], ranges: inout [Range<UInt32>], text: [UInt8], tokenizer: BPETokenizer,
    addsSpecials: Bool = true
  ) {
    for step in steps {
      switch step {
      case .trim(let addsPrefixSpace):
        for index in ranges.indices where index < ids.count {
          ranges[index] = trimmed(
            ranges[index], tokenizer.trimmedText(of: ids[index], ranges[index], text),
            isFirst: index == 0 || ranges[index].lowerBound == 0,
            addsPrefixSpace: addsPrefixSpace, text)
        }
      case .template(let before, let after) where addsSpecials:
        ids = before + ids + after
        ranges =
          [Range<UInt32>](repeating: 0..<0, count: before.count) + ranges
          + [Range<UInt32>](repeating: 0..<0, count: after.count)
      case .template: break
      }
    }
  }

  private func trimmed(
    _ range: Range<UInt32>, _ spaces: (leading: Int, trailing: Int), isFirst: Bool,
    addsPrefixSpace: Bool, _ text: [UInt8]
  ) -> Range<UInt32> {
    var start = Int(range.lowerBound)
    var end = min(Int(range.upperBound), text.count)
    // One space in front of the first token is the one that was put there; more than one are the text's own.
    let leading = isFirst && addsPrefixSpace && spaces.leading == 1 ? 0 : spaces.leading
    for _ in 0..<leading where start < end { start += text.scalar(at: start).length }
    start = min(start, max(end, Int(range.lowerBound)))
    var before = end
    for _ in 0..<spaces.trailing {
      // Fewer characters before the end than there are to trim: nothing is trimmed.
      guard before > 0 else { return UInt32(start)..<UInt32(max(start, end)) }
      before -= text.lengthOfScalar(before: before)
    }
    end = max(before, start)
    return UInt32(start)..<UInt32(end)
  }
}
