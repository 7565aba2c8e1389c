import Jinja
import Problems

/// What a conversation would have been up to a turn: what prompts it, and how it reads where nothing follows. They are made beside the
/// render of the whole conversation, at once for all turns, so that a conversation costs time in proportion to its length.
struct PrefixRenders {
  /// Kinds of renders that are asked for, each for every turn of the assistant.
  enum Kind: Int, CaseIterable {
    /// The messages before the turn, and what prompts it.
    case prompt
    /// The messages up to the turn.
    case upTo
    /// The messages before the turn and a short one in its place; and what prompts the next.
    case plain, plainPrompted
  }

  let forks = Kind.allCases.map { _ in Forks() }
  var isMade = InlineArray<4, Bool>(repeating: false)
  /// The flag that the whole render was given.
  var prompt = false
  /// Whether they belong to what is rendered.
  var isValid = false
  /// Place of each message among those of the assistant.
  var places: [Int] = []

  /// Turns of the assistant from which on they are made beside: of few, each by itself is as cheap.
  var fewest = 3
  /// How many of the renders that were looked for were made beside the whole one, and how many were not.
  var counts = (beside: 0, apart: 0)
}

extension ChatRenderer {
  /// Renders the whole conversation into `rendered`, and what prompts each of its turns beside it.
  func runWithPrompts(prompt: Bool) throws(Problem) {
    prefixes.isValid = false
    prefixes.places.removeAll(keepingCapacity: true)
    var assistants = 0
    for turn in conversation.turns {
      prefixes.places.append(assistants)
      if turn.role == .assistant { assistants += 1 }
    }
    guard assistants >= prefixes.fewest else {
      return try run(conversation.turns.count, prompt: prompt, into: rendered)
    }
    try make(.prompt, prompt: prompt)
    machine.output.exchange(with: rendered)
    for kind in PrefixRenders.Kind.allCases { prefixes.isMade[kind.rawValue] = kind == .prompt }
    prefixes.prompt = prompt
    prefixes.isValid = true
  }

  /// Asks for renders of a kind, and makes them beside one of the whole conversation.
  private func make(_ kind: PrefixRenders.Kind, prompt: Bool) throws(Problem) {
    let plain = kind == .plain || kind == .plainPrompted ? plainTurns() : []
    let forks = prefixes.forks[kind.rawValue]
    forks.ask(
      conversation.turns.indices.lazy.filter { self.conversation.turns[$0].role == .assistant }.map
      {
        switch kind {
        case .prompt: Forks.Request(count: $0, flag: true)
        case .upTo: Forks.Request(count: $0 + 1, flag: false)
        case .plain: Forks.Request(count: $0 + 1, flag: false, last: plain[$0])
        case .plainPrompted: Forks.Request(count: $0 + 1, flag: true, last: plain[$0])
        }
      })
    try run(conversation.turns.count, prompt: prompt, forks: forks)
  }

  /// A render of the first messages, where it was made beside the whole one: whether there is one; nil where it has to be made by itself.
  func prefix(_ count: Int, _ prompt: Bool, _ addingTurn: Bool, into output: RenderOutput) -> Bool?
  {
    guard prefixes.isValid, output !== rendered else { return nil }
    let kind: PrefixRenders.Kind
    let turn: Int
    switch (prompt, addingTurn) {
    case (true, false): (kind, turn) = (.prompt, count)
    case (false, false): (kind, turn) = (.upTo, count - 1)
    case (false, true): (kind, turn) = (.plain, count)
    case (true, true): (kind, turn) = (.plainPrompted, count)
    }
    guard turn >= 0, turn < conversation.turns.count, conversation.turns[turn].role == .assistant
    else { return nil }
    if !prefixes.isMade[kind.rawValue] {
      // Asked for a second time, all are worth it.
      prefixes.isMade[kind.rawValue] = true
      guard (try? make(kind, prompt: prefixes.prompt)) != nil else {
        prefixes.forks[kind.rawValue].ask([])
        return nil
      }
    }
    let forks = prefixes.forks[kind.rawValue]
    guard prefixes.places[turn] < forks.results.count else { return nil }
    let result = forks.results[prefixes.places[turn]]
    if result.outcome == .rendered || result.outcome == .refused {
      prefixes.counts.beside += 1
    } else {
      prefixes.counts.apart += 1
    }
    switch result.outcome {
    case .unknown, .tooLarge: return nil
    case .refused: return false
    case .rendered:
      output.become(result, of: forks, besides: rendered)
      return true
    }
  }
}
