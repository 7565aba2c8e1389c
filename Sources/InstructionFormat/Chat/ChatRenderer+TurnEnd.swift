import Jinja

/// Where a turn ends: past its terminator.
extension ChatRenderer {
  /// Past the terminator of a turn, and where the terminator starts. `start`: where the turn starts, for
  /// one that leaves no bytes of its own.
  func end(
    of turn: Int, _ extents: [TurnExtent], from start: Int? = nil, in output: RenderOutput
  ) -> (end: Int, terminator: Int) {
    let extent = extents[turn]
    let from =
      extent.own?.upperBound
      ?? extent.region.map { max($0.lowerBound, min(start ?? 0, $0.upperBound)) }
      ?? start ?? output.text.count
    let (limit, after) = literal(behind: from, of: turn, extent, in: output)
    closing.removeAll(keepingCapacity: true)
    if from < limit {
      unsafe output.text.withElements(from..<limit) { unsafe closing.append(contentsOf: $0) }
    }
    if let stop = ControlText.find(stops, in: closing) {
      return (from + stop.upperBound, from + stop.lowerBound)
    }
    // The literal of an empty turn starts with its header: the terminator is what comes last.
    let last = extent.region == nil ? ControlText.first(closing) : ControlText.last(closing)
    let isPart = last.map { closesElement($0, of: extent, before: from, in: output) } ?? false
    if let last, !isPart { return (from + last.upperBound, from + last.lowerBound) }
    // Nothing of its own, or the end of a part: a stop text that the template writes next, for whatever message, ends it.
    let end = last.map { from + $0.upperBound } ?? limit
    let next = copy(output, end..<max(end, min(after, end + 256)))
    let skipped = next.firstIndex { $0 > 0x20 } ?? next.count
    let rest = Array(next[skipped...])
    if let stop = ControlText.find(stops, in: rest), stop.lowerBound == 0 {
      return (end + skipped + stop.upperBound, end + skipped)
    }
    if start != nil, let token = isPart ? ControlText.leading(rest) : ControlText.first(rest),
      token.lowerBound == 0, closes(turn, with: Array(rest[token]), from: from, after: end - from)
    {
      return (end + skipped + token.upperBound, end + skipped)
    }
    return last.map { (from + $0.upperBound, from + $0.lowerBound) } ?? (from, from)
  }

  /// Whether the last of the tokens behind a turn's own bytes, `tokens` of `closing`, closes what the template opened in the turn
  /// (`</tool_call>`): then the model goes on behind it, if only to its stop token.
  private func closesElement(
    _ tokens: Range<Int>, of extent: TurnExtent, before end: Int, in output: RenderOutput
  ) -> Bool {
    guard let opening = ControlText.opening(of: closing[tokens]) else { return false }
    let start = extent.region?.lowerBound ?? extent.own?.lowerBound ?? end
    var index = output.spanIndex(at: start)
    while index < output.spans.count {
      let span = output.spans[index]
      let first = max(start, index > 0 ? Int(output.spans[index - 1].end) : 0)
      guard first < end else { return false }
      if span.origin.kind == .template || span.origin.kind == .word,
        ControlText.find([opening], in: copy(output, first..<min(end, Int(span.end)))) != nil
      {
        return true
      }
      index += 1
    }
    return false
  }

  /// The template's text behind a byte: how far it is this turn's, and how far it goes.
  private func literal(
    behind from: Int, of turn: Int, _ extent: TurnExtent, in output: RenderOutput
  ) -> (limit: Int, end: Int) {
    var limit = from
    var after = from
    var index = output.spanIndex(at: from)
    while index < output.spans.count {
      let span = output.spans[index]
      guard span.origin.kind == .template || span.origin.kind == .word else { break }
      after = Int(span.end)
      if extent.region == nil || span.scope == Int32(turn) { limit = after }
      index += 1
    }
    // Bytes of the record follow in the turn's own iteration: a tool's answer. The model did not see it, so what it wrote is
    // in the text without it, too.
    if index < output.spans.count, output.spans[index].scope == Int32(turn), limit == after,
      tryRun(turn + 1, prompt: false, into: alone)
    {
      let common = output.commonPrefix(with: alone, from: 0, at: 0)
      if common > from { limit = min(limit, common) }
    }
    return (limit, after)
  }

  /// Stretches inside a turn that others wrote: from the terminator before the bytes of another message to the next byte of the
  /// turn's own.
  func addGaps(in turn: Int, _ extents: [TurnExtent], _ range: Range<Int>) -> Range<Int> {
    let first = gaps.count
    for broken in extents[turn].breaks
    where broken.lowerBound >= range.lowerBound && broken.upperBound <= range.upperBound {
      let (limit, _) = literal(behind: broken.lowerBound, of: turn, extents[turn], in: rendered)
      let closing = copy(rendered, broken.lowerBound..<limit)
      let token = ControlText.find(stops, in: closing) ?? ControlText.last(closing)
      gaps.append(broken.lowerBound + (token?.upperBound ?? 0)..<broken.upperBound)
    }
    return first..<gaps.count
  }

  /// Whether the template writes a token behind a turn that nothing follows: then it ends the turn, and does not
  /// begin the next one. `from`: where the turn's own bytes end; `literal`: bytes of the template between them and the
  /// token.
  private func closes(_ turn: Int, with token: [UInt8], from: Int, after literal: Int) -> Bool {
    guard tryRun(turn + 1, prompt: false, into: probe) else { return false }
    let extent = probe.extent(of: turn, paths, besides: rendered, whole: extents[turn])
    let isSame = rendered.commonPrefix(with: probe, from: 0, at: 0) >= from
    guard let end = extent.own?.upperBound ?? (isSame ? from : nil) else { return false }
    let start = min(end + literal, probe.text.count)
    let tail = copy(probe, start..<min(start + 256, probe.text.count))
    return tail.drop { $0 <= 0x20 }.starts(with: token)
  }

  private func copy(_ output: RenderOutput, _ range: Range<Int>) -> [UInt8] {
    range.isEmpty ? [] : output.text.copy(range)
  }
}
