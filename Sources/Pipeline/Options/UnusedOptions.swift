import InstructionFormat
import Masking
import Problems
import ShardWriter

// An option that can do nothing is an error: whoever gave it believes that it did something.

extension ChatChoice {
  /// The options that were given and act on conversations alone.
  var given: [OptionName] {
    var names: [OptionName] = []
    if history != .asRendered { names.append(.history) }
    if system != nil { names.append(.system) }
    if date != nil { names.append(.date) }
    if !arguments.isEmpty { names.append(.templateArg) }
    if !loss.targets.isDisjoint(with: [.last, .tools, .generation]) { names.append(.loss) }
    return names
  }
}

extension ChatChoice {
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
    guard let name = chat.given.first else { return }
    throw Problem(
      .optionUnused,
      reason: "\(name) has nothing to act on: there is no chat template",
      remedy: "leave it out, or name a template with \(OptionName.template)")
  }
}

extension RunSpec {
  /// What only the whole input tells.
  func checkUnused(_ totals: Totals) throws(Problem) {
    guard totals.accepted > 0 else { return }
    let chats = totals.counters["rendered_chat", default: 0]
    for name in optionsOfChats {
      let lack: (what: String, remedy: String)
      if chats == 0 {
        lack = (
          "none of the \(totals.records) records went through the chat template",
          "leave it out, or render the records with a chat template"
        )
      } else if name == .history || name == .loss && loss.targets == [.last],
        totals.counters["several_answers", default: 0] == 0
      {
        lack = ("none of the \(chats) conversations has more than one answer", "leave it out")
      } else if name == .system, totals.counters["systems_added", default: 0] == 0 {
        lack = ("all of the \(chats) conversations have a system turn", "leave it out")
      } else {
        continue
      }
      throw Problem(
        .optionUnused,
        reason: "\(name) has nothing to act on: \(lack.what); no data set was written",
        remedy: lack.remedy)
    }
  }
}
