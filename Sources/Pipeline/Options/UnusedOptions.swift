import InstructionFormat
import Masking
import Problems
import ShardWriter

// An option that can do nothing is an error: whoever gave it believes that it did something.

extension LossPolicy {
  /// Whether it tells turns or parts of turns apart, which conversations alone have.
  private var isOfChats: Bool {
    let targets: Set<LossPolicy.Target> = [.last, .tools, .generation, .tool]
    return !self.targets.isDisjoint(with: targets)
      || !without.isDisjoint(with: [.reasoning, .toolCalls])
  }

  /// The options that were given, this among them, and act on conversations alone.
  fileprivate func optionsOfChats(
    history: HistoryPolicy, hasSystem: Bool, hasDate: Bool, hasArguments: Bool, hasRoles: Bool
  ) -> [OptionName] {
    let all: [(OptionName, Bool)] = [
      (.history, history != .asRendered), (.system, hasSystem), (.date, hasDate),
      (.templateArg, hasArguments), (.loss, isOfChats), (.role, hasRoles),
    ]
    return all.filter(\.1).map(\.0)
  }
}

extension ChatChoice {
  fileprivate var given: [OptionName] {
    loss.optionsOfChats(
      history: history, hasSystem: system != nil, hasDate: date != nil,
      hasArguments: !arguments.isEmpty, hasRoles: !roles.isEmpty)
  }

  /// Variables that no template of the model reads.
  fileprivate func checkUnused(_ chat: ChatSpec) throws(Problem) {
    let templates = [chat.template, chat.toolTemplate].compactMap { $0 }
    let read = Set(templates.flatMap(\.variables))
    if let argument = arguments.first(where: { !read.contains($0.name) }) {
      let near = NearName.of(argument.name, among: read.sorted())
      throw Problem(
        .optionUnused,
        reason:
          "\(OptionName.templateArg(argument.name)) has nothing to act on: the template reads no variable of that name",
        remedy: near.map { "did you mean `\($0)`? Else leave it out" } ?? "leave it out")
    }
    guard date == nil || read.contains("strftime_now") else {
      throw Problem(
        .optionUnused,
        reason: "\(OptionName.date) has nothing to act on: the template shows no day",
        remedy: "leave it out")
    }
  }
}

extension RunOptions {
  /// What can be told before any record is read.
  func checkUnused(_ spec: RunSpec) throws(Problem) {
    if straddle != .mask, seam == .split {
      throw Problem(
        .optionUnused,
        reason:
          "\(OptionName.straddle(straddle.rawValue)) has nothing to act on: no token straddles a boundary "
          + "where texts are tokenized apart",
        remedy: "leave it out, or tokenize across boundaries with \(OptionName.seam("joint"))")
    }
    if let chat = spec.chat { return try self.chat.checkUnused(chat) }
    let ofTruncation: [OptionName] = truncate == .oldestTurns ? [.truncate] : []
    guard let name = (chat.given + ofTruncation).first else { return }
    throw Problem(
      .optionUnused,
      reason: "\(name) has nothing to act on: there is no chat template",
      remedy: "leave it out, or name a template with \(OptionName.template)")
  }
}

extension RunSpec {
  private var optionsOfChats: [OptionName] {
    guard let options = chat?.options else { return [] }
    return loss.optionsOfChats(
      history: options.history, hasSystem: options.system != nil, hasDate: options.date != nil,
      hasArguments: hasGivenArguments, hasRoles: !options.roles.isEmpty)
  }

  /// Words for roles that the user gave a meaning, in order.
  var givenWords: [String] { chat?.options.roles.keys.sorted() ?? [] }

  /// What only the whole input tells.
  func checkUnused(_ totals: Totals) throws(Problem) {
    guard totals.accepted > 0 else { return }
    let unused = unusedOfChats(totals) ?? unusedOfPrompts(totals) ?? unusedNames(totals)
    guard let unused else { return }
    throw Problem(
      .optionUnused,
      reason: "\(unused.name) has nothing to act on: \(unused.lack); no data set was written",
      remedy: unused.remedy)
  }

  /// An option, what it lacks, and what to do.
  private typealias Unused = (name: String, lack: String, remedy: String)

  private func unusedOfChats(_ totals: Totals) -> Unused? {
    let chats = totals.counters["rendered_chat", default: 0]
    let ofTruncation: [OptionName] = truncation.policy == .oldestTurns ? [.truncate] : []
    for name in optionsOfChats + ofTruncation {
      if chats == 0 {
        return (
          "\(name)", "none of the \(totals.records) records went through the chat template",
          "leave it out, or render the records with a chat template"
        )
      }
      if name == .history || name == .loss && loss.targets == [.last],
        totals.counters["several_answers", default: 0] == 0
      {
        return (
          "\(name)", "none of the \(chats) conversations has more than one answer", "leave it out"
        )
      }
      if name == .system, totals.counters["systems_added", default: 0] == 0 {
        return ("\(name)", "all of the \(chats) conversations have a system turn", "leave it out")
      }
    }
    return unusedOfLoss(totals, chats)
  }

  /// A part of the loss that no record has.
  private func unusedOfLoss(_ totals: Totals, _ chats: UInt64) -> Unused? {
    guard chats > 0 else { return nil }
    let ledger = Ledger(totals)
    func lacks(_ field: Ledger.Field) -> Bool { ledger[field].rendered + ledger[field].cut == 0 }
    let place = "of the \(chats) conversations"
    let name = OptionName.loss(loss.rawValue)
    if loss.without.contains(.reasoning), lacks(.reasoning) {
      return (
        name, "no message \(place) has a reasoning of its own in the text", "leave -reasoning out"
      )
    }
    if loss.without.contains(.toolCalls), lacks(.toolCalls) {
      return (name, "no message \(place) has a tool call in the text", "leave -tool-calls out")
    }
    for target in LossPolicy.targetsOfOthers
    where loss.targets.contains(target) && totals.counters[ActedOn.name(target), default: 0] == 0 {
      return (
        name, "no message \(place) is of the role \(target.rawValue)",
        "leave +\(target.rawValue) out"
      )
    }
    return nil
  }

  /// An option of prompts and responses, where all records are plain text.
  private func unusedOfPrompts(_ totals: Totals) -> Unused? {
    guard totals.counters["rendered_text", default: 0] == totals.accepted else { return nil }
    var names: [String] = []
    if truncation.promptLength != nil { names.append("\(OptionName.promptLength)") }
    if truncation.responseLength != nil { names.append("\(OptionName.responseLength)") }
    if truncation.policy == .keepResponse {
      names.append(OptionName.truncate(truncation.policy.rawValue))
    }
    if seam == .joint { names.append(OptionName.seam(seam.rawValue)) }
    return names.first.map {
      ($0, "all of the \(totals.records) records are plain text, without a prompt", "leave it out")
    }
  }

  /// A name that the user gave and no record has.
  private func unusedNames(_ totals: Totals) -> Unused? {
    for (role, name) in fields.given.sorted(by: { $0.key.slot < $1.key.slot })
    where role != .role && role != .content && totals.counters[ActedOn.name(role), default: 0] == 0
    {
      let near = NearName.of(name, among: Ledger.unread(totals).map(\.name))
      return (
        OptionName.field("\(role.rawValue)=\(name)"),
        "none of the \(totals.accepted) accepted records has a field \"\(name)\" for its render",
        near.map { "did you mean `\($0)`? Else leave it out" } ?? "leave it out"
      )
    }
    for word in givenWords.prefix(64)
    where totals.counters[ActedOn.name(role: word), default: 0] == 0 {
      return (OptionName.role(word), "no message is of the role \(word)", "leave it out")
    }
    return nil
  }
}
