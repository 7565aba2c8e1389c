import Jinja

/// Where a turn starts: past what its prompt supplies.
extension ChatRenderer {
  /// Past what the generation prompt supplies.
  func start(of turn: Int, _ extents: [TurnExtent]) -> Int {
    let own = extents[turn].own
    let region = extents[turn].region
    let first = own?.lowerBound ?? region?.lowerBound ?? rendered.text.count
    guard template.readsGenerationPrompt else {
      return promptEnd(of: turn, extents, first) ?? headerEnd(of: turn, own) ?? first
    }
    // Where nothing of the turn's own is printed, its prompt may reach to its end.
    let last = own?.lowerBound ?? region?.upperBound ?? first
    if tryRun(turn, prompt: true, into: probe) {
      let length = probe.text.count
      if rendered.hasPrefix(probe), length >= region?.lowerBound ?? 0 {
        // A prompt that has nothing of the turn, where the turn has the header that prompts of others have.
        guard length == region?.lowerBound, runPrompted() else { return length }
        let header = prompted.lastTurnEnd..<prompted.text.count
        let common = rendered.commonPrefix(with: prompted, from: header.lowerBound, at: length)
        return common == header.count ? min(length + header.count, last) : length
      }
      if let region {
        // The prompt of a rewritten history stands elsewhere: only its own text is compared.
        let from = probe.lastTurnEnd
        if let start = match(from..<length, of: probe, at: region.lowerBound, last) { return start }
      }
    }
    // A prompt that cannot be rendered (no message before the turn): the whole conversation's will do.
    if let region, runPrompted() {
      let range = prompted.lastTurnEnd..<prompted.text.count
      if let start = match(range, of: prompted, at: region.lowerBound, last) { return start }
    }
    guard let region else { return promptEnd(of: turn, extents, first) ?? first }
    return plainHeaderEnd(of: turn, extents, region) ?? first
  }

  /// Of a turn that no prompt fits and that begins with something else than content: past as much as it has of what the template
  /// writes before a plain turn there. What it opens with beside that (`<｜tool▁call▁begin｜>`) is its own. nil for other turns.
  private func plainHeaderEnd(
    of turn: Int, _ extents: [TurnExtent], _ region: Range<Int>
  ) -> Int? {
    guard let own = extents[turn].own, own.lowerBound >= region.lowerBound,
      rendered.pathKind(at: own.lowerBound, paths) != .content,
      tryRun(turn, prompt: false, addingTurn: true, into: probe)
    else { return nil }
    let plain = probe.extent(of: turn, paths, besides: rendered, whole: extents[turn])
    guard let header = plain.region?.lowerBound, let first = plain.own?.lowerBound, header <= first
    else { return nil }
    return match(header..<first, of: probe, at: region.lowerBound, own.lowerBound)
      ?? region.lowerBound
  }

  /// Past what the earlier messages render to, where that is the turn's prompt: it ends at or behind the turn's header. nil
  /// where the header is yet to come. `first`: the first byte of the turn's own.
  private func promptEnd(of turn: Int, _ extents: [TurnExtent], _ first: Int) -> Int? {
    guard tryRun(turn, prompt: true, into: probe) else { return nil }
    let tail = probe.lastRecordEnd(before: probe.text.count, paths)..<probe.text.count
    let place: Int
    if rendered.hasPrefix(probe) {
      place = probe.text.count
    } else {
      // What later messages change stands before: the template's text behind the last message is compared.
      let start = rendered.lastRecordEnd(before: first, paths, butOf: turn)
      let common = rendered.commonPrefix(with: probe, from: tail.lowerBound, at: start)
      guard common == tail.count, start > 0, start + common <= first else { return nil }
      place = start + common
    }
    if let region = extents[turn].region, place > region.lowerBound { return place }
    if rendered.isSpace(min(place, first)..<first) { return place }
    // The header is what stands before a plain turn.
    guard tryRun(turn, prompt: true, addingTurn: true, into: probe) else { return nil }
    let plain = probe.extent(of: turn, paths, besides: rendered, whole: extents[turn])
    guard let own = plain.own else { return nil }
    let header = probe.lastRecordEnd(before: own.lowerBound, paths, butOf: turn) + tail.count
    if let region = plain.region, header > region.lowerBound { return place }
    return header <= own.lowerBound && probe.isSpace(header..<own.lowerBound) ? place : nil
  }

  /// Of a template without a generation prompt: past what it writes before any turn of the assistant,
  /// for a turn that begins with something else than content (`[TOOL_CALLS][`). nil for other turns.
  private func headerEnd(of turn: Int, _ own: Range<Int>?) -> Int? {
    guard let own, rendered.pathKind(at: own.lowerBound, paths) != .content,
      tryRun(turn, prompt: false, addingTurn: true, into: probe)
    else { return nil }
    let plain = probe.extent(of: turn, paths, besides: rendered, whole: extents[turn])
    guard let header = plain.own?.lowerBound, header <= own.lowerBound,
      rendered.commonPrefix(with: probe, from: 0, at: 0) >= header
    else { return nil }
    return header
  }

  /// Past the part of the prompt `range` of `output` that stands in the text at `place`: all of it, if need be but
  /// for its white space, or whole words of it in the template's own text. nil where there is no prompt.
  private func match(
    _ range: Range<Int>, of output: RenderOutput, at place: Int, _ last: Int
  ) -> Int? {
    guard !range.isEmpty else { return nil }
    let common = rendered.commonPrefix(with: output, from: range.lowerBound, at: place)
    if common >= range.count { return place + range.count }
    if let end = looseMatch(range, of: output, at: place, last) { return end }
    var end = min(place + common, max(last, place))
    while end > place {
      let byte = rendered.text[end - 1]
      if byte <= 0x20 || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "]") { return end }
      end -= 1
    }
    return nil
  }

  /// Past the prompt where it differs in white space alone: a template may indent the turn of a conversation and
  /// the prompt otherwise.
  private func looseMatch(
    _ range: Range<Int>, of output: RenderOutput, at place: Int, _ last: Int
  ) -> Int? {
    var (theirs, own) = (range.lowerBound, place)
    var end = place
    while true {
      while theirs < range.upperBound, output.text[theirs] <= 0x20 { theirs += 1 }
      guard theirs < range.upperBound else { break }
      while own < last, rendered.text[own] <= 0x20 { own += 1 }
      guard own < last, rendered.text[own] == output.text[theirs] else { return nil }
      own += 1
      theirs += 1
      end = own
    }
    guard end > place else { return nil }
    // The white space at the end of the prompt is supplied too, as far as the turn has it.
    var space = range.upperBound
    while space > range.lowerBound, output.text[space - 1] <= 0x20 { space -= 1 }
    while space < range.upperBound, end < last, rendered.text[end] == output.text[space] {
      space += 1
      end += 1
    }
    return end
  }
}
