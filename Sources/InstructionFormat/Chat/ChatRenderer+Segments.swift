import Jinja

/// Who wrote each stretch of a sample, and why it is or is not learned.
extension ChatRenderer {
  func fill(_ sample: inout RenderedRecord, _ extents: [TurnExtent], _ learned: [Int]) {
    sample.removeAll()
    unsafe rendered.text.withElements(0..<rendered.text.count) {
      unsafe sample.text.append(contentsOf: $0)
    }
    var paths: [Int: Int] = [:]
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
        for bound in [current.range.lowerBound, current.terminator, current.range.upperBound]
        where bound > start && bound < cut { cut = bound }
      }
      while next < turns.count, turns[next].range.upperBound <= start { next += 1 }
      var isSampled = false
      if next < turns.count {
        let turn = turns[next]
        let gap = turn.gaps.first { $0.upperBound > start }
        isSampled = turn.range.contains(start) && gap?.contains(start) != true
        for bound in [
          turn.range.lowerBound, gap?.lowerBound ?? 0, gap?.upperBound ?? 0, turn.range.upperBound,
        ] where bound > start && bound < cut { cut = bound }
      }
      let inside = run < runs.count && runs[run].range.contains(start) ? runs[run] : nil
      let source = self.source(span.origin, &sample, &paths)
      let found = self.reason(start, span, spanIndex, inside, extents, learned)
      var segment = Segment(range: start..<cut, source: source, reason: found)
      if found.isSupervised { decide(&segment, span, inside) }
      // What the model wrote earlier is tokenized as it was when it is learned.
      if isSampled { segment.isSampled = true }
      append(segment, to: &sample)
      start = cut
      if start == end { spanIndex += 1 }
    }
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
    segment.isSampled = !isKnown || isSelected(turn)
    guard options.loss.takes(segment.reason) else {
      segment.reason = .takenAway(turn: max(turn, 0))
      return
    }
    segment.weight = (isKnown ? conversation.turns[turn].weight : 1) * (path?.weight ?? 1)
    if segment.weight == 0 {
      segment.reason = .weightZero(turn: turn)
      segment.weight = 1
    }
  }

  private func append(_ segment: Segment, to sample: inout RenderedRecord) {
    guard !segment.range.isEmpty else { return }
    if let last = sample.segments.last, last.source == segment.source,
      last.reason == segment.reason, last.weight == segment.weight,
      last.isSampled == segment.isSampled
    {
      sample.segments[sample.segments.count - 1].range =
        last.range.lowerBound..<segment.range.upperBound
    } else {
      sample.segments.append(segment)
    }
  }

  private func source(_ origin: Origin, _ sample: inout RenderedRecord, _ paths: inout [Int: Int])
    -> Source
  {
    guard origin.kind != .template else { return .template }
    guard origin.author > 0 else { return .derived(nil) }
    let index: Int
    if let known = paths[origin.author] {
      index = known
    } else {
      sample.paths.append(names.name(of: origin.author, self.paths, in: machine.heap))
      index = sample.paths.count - 1
      paths[origin.author] = index
    }
    switch origin.kind {
    case .field: return .field(index)
    case .word: return .role(index)
    default: return .derived(index)
    }
  }

  private func reason(
    _ start: Int, _ span: RenderOutput.Span, _ spanIndex: Int, _ inside: SupervisedBytes?,
    _ extents: [TurnExtent], _ learned: [Int]
  ) -> Reason {
    if options.loss.isGeneration, span.origin.isGeneration {
      let turn = Int(span.scope)
      guard turn >= 0, turn < conversation.turns.count else { return .generationBlock }
      return conversation.turns[turn].role != .assistant || learned.contains(turn)
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
      if inside.gaps.contains(where: { $0.contains(start) }) {
        return .templateAfterTurn(inside.turn)
      }
      return part(spanIndex, inside)
    }
    if let path, path.kind != .role {
      let turn = Int(path.turn)
      if turn >= 0, turn < conversation.turns.count, conversation.turns[turn].role == .assistant {
        if !learned.contains(turn) { return .turnNotSelected(turn) }
        return .generationPrompt(turn: turn)
      }
      return field(path)
    }
    if let run = runs.first(where: { $0.region <= start && start < $0.range.lowerBound }) {
      return .generationPrompt(turn: run.turn)
    }
    let turn = Int(span.scope)
    guard turn >= 0, turn < extents.count else {
      if let last = extents.lastIndex(where: { $0.region.map { $0.upperBound <= start } ?? false })
      {
        return .templateAfterTurn(last)
      }
      return .scaffold
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
