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
    guard spec.chat == nil, let name = chat.given.first else { return }
    throw Problem(
      .optionUnused,
      reason: "\(name) has nothing to act on: there is no chat template",
      remedy: "leave it out, or name a template with \(OptionName.template)")
  }
}

extension RunSpec {
  /// What only the whole input tells.
  func checkUnused(_ totals: Totals) throws(Problem) {
    guard let name = optionsOfChats.first, totals.accepted > 0,
      totals.counters["rendered_chat", default: 0] == 0
    else { return }
    throw Problem(
      .optionUnused,
      reason:
        "\(name) has nothing to act on: none of the \(totals.records) records went through the chat template; "
        + "no data set was written",
      remedy: "leave it out, or render the records with a chat template")
  }
}
