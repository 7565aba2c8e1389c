import Jinja

/// Bytes of one turn that the model is to produce.
struct SupervisedBytes {
  var range: Range<Int>
  /// Where the terminator starts; the end where there is none.
  var terminator: Int
  var turn: Int
  /// Where the turn's region (what the template printed for the message) starts.
  var region: Int
  /// Stretches that others wrote (a tool's answer in the midst of the turn), in order: where they stand in the renderer's
  /// `gaps`.
  var gaps: Range<Int>
}

/// One sample of a record: the first `count` messages, and which turns are learned.
struct SamplePlan {
  var count: Int
  /// Where its turns stand in the renderer's `selected`.
  var learned: Range<Int>
}

/// Where a path stands among those of the sample with the number `sample`.
struct ShownPath: BitwiseCopyable {
  var sample = 0
  var index = 0
}

/// What the spans of a render say of one message.
struct TurnExtent {
  /// Bytes that the template printed in the message's iteration.
  var region: Range<Int>?
  /// From the first to past the last byte of the message's content, reasoning or tool calls.
  var own: Range<Int>?
  /// Whether a byte of it, or computed from it, stands anywhere in the text.
  var isReached = false
  /// Where bytes of other messages stand between those of its own.
  var breaks: [Range<Int>] = []
  /// Values of its tool calls that are printed again before bytes of another message: its own, or that message's.
  var again: [Range<Int>] = []
}

extension RenderOutput {
  /// The extent of the last message of a render of messages up to it; `whole`: what it is in the render of all. `own` and
  /// `region` alone are told. O(spans), or of those that another output does not have.
  func extent(
    of turn: Int, _ paths: RecordPaths, besides other: RenderOutput, whole: TurnExtent
  ) -> TurnExtent {
    var first = 0
    if let shared = shared(with: other), whole.own?.lowerBound ?? .max >= shared.text,
      whole.region?.lowerBound ?? .max >= shared.text
    {
      first = shared.spans
    }
    var extents: [TurnExtent] = []
    self.extents(turn..<turn + 1, paths, into: &extents, from: first)
    return extents[0]
  }

  /// Reads the extents of messages off the spans, from the span `first` on. O(spans).
  func extents(
    _ turns: Range<Int>, _ paths: RecordPaths, into extents: inout [TurnExtent],
    from first: Int = 0
  ) {
    extents.removeAll(keepingCapacity: true)
    for _ in turns { extents.append(TurnExtent()) }
    let base = turns.lowerBound
    var start = first > 0 ? Int(spans[first - 1].end) : 0
    var showsAll = false
    // The message that wrote the last bytes of the record.
    var writer = -1
    // Where each value of a tool call stands first, and one that stands again: it is its message's only if that goes on.
    var values: [Int: Range<Int>] = [:]
    var again: (owner: Int, range: Range<Int>)?
    func add(_ range: Range<Int>, to owner: Int) {
      let place = owner - base
      if let known = extents[place].own {
        if writer != owner { extents[place].breaks.append(known.upperBound..<range.lowerBound) }
        extents[place].own = known.lowerBound..<range.upperBound
      } else {
        extents[place].own = range
      }
      writer = owner
    }
    for index in first..<spans.count {
      let span = spans[index]
      let end = Int(span.end)
      defer { start = end }
      let region = Int(span.scope)
      if turns.contains(region) {
        let known = extents[region - base].region
        // A message that is printed in two places: the later one is its turn.
        extents[region - base].region = (known?.lowerBound ?? start)..<end
      }
      guard span.origin.kind == .field || span.origin.kind == .derived, span.origin.author > 0
      else {
        continue
      }
      let path = paths[span.origin.author]
      let owner = Int(path.turn)
      // A list of messages printed as a whole shows all of them.
      if owner < 0, path.kind == .otherField, path.parent == 0, !showsAll {
        showsAll = true
        for turn in extents.indices { extents[turn].isReached = true }
      }
      guard owner >= 0, owner < turns.upperBound, path.kind != .role else { continue }
      guard owner >= base else {
        again = nil
        writer = owner
        continue
      }
      if let last = again {
        if last.owner == owner {
          add(last.range, to: owner)
        } else {
          extents[last.owner - base].again.append(last.range)
        }
        again = nil
      }
      if path.isMessage { extents[owner - base].isReached = true }
      switch path.kind {
      case .content, .reasoning, .toolCall:
        extents[owner - base].isReached = true
        // A value that is printed again in another message's iteration is that message's.
        let known = extents[owner - base]
        if known.own != nil, known.region != nil, region != owner { continue }
        if path.kind == .toolCall {
          if let first = values[span.origin.author], first.count == end - start,
            text.isEqual(first.lowerBound, start, count: end - start)
          {
            again = (owner, start..<end)
            continue
          }
          values[span.origin.author] = start..<end
        }
        add(start..<end, to: owner)
      default: writer = owner
      }
    }
    if let again {
      if again.owner == turns.upperBound - 1 {
        add(again.range, to: again.owner)
      } else {
        extents[again.owner - base].again.append(again.range)
      }
    }
  }

  /// The span that holds a byte, or begins at it; the count of spans past the end. O(log spans).
  func spanIndex(at place: Int) -> Int {
    var (low, high) = (0, spans.count)
    while low < high {
      let middle = (low + high) / 2
      if Int(spans[middle].end) <= place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Past the last byte before `place` that is copied or computed from the record, but for those of a message.
  func lastRecordEnd(before place: Int, _ paths: RecordPaths, butOf turn: Int = -1) -> Int {
    var index = spanIndex(at: max(0, place - 1))
    while index >= 0, index < spans.count {
      let origin = spans[index].origin
      if Int(spans[index].end) <= place, origin.kind == .field || origin.kind == .derived,
        turn < 0 || origin.author == 0 || Int(paths[origin.author].turn) != turn
      {
        return Int(spans[index].end)
      }
      index -= 1
    }
    return 0
  }

  func isSpace(_ range: Range<Int>) -> Bool {
    range.allSatisfy { text[$0] <= 0x20 }
  }

  /// The message in whose iteration a byte was printed; -1 outside of all.
  func scope(at place: Int) -> Int32 {
    let index = spanIndex(at: place)
    return index < spans.count ? spans[index].scope : -1
  }

  /// What the byte at `place` is part of, where it is copied from the record.
  func pathKind(at place: Int, _ paths: RecordPaths) -> RecordPaths.Node.Kind? {
    let index = spanIndex(at: place)
    guard index < spans.count, spans[index].origin.author > 0 else { return nil }
    return paths[spans[index].origin.author].kind
  }

  @inline(__always)
  func hasPrefix(_ other: RenderOutput) -> Bool {
    let length = other.text.count
    guard length <= text.count else { return false }
    return commonPrefix(with: other, from: 0, at: 0) == length
  }

  /// How many bytes of `other` from `from` on stand here at `at`.
  func commonPrefix(with other: RenderOutput, from: Int, at start: Int) -> Int {
    let most = min(other.text.count - from, text.count - start)
    guard most > 0 else { return 0 }
    // Of a fork is known what it has in common with the whole.
    let known = from == 0 && start == 0 ? min(other.shared(with: self)?.text ?? 0, most) : 0
    return unsafe text.withElements(start..<start + most) { own in
      unsafe other.text.withElements(from..<from + most) { theirs in
        var index = known
        let (a, b) = (UnsafeRawBufferPointer(own), UnsafeRawBufferPointer(theirs))
        while index + 8 <= most,
          unsafe a.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            == b.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        {
          index += 8
        }
        while index < most, unsafe own[index] == theirs[index] { index += 1 }
        return index
      }
    }
  }

  /// Past the last byte that belongs to a message.
  var lastTurnEnd: Int {
    var index = spans.count - 1
    while index >= 0 {
      if spans[index].scope >= 0 { return Int(spans[index].end) }
      index -= 1
    }
    return 0
  }
}

/// Where control tokens stand in the literal text of a template, when no tokenizer says so.
enum ControlText {
  /// The last stretch of `bytes` that looks like control tokens side by side: `<|im_end|>`, `</s>`,
  /// `<｜end▁of▁sentence｜>`, `[/INST]`.
  static func last(_ bytes: [UInt8]) -> Range<Int>? {
    var found: Range<Int>?
    var index = 0
    while index < bytes.count {
      guard let end = tokenEnd(bytes, index) else {
        index += 1
        continue
      }
      if isOpening(bytes[index..<end]) {
        index = end
        continue
      }
      found = found?.upperBound == index ? (found?.lowerBound ?? index)..<end : index..<end
      index = end
    }
    return found
  }

  /// The first stretch of such tokens.
  static func first(_ bytes: [UInt8]) -> Range<Int>? {
    var index = 0
    while index < bytes.count {
      if let end = tokenEnd(bytes, index) {
        if !isOpening(bytes[index..<end]) { return index..<end }
        index = end - 1
      }
      index += 1
    }
    return nil
  }

  /// The token that a text begins with.
  static func leading(_ bytes: [UInt8]) -> Range<Int>? {
    guard !bytes.isEmpty, let end = tokenEnd(bytes, 0) else { return nil }
    return 0..<end
  }

  /// What opens the element that the last of some tokens closes: `<tool_call` of `</tool_call>`, `<|tool_call` of `<tool_call|>`.
  /// Nil for a token that is no closing tag.
  static func opening(of tokens: ArraySlice<UInt8>) -> [UInt8]? {
    guard tokens.last == UInt8(ascii: ">"), let start = tokens.lastIndex(of: UInt8(ascii: "<"))
    else { return nil }
    let token = tokens[start...]
    if token.starts(with: "</".utf8) { return Array("<".utf8) + token.dropFirst(2).dropLast() }
    guard token.dropLast().last == UInt8(ascii: "|"), !token.starts(with: "<|".utf8) else {
      return nil
    }
    return Array("<|".utf8) + token.dropFirst().dropLast(2)
  }

  /// Whether a token opens what another one closes (`<|turn>`, of `<turn|>`): it ends nothing.
  private static func isOpening(_ token: ArraySlice<UInt8>) -> Bool {
    token.starts(with: "<|".utf8) && token.dropLast().last != UInt8(ascii: "|")
  }

  private static func tokenEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
    let close: UInt8
    switch bytes[start] {
    case UInt8(ascii: "<"): close = UInt8(ascii: ">")
    case UInt8(ascii: "["): close = UInt8(ascii: "]")
    default: return nil
    }
    var index = start + 1
    while index < min(bytes.count, start + 64) {
      let byte = bytes[index]
      if byte == close { return index > start + 1 ? index + 1 : nil }
      if byte <= 0x20 || byte == bytes[start] { return nil }
      index += 1
    }
    return nil
  }

  /// Where one of the texts first stands, the longest at that place.
  static func find(_ texts: [[UInt8]], in bytes: [UInt8]) -> Range<Int>? {
    var best: Range<Int>?
    for text in texts where !text.isEmpty && text.count <= bytes.count {
      for start in 0...bytes.count - text.count
      where bytes[start] == text[0] && bytes[start..<start + text.count].elementsEqual(text) {
        if let known = best, (known.lowerBound, -known.count) <= (start, -text.count) { break }
        best = start..<start + text.count
        break
      }
    }
    return best
  }
}
