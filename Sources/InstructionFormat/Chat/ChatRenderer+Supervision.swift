/// Which bytes the model is to learn: from who wrote them, and from what a prompt already supplies.
extension ChatRenderer {
  func supervise(into samples: inout [RenderedRecord]) throws(ChatReject) -> Int {
    let count = conversation.turns.count
    let assistants = conversation.turns.indices.filter { conversation.turns[$0].role == .assistant }
    if options.isStrict {
      if assistants.isEmpty, options.loss != .all {
        throw ChatReject(
          .noAssistantTurn, field: "messages", reason: "no assistant turn to learn from",
          remedy: "remove the record, or use --loss all")
      }
      if let empty = assistants.first(where: {
        conversation.turns[$0].isEmpty && conversation.turns[$0].weight > 0
          && (options.loss != .last || $0 == assistants.last)
      }) {
        throw ChatReject(
          .emptyResponse, field: "messages[\(empty)].content", reason: "an assistant turn is empty",
          remedy: "remove the turn, or give it weight 0")
      }
    }
    var learned =
      options.loss == .last || options.history == .lastTurn
      ? Array(assistants.suffix(1)) : assistants
    learned.removeAll { conversation.turns[$0].weight == 0 }
    if options.history == .unroll, options.loss != .all {
      guard !learned.isEmpty else { return try one(count, [], into: &samples, at: 0) }
      for (place, turn) in learned.enumerated() {
        _ = try one(turn + 1, [turn], into: &samples, at: place)
      }
      return learned.count
    }
    if options.history == .error, let turn = try firstRewrittenTurn() {
      throw ChatReject(
        .historyRewritten, field: "messages[\(turn)]",
        reason: "the template renders this turn otherwise once others follow it",
        remedy: "use --history unroll, last-turn or as-rendered")
    }
    return try one(count, learned, into: &samples, at: 0)
  }

  /// The first assistant turn that reads otherwise in the whole conversation than when it was the last
  /// one: the model was trained on, or produced, other tokens than these. nil if none does.
  func firstRewrittenTurn() throws(ChatReject) -> Int? {
    let count = conversation.turns.count
    try run(count, prompt: false, into: rendered)
    var whole: [TurnExtent] = []
    rendered.extents(count, machine.heap, into: &whole)
    var alone: [TurnExtent] = []
    for turn in conversation.turns.indices.dropLast()
    where conversation.turns[turn].role == .assistant {
      guard tryRun(turn + 1, prompt: false, into: probe) else { continue }
      probe.extents(turn + 1, machine.heap, into: &alone)
      let then = end(of: turn, alone, in: probe)
      let now = end(of: turn, whole, in: rendered)
      guard then.end == now.end, rendered.commonPrefix(with: probe, from: 0, at: 0) >= then.end
      else {
        return turn
      }
    }
    return nil
  }

  /// Renders the first `count` messages, of which the model learns the given turns.
  private func one(
    _ count: Int, _ learned: [Int], into samples: inout [RenderedRecord], at place: Int
  )
    throws(ChatReject) -> Int
  {
    let isWhole = count == conversation.turns.count
    try run(count, prompt: options.addGenerationPrompt && isWhole, into: rendered)
    runs.removeAll(keepingCapacity: true)
    var extents: [TurnExtent] = []
    rendered.extents(count, machine.heap, into: &extents)
    if options.loss == .assistant || options.loss == .last {
      for turn in learned {
        let end = end(of: turn, extents, in: rendered)
        let start = start(of: turn, extents, end.own)
        guard start < end.end else { continue }
        runs.append(
          SupervisedBytes(
            range: start..<end.end, terminator: max(start, end.terminator), turn: turn,
            region: extents[turn].region?.lowerBound ?? start))
      }
    }
    if samples.count == place { samples.append(RenderedRecord()) }
    fill(&samples[place], extents, learned)
    return 1
  }

  // MARK: Where a turn starts

  /// Past what the generation prompt supplies.
  private func start(of turn: Int, _ extents: [TurnExtent], _ own: Range<Int>?) -> Int {
    let region = extents[turn].region
    let first = own?.lowerBound ?? region?.lowerBound ?? rendered.text.count
    guard template.readsGenerationPrompt else { return first }
    if tryRun(turn, prompt: true, into: probe) {
      let length = probe.text.count
      if rendered.hasPrefix(probe), length >= region?.lowerBound ?? 0 { return length }
      if let region {
        // The prompt of a rewritten history stands elsewhere: only its own text is compared.
        let from = probe.lastTurnEnd
        if let start = match(from..<length, at: region.lowerBound, first) { return start }
      }
    }
    // A prompt that cannot be rendered (no message before the turn): the whole conversation's will do.
    if let region, tryRun(conversation.turns.count, prompt: true, into: probe) {
      let from = probe.lastTurnEnd
      if let start = match(from..<probe.text.count, at: region.lowerBound, first) { return start }
    }
    return first
  }

  /// Past the part of the prompt `range` of `probe` that stands in the text at `place`: all of it, or
  /// whole words of it in the template's own text. nil where there is no prompt.
  private func match(_ range: Range<Int>, at place: Int, _ first: Int) -> Int? {
    guard !range.isEmpty else { return nil }
    let common = rendered.commonPrefix(with: probe, from: range.lowerBound, at: place)
    if common >= range.count { return place + range.count }
    var end = min(place + common, max(first, place))
    while end > place {
      let byte = rendered.text[end - 1]
      if byte <= 0x20 || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "]") { return end }
      end -= 1
    }
    return nil
  }

  // MARK: Where a turn ends

  /// Past the terminator of a turn, where the terminator starts, and the turn's own bytes.
  private func end(of turn: Int, _ extents: [TurnExtent], in output: RenderOutput)
    -> (end: Int, terminator: Int, own: Range<Int>?)
  {
    let extent = extents[turn]
    var own = extent.own
    if let foreign = extent.foreign, let known = own, known.upperBound > foreign,
      known.lowerBound < foreign
    {
      own = known
    }
    let from = own?.upperBound ?? extent.region?.lowerBound ?? output.text.count
    let stops = (options.endOfText.map { [$0] } ?? []) + options.stopTexts
    // The literal text after the last own byte, as far as it is this turn's.
    var limit = from
    var after = from
    var start = 0
    for index in 0..<output.spans.count {
      let span = output.spans[index]
      let end = Int(span.end)
      defer { start = end }
      guard end > from else { continue }
      let isLiteral = span.origin.kind == .template || span.origin.kind == .role
      guard isLiteral else { break }
      if max(start, from) == after {
        after = end
        if extent.region == nil || span.turn == Int32(turn) { limit = end }
      }
    }
    let closing = copy(output, from..<limit)
    if let stop = ControlText.find(stops, in: closing) {
      return (from + stop.upperBound, from + stop.lowerBound, own)
    }
    if let last = extent.region == nil ? ControlText.first(closing) : ControlText.last(closing) {
      // The literal of an empty turn starts with its header: the terminator is what comes last.
      return (from + last.upperBound, from + last.lowerBound, own)
    }
    // Nothing of its own: a stop text that the template writes next, for whatever message, ends it.
    let next = copy(output, limit..<min(after, limit + 256))
    let skipped = next.firstIndex { $0 > 0x20 } ?? next.count
    if let stop = ControlText.find(stops, in: Array(next[skipped...])), stop.lowerBound == 0 {
      return (limit + skipped + stop.upperBound, limit + skipped, own)
    }
    return (from, from, own)
  }

  private func copy(_ output: RenderOutput, _ range: Range<Int>) -> [UInt8] {
    range.isEmpty ? [] : output.text.copy(range)
  }

  // MARK: Segments

  private func fill(_ sample: inout RenderedRecord, _ extents: [TurnExtent], _ learned: [Int]) {
    sample.removeAll()
    unsafe rendered.text.withElements(0..<rendered.text.count) {
      unsafe sample.text.append(contentsOf: $0)
    }
    var paths: [Int: Int] = [:]
    var start = 0
    var run = 0
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
      let inside = run < runs.count && runs[run].range.contains(start) ? runs[run] : nil
      let source = self.source(span.origin, &sample, &paths)
      let reason = self.reason(start, span, spanIndex, inside, extents, learned)
      let turn = inside?.turn ?? Int(span.turn)
      let weight =
        reason.isSupervised && turn >= 0 && turn < conversation.turns.count
        ? conversation.turns[turn].weight : 1
      append(start..<cut, source, reason, weight, to: &sample)
      start = cut
      if start == end { spanIndex += 1 }
    }
  }

  private func append(
    _ range: Range<Int>, _ source: Source, _ reason: Reason, _ weight: Float,
    to sample: inout RenderedRecord
  ) {
    guard !range.isEmpty else { return }
    if let last = sample.segments.last, last.source == source, last.reason == reason,
      last.weight == weight
    {
      sample.segments[sample.segments.count - 1].range = last.range.lowerBound..<range.upperBound
    } else {
      sample.segments.append(Segment(range: range, source: source, reason: reason, weight: weight))
    }
  }

  private func source(_ origin: Origin, _ sample: inout RenderedRecord, _ paths: inout [Int: Int])
    -> Source
  {
    guard origin.kind != .template else { return .template }
    guard origin.path > 0 else { return .derived(nil) }
    let index: Int
    if let known = paths[origin.path] {
      index = known
    } else {
      sample.paths.append(names.name(of: origin.path, in: machine.heap))
      index = sample.paths.count - 1
      paths[origin.path] = index
    }
    switch origin.kind {
    case .field: return .field(index)
    case .role: return .role(index)
    default: return .derived(index)
    }
  }

  private func reason(
    _ start: Int, _ span: RenderOutput.Span, _ spanIndex: Int, _ inside: SupervisedBytes?,
    _ extents: [TurnExtent], _ learned: [Int]
  ) -> Reason {
    switch options.loss {
    case .all: return .everything
    case .generation where span.origin.isGeneration:
      let turn = Int(span.turn)
      guard turn >= 0, turn < conversation.turns.count else { return .generationBlock }
      if conversation.turns[turn].weight == 0 { return .weightZero(turn: turn) }
      return conversation.turns[turn].role != .assistant || learned.contains(turn)
        ? .generationBlock : .turnNotSelected(turn)
    default: break
    }
    let path =
      span.origin.path > 0 && span.origin.kind != .template
      ? machine.heap.paths[span.origin.path] : nil
    if let inside {
      if start >= inside.terminator, inside.terminator < inside.range.upperBound {
        return .terminator(turn: inside.turn)
      }
      if let path, Int(path.turn) != inside.turn, path.turn >= 0, path.kind != .role {
        // Another message's bytes inside this turn (a tool's answer): not what the model samples.
        return field(path)
      }
      if path == nil, isBeforeForeign(spanIndex, inside) { return .templateAfterTurn(inside.turn) }
      return part(spanIndex, inside)
    }
    if let path, path.kind != .role {
      let turn = Int(path.turn)
      if turn >= 0, turn < conversation.turns.count, conversation.turns[turn].role == .assistant {
        if conversation.turns[turn].weight == 0 { return .weightZero(turn: turn) }
        if !learned.contains(turn) { return .turnNotSelected(turn) }
        return .generationPrompt(turn: turn)
      }
      return field(path)
    }
    if let run = runs.first(where: { $0.region <= start && start < $0.range.lowerBound }) {
      return .generationPrompt(turn: run.turn)
    }
    let turn = Int(span.turn)
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

  private func field(_ path: ValueHeap.PathNode) -> Reason {
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

  /// Whether the template's text at a span stands next to another message's bytes inside a turn.
  private func isBeforeForeign(_ index: Int, _ inside: SupervisedBytes) -> Bool {
    func isForeign(_ step: Int) -> Bool {
      var place = index + step
      while place >= 0, place < rendered.spans.count {
        let origin = rendered.spans[place].origin
        if origin.kind == .field || origin.kind == .derived, origin.path > 0 {
          let path = machine.heap.paths[origin.path]
          let bounds = inside.range
          let end = Int(rendered.spans[place].end)
          return path.turn >= 0 && Int(path.turn) != inside.turn && end > bounds.lowerBound
            && end <= bounds.upperBound
        }
        place += step
      }
      return false
    }
    return isForeign(1) || isForeign(-1)
  }

  /// Whether supervised bytes are content, reasoning or a tool call: as the field nearest to them is.
  private func part(_ index: Int, _ inside: SupervisedBytes) -> Reason {
    func kind(_ place: Int) -> ValueHeap.PathNode.Kind? {
      let origin = rendered.spans[place].origin
      guard origin.kind == .field || origin.kind == .derived, origin.path > 0 else { return nil }
      let path = machine.heap.paths[origin.path]
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
    switch found {
    case .reasoning: return .assistantReasoning(turn: inside.turn)
    case .toolCall: return .assistantToolCall(turn: inside.turn)
    default: return .assistantContent(turn: inside.turn)
    }
  }
}
