import Jinja
import Problems

/// Which bytes the model is to learn: from who wrote them, and from what a prompt already supplies.
extension ChatRenderer {
  /// Decides which samples the record gives, and renders them.
  func supervise(into samples: inout [RenderedRecord]) throws(RecordError) -> Int {
    dropped = 0..<0
    try plan()
    for place in plans.indices {
      if samples.count == place { samples.append(RenderedRecord()) }
      try render(plans[place], into: &samples[place])
    }
    return plans.count
  }

  private func plan() throws(RecordError) {
    let turns = conversation.turns
    let learned = selectedTurns()
    if options.isStrict { try checkLearnable(learned) }
    plans.removeAll(keepingCapacity: true)
    let weighted = learned.filter { turns[$0].weight > 0 }
    if options.history == .unroll, !options.loss.isEverything, !weighted.isEmpty {
      for turn in weighted { plans.append(SamplePlan(count: turn + 1, learned: [turn])) }
      return
    }
    if options.history == .error, let turn = try firstRewrittenTurn() {
      throw RecordError(
        .historyRewritten, at: place(of: turn),
        "the template renders this turn otherwise once others follow it",
        remedy: "use \(OptionName.history("unroll")), last-turn or as-rendered")
    }
    plans.append(SamplePlan(count: turns.count, learned: learned))
  }

  /// The turns that the run learns, and those that a flag of the record asks for.
  private func selectedTurns() -> [Int] {
    let turns = conversation.turns
    var selected = turns.indices.filter { isSelected($0) || turns[$0].learning.isWanted }
    if options.history == .lastTurn { selected = Array(selected.suffix(1)) }
    return selected
  }

  /// Whether the run's policy learns a turn, whatever flags say.
  func isSelected(_ turn: Int) -> Bool {
    let loss = options.loss
    let turns = conversation.turns
    if loss.isEverything { return true }
    guard loss.selects(turns[turn].role), !turns[turn].isPrompt else { return false }
    guard turns[turn].role == .assistant else { return true }
    if loss.isCallsOnly { return turns[turn].hasCalls }
    guard loss.isLast || options.history == .lastTurn else { return true }
    guard let last = turns.lastIndex(where: { $0.role == .assistant && !$0.isPrompt }) else {
      return false
    }
    if options.history == .lastTurn { return turn == last }
    // After the last question that is answered.
    let asked = turns[..<last].lastIndex { $0.role == .user } ?? -1
    return turn > asked
  }

  private func checkLearnable(_ learned: [Int]) throws(RecordError) {
    let turns = conversation.turns
    if learned.isEmpty, !options.loss.isEverything {
      let whose =
        options.loss == .assistant
        ? "assistant turn" : "turn for \(OptionName.loss(options.loss.rawValue))"
      throw RecordError(
        .noAssistantTurn, at: "messages", "no \(whose) to learn from",
        remedy: "remove the record, or use \(OptionName.loss("all"))")
    }
    if let empty = learned.first(where: {
      turns[$0].role == .assistant && turns[$0].isEmpty && turns[$0].weight > 0
    }) {
      let place = place(of: empty)
      throw RecordError(
        .emptyResponse, at: place.hasSuffix("]") ? place + ".content" : place,
        "an assistant turn is empty", remedy: "remove the turn, or give it weight 0")
    }
  }

  /// A turn as errors name it: `messages[3]`, or the field that it was made of.
  func place(of turn: Int) -> String {
    paths.describe(Int(conversation.turns[turn].path), in: machine.heap)
  }

  /// Counts the turns of a sample that say something and left nothing in its text; refuses them unless the run
  /// accepts that.
  private func checkDropped(
    _ plan: SamplePlan, _ extents: [TurnExtent]
  ) throws(RecordError) -> Int {
    guard options.isStrict else { return 0 }
    let turns = conversation.turns
    var count = 0
    for turn in 0..<plan.count where !extents[turn].isReached && !dropped.contains(turn) {
      let isLearned = plan.learned.contains(turn) && turns[turn].weight > 0
      guard !turns[turn].isBlank || (isLearned && !options.loss.isEverything) else { continue }
      guard options.allowsDropped else {
        throw RecordError(
          .turnDropped, at: place(of: turn),
          "the template leaves nothing of this turn in the text", remedy: remedy(forDropped: turn))
      }
      count += 1
    }
    return count
  }

  private func remedy(forDropped turn: Int) -> String {
    let accept = "accept the loss with \(OptionName.allowDropped)"
    return switch conversation.turns[turn].named {
    case .developer: "use \(OptionName.role("developer=system")), or \(accept)"
    case .tool: "use a template that shows answers of tools, or \(accept)"
    case .assistant where conversation.turns[turn].hasCalls, .call:
      "use a template that shows calls of tools, or \(accept)"
    default: "use a template that shows it, remove the turn, or \(accept)"
    }
  }

  /// The first assistant turn that reads otherwise in the whole conversation than when it was the last
  /// one: the model was trained on, or produced, other tokens than these. nil if none does.
  func firstRewrittenTurn() throws(RecordError) -> Int? {
    let count = conversation.turns.count
    try run(count, prompt: false, into: rendered)
    var whole: [TurnExtent] = []
    rendered.extents(count, paths, into: &whole)
    var alone: [TurnExtent] = []
    for turn in conversation.turns.indices.dropLast()
    where conversation.turns[turn].role == .assistant {
      guard tryRun(turn + 1, prompt: false, into: probe) else { continue }
      probe.extents(turn + 1, paths, into: &alone)
      let then = end(of: turn, alone, in: probe)
      let now = end(of: turn, whole, in: rendered)
      guard then.end == now.end, rendered.commonPrefix(with: probe, from: 0, at: 0) >= then.end
      else {
        return turn
      }
    }
    return nil
  }

  /// Renders the messages of one sample.
  func render(_ plan: SamplePlan, into sample: inout RenderedRecord) throws(RecordError) {
    let isWhole = plan.count == conversation.turns.count
    try run(plan.count, prompt: options.addGenerationPrompt && isWhole, into: rendered)
    runs.removeAll(keepingCapacity: true)
    var extents: [TurnExtent] = []
    rendered.extents(plan.count, paths, into: &extents)
    let droppedTurns = try checkDropped(plan, extents)
    let loss = options.loss
    if !loss.isGeneration, !loss.isEverything || !loss.without.isEmpty {
      for turn in plan.learned where !dropped.contains(turn) {
        let isAssistant = conversation.turns[turn].role == .assistant
        guard isAssistant || extents[turn].own != nil else { continue }
        let start = isAssistant ? start(of: turn, extents) : extents[turn].own?.lowerBound ?? 0
        let end = end(of: turn, extents, from: start, in: rendered)
        guard start < end.end else { continue }
        runs.append(
          SupervisedBytes(
            range: start..<end.end, terminator: max(start, end.terminator), turn: turn,
            region: extents[turn].region?.lowerBound ?? start))
      }
    }
    fill(&sample, extents, plan.learned)
    sample.droppedTurns = droppedTurns
  }

  // MARK: Where a turn starts

  /// Past what the generation prompt supplies.
  private func start(of turn: Int, _ extents: [TurnExtent]) -> Int {
    let own = extents[turn].own
    let region = extents[turn].region
    let first = own?.lowerBound ?? region?.lowerBound ?? rendered.text.count
    guard template.readsGenerationPrompt else { return headerEnd(of: turn, own) ?? first }
    // Where nothing of the turn's own is printed, its prompt may reach to its end.
    let last = own?.lowerBound ?? region?.upperBound ?? first
    if tryRun(turn, prompt: true, into: probe) {
      let length = probe.text.count
      if rendered.hasPrefix(probe), length >= region?.lowerBound ?? 0 { return length }
      if let region {
        // The prompt of a rewritten history stands elsewhere: only its own text is compared.
        let from = probe.lastTurnEnd
        if let start = match(from..<length, at: region.lowerBound, last) { return start }
      }
    }
    // A prompt that cannot be rendered (no message before the turn): the whole conversation's will do.
    if let region, tryRun(conversation.turns.count, prompt: true, into: probe) {
      let from = probe.lastTurnEnd
      if let start = match(from..<probe.text.count, at: region.lowerBound, last) { return start }
    }
    return first
  }

  /// Of a template without a generation prompt: past what it writes before any turn of the assistant,
  /// for a turn that begins with something else than content (`[TOOL_CALLS][`). nil for other turns.
  private func headerEnd(of turn: Int, _ own: Range<Int>?) -> Int? {
    guard let own, rendered.pathKind(at: own.lowerBound, paths) != .content,
      tryRun(turn, prompt: false, addingTurn: true, into: probe)
    else { return nil }
    var extents: [TurnExtent] = []
    probe.extents(turn + 1, paths, into: &extents)
    guard let header = extents[turn].own?.lowerBound, header <= own.lowerBound,
      rendered.commonPrefix(with: probe, from: 0, at: 0) >= header
    else { return nil }
    return header
  }

  /// Past the part of the prompt `range` of `probe` that stands in the text at `place`: all of it, if need be but
  /// for its white space, or whole words of it in the template's own text. nil where there is no prompt.
  private func match(_ range: Range<Int>, at place: Int, _ last: Int) -> Int? {
    guard !range.isEmpty else { return nil }
    let common = rendered.commonPrefix(with: probe, from: range.lowerBound, at: place)
    if common >= range.count { return place + range.count }
    if let end = looseMatch(range, at: place, last) { return end }
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
  private func looseMatch(_ range: Range<Int>, at place: Int, _ last: Int) -> Int? {
    var (theirs, own) = (range.lowerBound, place)
    var end = place
    while true {
      while theirs < range.upperBound, probe.text[theirs] <= 0x20 { theirs += 1 }
      guard theirs < range.upperBound else { break }
      while own < last, rendered.text[own] <= 0x20 { own += 1 }
      guard own < last, rendered.text[own] == probe.text[theirs] else { return nil }
      own += 1
      theirs += 1
      end = own
    }
    guard end > place else { return nil }
    // The white space at the end of the prompt is supplied too, as far as the turn has it.
    var space = range.upperBound
    while space > range.lowerBound, probe.text[space - 1] <= 0x20 { space -= 1 }
    while space < range.upperBound, end < last, rendered.text[end] == probe.text[space] {
      space += 1
      end += 1
    }
    return end
  }

  // MARK: Where a turn ends

  /// Past the terminator of a turn, and where the terminator starts. `start`: where the turn starts, for
  /// one that leaves no bytes of its own.
  private func end(
    of turn: Int, _ extents: [TurnExtent], from start: Int? = nil, in output: RenderOutput
  ) -> (end: Int, terminator: Int) {
    let extent = extents[turn]
    let from =
      extent.own?.upperBound
      ?? extent.region.map { max($0.lowerBound, min(start ?? 0, $0.upperBound)) }
      ?? start ?? output.text.count
    let stops = (options.endOfText.map { [$0] } ?? []) + options.stopTexts
    // The literal text after the last own byte, as far as it is this turn's.
    var limit = from
    var after = from
    var spanStart = 0
    for index in 0..<output.spans.count {
      let span = output.spans[index]
      let end = Int(span.end)
      defer { spanStart = end }
      guard end > from else { continue }
      let isLiteral = span.origin.kind == .template || span.origin.kind == .word
      guard isLiteral else { break }
      if max(spanStart, from) == after {
        after = end
        if extent.region == nil || span.scope == Int32(turn) { limit = end }
      }
    }
    let closing = copy(output, from..<limit)
    if let stop = ControlText.find(stops, in: closing) {
      return (from + stop.upperBound, from + stop.lowerBound)
    }
    if let last = extent.region == nil ? ControlText.first(closing) : ControlText.last(closing) {
      // The literal of an empty turn starts with its header: the terminator is what comes last.
      return (from + last.upperBound, from + last.lowerBound)
    }
    // Nothing of its own: a stop text that the template writes next, for whatever message, ends it.
    let next = copy(output, limit..<min(after, limit + 256))
    let skipped = next.firstIndex { $0 > 0x20 } ?? next.count
    let rest = Array(next[skipped...])
    if let stop = ControlText.find(stops, in: rest), stop.lowerBound == 0 {
      return (limit + skipped + stop.upperBound, limit + skipped)
    }
    if start != nil, let token = ControlText.first(rest), token.lowerBound == 0,
      closes(turn, with: Array(rest[token]), from: from, after: limit - from)
    {
      return (limit + skipped + token.upperBound, limit + skipped)
    }
    return (from, from)
  }

  /// Whether the template writes a token behind a turn that nothing follows: then it ends the turn, and does not
  /// begin the next one. `from`: where the turn's own bytes end; `literal`: bytes of the template between them and the
  /// token.
  private func closes(_ turn: Int, with token: [UInt8], from: Int, after literal: Int) -> Bool {
    guard tryRun(turn + 1, prompt: false, into: probe) else { return false }
    var extents: [TurnExtent] = []
    probe.extents(turn + 1, paths, into: &extents)
    let isSame = rendered.commonPrefix(with: probe, from: 0, at: 0) >= from
    guard let end = extents[turn].own?.upperBound ?? (isSame ? from : nil) else { return false }
    let start = min(end + literal, probe.text.count)
    let tail = copy(probe, start..<min(start + 256, probe.text.count))
    return tail.drop { $0 <= 0x20 }.starts(with: token)
  }

  private func copy(_ output: RenderOutput, _ range: Range<Int>) -> [UInt8] {
    range.isEmpty ? [] : output.text.copy(range)
  }
}
