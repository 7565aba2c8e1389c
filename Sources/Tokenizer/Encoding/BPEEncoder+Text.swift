import Problems

extension BPEEncoder {
  /// Encodes a text into `buffer`.
  func run(
    _ text: UnsafeBufferPointer<UInt8>, _ literal: [Range<Int>], _ continues: Bool,
    keepsRanges: Bool
  ) throws(Problem) {
    buffer.start(keepsRanges: keepsRanges)
    let before = continues ? (ending == .nothing ? .text : ending) : .nothing
    matches.removeAll(keepingCapacity: true)
    guard text.count < Int(Int32.max) else {
      throw tokenizer.definition.refusal(
        "a text of \(text.count) bytes is too long to encode", "cut it into texts below 2 GiB")
    }
    self.literal = literal
    // The caller's array stays its own, to be filled again in place.
    defer { self.literal = [] }
    guard let limits = tokenizer.definition.limits else {
      unsafe try encodePart(text, base: 0, behind: before)
      if !misplaced.isEmpty { unsafe placeMisplacedRanges(in: text) }
      return
    }
    var start = 0
    for end in unsafe limits.cuts(of: text) {
      let part = unsafe UnsafeBufferPointer(rebasing: text[start..<end])
      unsafe try encodePart(part, base: start, behind: start > 0 ? ending : before)
      start = end
    }
  }

  /// Cuts a text at the added tokens that are searched in raw text, and encodes what lies between them.
  private func encodePart(
    _ whole: UnsafeBufferPointer<UInt8>, base start: Int, behind before: TextEnding
  ) throws(Problem) {
    ending = before
    // White space behind a token with rstrip is part of that token, in whichever text it stands.
    let taken =
      before == .addedToken(strips: true) ? unsafe AddedVocabulary.spacesAfter(0, whole) : 0
    let text = unsafe UnsafeBufferPointer(rebasing: whole[taken...])
    let base = start + taken
    guard !text.isEmpty else { return }
    if unsafe tokenizer.added.raw.firstMatch(in: text, from: 0) == nil {
      return try unsafe encodeSegment(text, base: base, behind: before)
    }
    // The array moves, so that encoding may use the encoder while it is walked.
    var splits: [AddedSplit] = []
    swap(&splits, &rawSplits)
    defer { swap(&splits, &rawSplits) }
    do {
      unsafe try tokenizer.added.split(
        text, isNormalized: false,
        isLiteral: { self.isLiteral($0.lowerBound + base..<$0.upperBound + base) }, into: &splits)
    } catch {
      throw refusal(error)
    }
    for split in splits where !split.range.isEmpty {
      if let id = split.id {
        if buffer.keepsRanges {
          unsafe matches.append(AddedMatch(index: buffer.count, text: Array(text[split.range])))
        }
        buffer.append(id, base + split.range.lowerBound..<base + split.range.upperBound)
        ending = tokenizer.added.ending(with: id)
      } else {
        let segment = unsafe UnsafeBufferPointer(rebasing: text[split.range])
        unsafe try encodeSegment(segment, base: base + split.range.lowerBound, behind: ending)
      }
    }
  }

  private func refusal(_ error: AddedTokenError) -> Problem {
    tokenizer.definition.refusal("\(error)", "change these added tokens")
  }

  /// Whether a range of the original text touches one that is literal. O(log ranges).
  private func isLiteral(_ range: Range<Int>) -> Bool {
    var low = 0
    var high = literal.count
    while low < high {
      let middle = (low + high) / 2
      if literal[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < literal.count && literal[low].lowerBound < range.upperBound
  }

  /// Encodes raw text between added tokens.
  private func encodeSegment(
    _ segment: UnsafeBufferPointer<UInt8>, base: Int, behind before: TextEnding
  ) throws(Problem) {
    ending = .text
    if let cutter = tokenizer.cutter,
      unsafe tokenizer.definition.normalizer?.leavesAlone(segment) ?? true,
      unsafe tokenizer.added.normalized.firstMatch(in: segment, from: 0) == nil
    {
      return try unsafe scan(segment, base: base, with: cutter)
    }
    if let spaces = tokenizer.markedSpaces, let runs = model.runs, !buffer.keepsRanges {
      let isPrefixed = unsafe spaces.isPrefixed(
        segment, continues: before == .text, isStart: base == 0 && before == .nothing)
      unsafe marked.write(segment, isPrefixed: isPrefixed)
      if unsafe tokenizer.added.normalized.firstMatch(
        in: spaces.isNormalizer ? marked.text : segment, from: 0)
        == nil
      {
        return try unsafe appendRuns(of: marked.text, runs)
      }
    }
    unsafe aligned.reset(
      to: segment, base: base,
      isTracking: buffer.keepsRanges || tokenizer.definition.normalizer?.needsSpans == true
        || tokenizer.definition.preTokenizer?.needsSpans == true || !literal.isEmpty)
    do {
      if let sentencePiece = tokenizer.definition.sentencePiece {
        // The dummy prefix belongs to the beginning of a text only.
        sentencePiece.apply(to: &aligned, continues: before != .nothing)
      }
      try tokenizer.definition.normalizer?.apply(
        to: &aligned, continues: before == .text, space: normalizerSpace)
    } catch {
      throw tokenizer.definition.notEncodable(error)
    }
    if unsafe aligned.bytes.withUnsafeBufferPointer({
      unsafe tokenizer.added.normalized.firstMatch(in: $0, from: 0)
    }) == nil {
      return try encode(&aligned, behind: before)
    }
    try encodeAroundNormalizedTokens(behind: before)
  }

  /// Cuts `aligned` at the added tokens that are searched in normalized text.
  private func encodeAroundNormalizedTokens(behind before: TextEnding) throws(Problem) {
    ending = before
    var splits: [AddedSplit] = []
    swap(&splits, &normalizedSplits)
    defer { swap(&splits, &normalizedSplits) }
    let whole = aligned
    var failure: AddedTokenError?
    unsafe whole.bytes.withUnsafeBufferPointer { text in
      do throws(AddedTokenError) {
        unsafe try tokenizer.added.split(
          text, isNormalized: true,
          isLiteral: { !self.literal.isEmpty && self.isLiteral(whole.original(of: $0)) },
          into: &splits)
      } catch { failure = error }
    }
    if let failure { throw refusal(failure) }
    for split in splits where !split.range.isEmpty {
      if let id = split.id {
        if buffer.keepsRanges {
          matches.append(AddedMatch(index: buffer.count, text: Array(whole.bytes[split.range])))
        }
        buffer.append(id, buffer.keepsRanges ? whole.original(of: split.range) : 0..<0)
        ending = tokenizer.added.ending(with: id)
      } else {
        gap.set(to: whole, split.range)
        let before = ending
        ending = .text
        try encode(&gap, behind: before)
      }
    }
  }

  /// Encodes normalized text.
  private func encode(_ text: inout AlignedText, behind before: TextEnding) throws(Problem) {
    pieces.reset(to: &text, behind: before)
    do {
      try tokenizer.definition.preTokenizer?.apply(to: pieces)
    } catch {
      throw tokenizer.definition.notEncodable(error)
    }
    for piece in pieces.pieces { try encodePiece(piece, of: pieces.text) }
  }
}

extension AlignedText {
  /// Becomes a part of another text. O(bytes).
  mutating func set(to text: borrowing AlignedText, _ range: Range<Int>) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: text.bytes[range])
    spans.removeAll(keepingCapacity: true)
    if !text.spans.isEmpty { spans.append(contentsOf: text.spans[range]) }
    base = text.isChanged ? text.base : text.base + range.lowerBound
    isChanged = text.isChanged
    isTracking = text.isTracking
  }
}

extension Normalizer {
  /// Whether the text surely stays as it is; a false costs time, not exactness.
  func leavesAlone(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    for step in steps {
      guard case .form(let form) = step, unsafe form.isSurelyKept(text) else { return false }
    }
    return true
  }
}
