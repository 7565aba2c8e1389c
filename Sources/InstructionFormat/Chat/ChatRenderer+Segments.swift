import Jinja

/// Who wrote each stretch of a sample, and why it is or is not learned.
extension ChatRenderer {
  func fill(_ sample: inout RenderedRecord, _ extents: [TurnExtent], _ plan: SamplePlan) {
    sample.removeAll()
    sampleNumber += 1
    ended.removeAll()
    if shown.count < paths.nodes.count {
      shown.append(repeating: ShownPath(), count: paths.nodes.count - shown.count)
    }
    unsafe rendered.text.withElements(0..<rendered.text.count) {
      unsafe sample.text.append(contentsOf: $0)
    }
    var start = 0
    var run = 0
    var next = 0
    var spanIndex = 0
    while spanIndex < rendered.spans.count {
      let span = rendered.spans[spanIndex]
      let end = Int(span.end)
      while run < runs.count, runs[run].range.upperBound <= start { run += 1 }
      // Cut at the bounds of what is supervised, and at the terminator.
      var cut = end
      if run < runs.count {
        let current = runs[run]
        narrow(&cut, to: current.range.lowerBound, from: start)
        narrow(&cut, to: current.terminator, from: start)
        narrow(&cut, to: current.range.upperBound, from: start)
      }
      while next < turns.count, turns[next].range.upperBound <= start { next += 1 }
      var isSampled = false
      if next < turns.count {
        let turn = turns[next]
        let gap = gaps[turn.gaps].first { $0.upperBound > start } ?? 0..<0
        isSampled = turn.range.contains(start) && !gap.contains(start)
        narrow(&cut, to: turn.range.lowerBound, from: start)
        narrow(&cut, to: gap.lowerBound, from: start)
        narrow(&cut, to: gap.upperBound, from: start)
        narrow(&cut, to: turn.range.upperBound, from: start)
      }
      var inside = run < runs.count && runs[run].range.contains(start) ? runs[run] : nil
      if let around = inside, let own = self.run(at: start, of: span, inside: around) {
        inside = own
        narrow(&cut, to: own.terminator, from: start)
        narrow(&cut, to: own.range.upperBound, from: start)
      }
      let source = self.source(span.origin, &sample)
      let found = self.reason(start, span, spanIndex, inside, run, extents, plan)
      var segment = Segment(range: start..<cut, source: source, reason: found)
      if found.isSupervised { decide(&segment, span, inside) }
      // What the model wrote earlier is tokenized as it was when it is learned.
      if isSampled { segment.isSampled = true }
      append(segment, to: &sample)
      start = cut
      if start == end { spanIndex += 1 }
    }
  }

  /// The bytes of a turn that stand inside those of another (a tool's answer), where the record asks for them to be learned. O(log
  /// runs).
  private func run(
    at start: Int, of span: RenderOutput.Span, inside around: SupervisedBytes
  ) -> SupervisedBytes? {
    guard span.origin.author > 0, span.origin.kind != .template else { return nil }
    let turn = Int(paths[span.origin.author].turn)
    guard turn >= 0, turn != around.turn else { return nil }
    // Runs are found turn by turn.
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].turn < turn { low = middle + 1 } else { high = middle }
    }
    guard low < runs.count, runs[low].turn == turn, runs[low].range.contains(start) else {
      return nil
    }
    return runs[low]
  }

  /// Ends a stretch earlier, at a bound that lies inside.
  @inline(__always)
  private func narrow(_ cut: inout Int, to bound: Int, from start: Int) {
    if bound > start, bound < cut { cut = bound }
  }

  /// Settles what the run takes away and what flags of the record say of bytes that would be learned. Whether the
  /// model samples them does not depend on either.
  private func decide(
    _ segment: inout Segment, _ span: RenderOutput.Span, _ inside: SupervisedBytes?
  ) {
    let path =
      span.origin.author > 0 && span.origin.kind != .template ? paths[span.origin.author] : nil
    var turn = inside?.turn ?? Int(span.scope)
    if inside == nil, let path, path.turn >= 0 { turn = Int(path.turn) }
    let isKnown = turn >= 0 && turn < conversation.turns.count
    segment.isSampled = !isKnown || isSelected[turn]
    let weight = (isKnown ? conversation.turns[turn].weight : 1) * (path?.weight ?? 1)
    segment.tokenClass =
      weight == 0
      ? TokenClass(.weightless)
      : TokenClass(segment.reason.tokenKind, isKnown ? selections[turn] : .always)
    segment.classWeight = weight == 0 ? 1 : weight
    guard options.loss.takes(segment.reason) else {
      segment.reason = .takenAway(turn: max(turn, 0))
      return
    }
    segment.weight = weight
    if weight == 0 {
      segment.reason = .weightZero(turn: turn)
      segment.weight = 1
    }
  }

  private func append(_ segment: Segment, to sample: inout RenderedRecord) {
    guard !segment.range.isEmpty else { return }
    if let last = sample.segments.last, last.source == segment.source,
      last.reason == segment.reason, last.weight == segment.weight,
      last.isSampled == segment.isSampled, last.tokenClass == segment.tokenClass,
      last.classWeight == segment.classWeight
    {
      sample.segments[sample.segments.count - 1].range =
        last.range.lowerBound..<segment.range.upperBound
    } else {
      sample.segments.append(segment)
    }
  }

  private func source(_ origin: Origin, _ sample: inout RenderedRecord) -> Source {
    guard origin.kind != .template else { return .template }
    guard origin.author > 0 else { return .derived(nil) }
    let index: Int
    let known = shown[origin.author]
    if known.sample == sampleNumber {
      index = known.index
    } else {
      index = sample.paths.count
      sample.paths.append(names.name(of: origin.author, paths, in: machine.heap))
      shown[origin.author] = ShownPath(sample: sampleNumber, index: index)
    }
    switch origin.kind {
    case .field: return .field(index)
    case .word: return .role(index)
    default: return .derived(index)
    }
  }

  private func reason(
    _ start: Int, _ span: RenderOutput.Span, _ spanIndex: Int, _ inside: SupervisedBytes?,
    _ run: Int, _ extents: [TurnExtent], _ plan: SamplePlan
  ) -> Reason {
    if options.loss.isGeneration, span.origin.isGeneration {
      let turn = Int(span.scope)
      guard turn >= 0, turn < conversation.turns.count else { return .generationBlock }
      return conversation.turns[turn].role != .assistant || learns(turn, in: plan)
        ? .generationBlock : .turnNotSelected(turn)
    }
    if options.loss.isEverything { return everything(start, spanIndex, inside) }
    let path =
      span.origin.author > 0 && span.origin.kind != .template
      ? self.paths[span.origin.author] : nil
    if let inside {
      if start >= inside.terminator, inside.terminator < inside.range.upperBound {
        return .terminator(turn: inside.turn)
      }
      if let path, Int(path.turn) != inside.turn, path.turn >= 0, path.kind != .role {
        // Another message's bytes inside this turn (a tool's answer): not what the model samples.
        return field(path)
      }
      if gaps[inside.gaps].contains(where: { $0.contains(start) }) {
        return .templateAfterTurn(inside.turn)
      }
      return part(spanIndex, inside)
    }
    if let path, path.kind != .role {
      let turn = Int(path.turn)
      if turn >= 0, turn < conversation.turns.count, conversation.turns[turn].role == .assistant {
        if !learns(turn, in: plan) { return .turnNotSelected(turn) }
        return .generationPrompt(turn: turn)
      }
      return field(path)
    }
    // Those before `run` end before this byte.
    for later in runs[run...] {
      if later.region <= start, start < later.range.lowerBound {
        return .generationPrompt(turn: later.turn)
      }
      if later.region > start, runsAreInOrder { break }
    }
    let turn = Int(span.scope)
    guard turn >= 0, turn < extents.count else {
      return ended.last(before: start, extents).map { .templateAfterTurn($0) } ?? .scaffold
    }
    if let own = extents[turn].own, start < own.lowerBound { return .templateBeforeTurn(turn) }
    return .templateAfterTurn(turn)
  }

  /// Where every byte is learned: parts that the run takes away have names.
  private func everything(_ start: Int, _ index: Int, _ inside: SupervisedBytes?) -> Reason {
    guard let inside else { return .everything }
    if start >= inside.terminator, inside.terminator < inside.range.upperBound {
      return .terminator(turn: inside.turn)
    }
    let found = part(index, inside)
    return options.loss.takes(found) ? .everything : found
  }

  private func field(_ path: RecordPaths.Node) -> Reason {
    if path.kind == .tools || path.kind == .documents { return .toolDefinitions }
    let turn = Int(path.turn)
    guard turn >= 0, turn < conversation.turns.count else { return .scaffold }
    return switch conversation.turns[turn].role {
    case .system: .systemTurn(turn: turn)
    case .user: .userTurn(turn: turn)
    case .tool: .toolTurn(turn: turn)
    case .assistant: .turnNotSelected(turn)
    }
  }

  /// Whether supervised bytes are content, reasoning or a tool call: as the field nearest to them is.
  private func part(_ index: Int, _ inside: SupervisedBytes) -> Reason {
    func kind(_ place: Int) -> RecordPaths.Node.Kind? {
      let origin = rendered.spans[place].origin
      guard origin.kind == .field || origin.kind == .derived, origin.author > 0 else { return nil }
      let path = self.paths[origin.author]
      return Int(path.turn) == inside.turn ? path.kind : nil
    }
    var found = kind(index)
    var place = index - 1
    // Text around reasoning or a call belongs to it: a closing tag to what is before, an opening one to
    // what follows.
    while found == nil, place >= 0, Int(rendered.spans[place].end) > inside.range.lowerBound {
      if let before = kind(place), before != .content { found = before }
      if kind(place) == .content { break }
      place -= 1
    }
    place = index + 1
    while found == nil, place < rendered.spans.count,
      Int(rendered.spans[place - 1].end) < inside.range.upperBound
    {
      found = kind(place)
      place += 1
    }
    guard conversation.turns[inside.turn].role == .assistant else {
      return .turnContent(turn: inside.turn)
    }
    switch found {
    case .reasoning: return .assistantReasoning(turn: inside.turn)
    case .toolCall: return .assistantToolCall(turn: inside.turn)
    default: return .assistantContent(turn: inside.turn)
    }
  }
}

/// Which messages' regions have ended, asked for places that only grow.
struct EndedRegions {
  /// Messages by where their regions end; empty until it is asked.
  private var order: [Int] = []
  private var next = 0
  private var latest: Int?

  /// Forgets the sample, keeps the storage.
  mutating func removeAll() {
    order.removeAll(keepingCapacity: true)
    next = 0
    latest = nil
  }

  /// The last message whose region ends at or before a place. Amortized O(1), past the first.
  mutating func last(before place: Int, _ extents: [TurnExtent]) -> Int? {
    func end(_ turn: Int) -> Int { extents[turn].region?.upperBound ?? .max }
    if order.isEmpty {
      order.append(contentsOf: extents.indices)
      if !zip(order, order.dropFirst()).allSatisfy({ end($0) <= end($1) }) {
        order.sort { end($0) < end($1) }
      }
    }
    while next < order.count, end(order[next]) <= place {
      latest = max(latest ?? 0, order[next])
      next += 1
    }
    return latest
  }
}
