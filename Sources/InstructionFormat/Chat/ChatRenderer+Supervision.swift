import JSONText
import Jinja
import Problems

/// Which bytes the model is to learn: from who wrote them, and from what a prompt already supplies.
extension ChatRenderer {
  /// Decides which samples the record gives.
  func plan(of record: JSONNode) throws(Problem) {
    let turns = conversation.turns
    select()
    if options.isStrict { try checkLearnable(record) }
    plans.removeAll(keepingCapacity: true)
    if options.history == .unroll, !options.loss.isEverything {
      for place in selected.indices where turns[selected[place]].weight > 0 {
        plans.append(SamplePlan(count: selected[place] + 1, learned: place..<place + 1))
      }
      if !plans.isEmpty { return }
    }
    if options.history == .error, let turn = try firstRewrittenTurn() {
      throw Problem(
        .historyRewritten, at: place(of: turn),
        "the template renders this turn differently once others follow it",
        remedy: "use \(OptionName.history("unroll")), last-turn or as-rendered")
    }
    plans.append(SamplePlan(count: turns.count, learned: selected.indices))
  }

  /// Finds the turns that the run learns, and those that a flag of the record asks for. O(turns).
  private func select() {
    let turns = conversation.turns
    let answered = turns.lastIndex { $0.role == .assistant && !$0.isPrompt }
    // The last question that is answered.
    let asked = answered.flatMap { turns[..<$0].lastIndex { $0.role == .user } } ?? -1
    isSelected.removeAll(keepingCapacity: true)
    selections.removeAll(keepingCapacity: true)
    selected.removeAll(keepingCapacity: true)
    for turn in turns.indices {
      let isChosen = policyLearns(turns[turn], turn, answered: answered, asked: asked)
      isSelected.append(isChosen)
      selections.append(selection(of: turns[turn], isAfterQuestion: turn > asked))
      if isChosen || turns[turn].learning.isWanted { selected.append(turn) }
    }
    if options.history == .lastTurn, selected.count > 1 {
      selected.removeFirst(selected.count - 1)
    }
  }

  /// Which losses select a turn, among those that the run's own may be exchanged for.
  private func selection(
    of turn: Conversation.Turn, isAfterQuestion: Bool
  ) -> TokenClass.Selection {
    guard options.isExchangeable, turn.role == .assistant, !turn.learning.isWanted else {
      return .always
    }
    if isAfterQuestion { return turn.hasCalls ? .assistantLastOrTools : .assistantOrLast }
    return turn.hasCalls ? .assistantOrTools : .assistant
  }

  /// Whether the run's policy learns a turn, whatever flags say.
  private func policyLearns(
    _ turn: Conversation.Turn, _ index: Int, answered: Int?, asked: Int
  ) -> Bool {
    let loss = options.loss
    if loss.isEverything { return true }
    guard loss.selects(turn.role), !turn.isPrompt else { return false }
    guard turn.role == .assistant else { return true }
    if loss.isCallsOnly { return turn.hasCalls }
    guard loss.isLast || options.history == .lastTurn else { return true }
    guard let answered else { return false }
    return options.history == .lastTurn ? index == answered : index > asked
  }

  /// Whether a sample learns a turn. O(log turns).
  func learns(_ turn: Int, in plan: SamplePlan) -> Bool {
    var (low, high) = (plan.learned.lowerBound, plan.learned.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if selected[middle] < turn { low = middle + 1 } else { high = middle }
    }
    return low < plan.learned.upperBound && selected[low] == turn
  }

  private func checkLearnable(_ record: JSONNode) throws(Problem) {
    let turns = conversation.turns
    if selected.isEmpty, !options.loss.isEverything {
      let whose =
        options.loss == .assistant
        ? "assistant turn" : "turn for \(OptionName.loss(options.loss.rawValue))"
      throw Problem(
        .noAssistantTurn, at: "messages", "no \(whose) to learn from",
        remedy: answerBeside(record) ?? "remove the record, or use \(OptionName.loss("all"))")
    }
    if let empty = selected.first(where: {
      turns[$0].role == .assistant && turns[$0].isEmpty && turns[$0].weight > 0
    }) {
      let place = place(of: empty)
      throw Problem(
        .emptyResponse, at: place.hasSuffix("]") ? place + ".content" : place,
        "an assistant turn is empty", remedy: "remove the turn, or give it weight 0")
    }
  }

  /// What to do with a record whose conversation lacks the answer that stands beside it. Nil for others.
  private func answerBeside(_ record: JSONNode) -> String? {
    let fields = options.fields
    // The record was read with them before, so they are found again.
    guard options.loss == .assistant, let found = try? fields.find(in: record),
      found.messages != nil, found.response != nil, fields.given[.messages] == nil
    else { return nil }
    let messages = fields.name(of: .messages, in: found)
    return
      "\"\(fields.name(of: .response, in: found))\" stands beside the conversation: where it is the answer, read both "
      + "with \(OptionName.field("task=\(messages)"))"
  }

  /// A turn as errors name it: `messages[3]`, or the field that it was made of.
  func place(of turn: Int) -> String {
    paths.describe(Int(conversation.turns[turn].path), in: machine.heap)
  }

  /// Counts the turns of a sample that say something and left nothing in its text; refuses them unless the run
  /// accepts that.
  private func checkDropped(
    _ plan: SamplePlan, _ extents: [TurnExtent]
  ) throws(Problem) -> Int {
    guard options.isStrict else { return 0 }
    let turns = conversation.turns
    var count = 0
    for turn in 0..<plan.count where !extents[turn].isReached && !dropped.contains(turn) {
      let isLearned = learns(turn, in: plan) && turns[turn].weight > 0
      guard !turns[turn].isBlank || (isLearned && !options.loss.isEverything) else { continue }
      guard options.allowsDropped else {
        throw Problem(
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
  func firstRewrittenTurn() throws(Problem) -> Int? {
    let count = conversation.turns.count
    try run(count, prompt: false, into: rendered)
    rendered.extents(0..<count, paths, into: &extents)
    var alone: [TurnExtent] = []
    for turn in conversation.turns.indices.dropLast()
    where conversation.turns[turn].role == .assistant {
      guard tryRun(turn + 1, prompt: false, into: probe) else { continue }
      settleRepeats(of: turn)
      probe.extents(0..<turn + 1, paths, into: &alone)
      let then = end(of: turn, alone, in: probe)
      let now = end(of: turn, extents, in: rendered)
      guard then.end == now.end, rendered.commonPrefix(with: probe, from: 0, at: 0) >= then.end
      else {
        return turn
      }
    }
    if let crossing { throw crossing }
    return nil
  }

  /// Renders the messages of one sample.
  func render(_ plan: SamplePlan, into sample: inout RenderedRecord) throws(Problem) {
    let isWhole = plan.count == conversation.turns.count
    let prompt = options.addGenerationPrompt && isWhole
    if isWhole, dropped.isEmpty {
      try runWithPrompts(prompt: prompt)
    } else {
      try run(plan.count, prompt: prompt, into: rendered)
    }
    rendered.extents(0..<plan.count, paths, into: &extents)
    let droppedTurns = try checkDropped(plan, extents)
    findTurns(of: plan)
    if let crossing { throw crossing }
    fill(&sample, extents, plan)
    sample.droppedTurns = droppedTurns
  }

  /// Finds the bytes of each assistant turn, learned or not: text is tokenized apart there, so that the ids of a context do not
  /// depend on what is learned. And those of other turns that are learned.
  private func findTurns(of plan: SamplePlan) {
    runs.removeAll(keepingCapacity: true)
    runsAreInOrder = true
    turns.removeAll(keepingCapacity: true)
    let loss = options.loss
    guard !loss.isGeneration, !loss.isEverything || loss.leavesOutParts else { return }
    // A sample goes on where the one before ended: what both begin with has its turns in the same places.
    let common = known.isEmpty ? 0 : rendered.commonPrefix(with: earlier, from: 0, at: 0)
    var next = 0
    for turn in 0..<plan.count where !dropped.contains(turn) {
      let isAssistant = conversation.turns[turn].role == .assistant
      let isLearned = learns(turn, in: plan)
      guard isAssistant || isLearned && extents[turn].own != nil else { continue }
      while next < known.count, known[next].turn < turn { next += 1 }
      let found: SupervisedBytes?
      if next < known.count, known[next].turn == turn, known[next].range.upperBound < common {
        found = known[next]
      } else {
        found = bytes(of: turn, isAssistant: isAssistant)
      }
      guard let found else { continue }
      if isAssistant { turns.append(found) }
      if isLearned {
        if let last = runs.last, last.region > found.region { runsAreInOrder = false }
        runs.append(found)
      }
    }
    guard plans.count > 1, dropped.isEmpty else { return }
    known.removeAll(keepingCapacity: true)
    known.append(contentsOf: turns)
    earlier.copyText(of: rendered)
  }

  private func bytes(of turn: Int, isAssistant: Bool) -> SupervisedBytes? {
    settleRepeats(of: turn)
    let start = isAssistant ? start(of: turn, extents) : extents[turn].own?.lowerBound ?? 0
    var end = end(of: turn, extents, from: start, in: rendered)
    if !isAssistant, let own = extents[turn].own,
      rendered.scope(at: own.lowerBound) != Int32(turn), rendered.scope(at: own.lowerBound) >= 0
    {
      // Printed in another message's turn: what stands behind it is that one's.
      end = (own.upperBound, own.upperBound)
    }
    guard start < end.end else { return nil }
    return SupervisedBytes(
      range: start..<end.end, terminator: max(start, end.terminator), turn: turn,
      region: extents[turn].region?.lowerBound ?? start,
      gaps: addGaps(in: turn, extents, start..<end.end))
  }

  /// A value of a tool call that is printed again belongs to the turn if it stands where nothing follows the turn, too.
  private func settleRepeats(of turn: Int) {
    guard let own = extents[turn].own, !extents[turn].again.isEmpty,
      tryRun(turn + 1, prompt: false, into: alone)
    else { return }
    let common = rendered.commonPrefix(with: alone, from: 0, at: 0)
    for value in extents[turn].again where value.upperBound <= common {
      if value.lowerBound >= own.upperBound {
        extents[turn].own = own.lowerBound..<value.upperBound
      } else if let place = extents[turn].breaks.firstIndex(where: {
        $0.contains(value.lowerBound)
      }) {
        let broken = extents[turn].breaks[place]
        extents[turn].breaks[place] = value.upperBound..<broken.upperBound
      }
    }
  }
}
