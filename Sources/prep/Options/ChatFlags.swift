import ArgumentParser
import InstructionFormat
import Pipeline
import Problems

extension LossPolicy: ExpressibleByArgument {
  // More than a list can show: help says how they are put together.
  public static var allValueStrings: [String] { [] }
}
extension HistoryPolicy: ExpressibleByArgument {}
extension RecordSchema: ExpressibleByArgument {}

/// The flag of commands that read data sets: what is learned of the rows.
struct LearnFlag: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What is learned, in place of what the run chose: a policy as for prep run --loss, such as assistant-reasoning. The \
      rows are those of a run with that loss, without tokenizing again; where they would be others, it is refused.
      """, valueName: "policy"))
  var learn: LossPolicy?
}

/// Flags of every command that renders conversations.
struct ChatFlags: ParsableArguments {
  @Option(help: .of(.template))
  var template: String?

  @Option(name: .customLong("template-arg"), parsing: .singleValue, help: .of(.templateArg))
  var templateArguments: [String] = []

  @Option(help: .of(.system))
  var system: String?

  @Option(help: .of(.date))
  var date: String?

  @Option(help: .of(.loss))
  var loss: LossPolicy = .assistant

  @Flag(help: .of(.allowDropped))
  var allowDropped = false

  @Option(help: .of(.history))
  var history: HistoryPolicy = .asRendered

  /// The flags as the library's choice. `roles`: what words for roles mean.
  func choice(roles: [String: MessageRole]) throws -> ChatChoice {
    var choice = ChatChoice()
    choice.template = template
    for argument in templateArguments {
      guard let equals = argument.firstIndex(of: "=") else {
        throw ValidationError("--template-arg \(argument): write it as name=value")
      }
      choice.arguments.append(
        (String(argument[..<equals]), String(argument[argument.index(after: equals)...])))
    }
    choice.system = system
    choice.date = date
    choice.loss = loss
    choice.history = history
    choice.allowsDropped = allowDropped
    choice.roles = roles
    return choice
  }
}
