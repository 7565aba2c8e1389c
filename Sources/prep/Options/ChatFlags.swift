import ArgumentParser
import InstructionFormat
import Pipeline

extension LossPolicy: ExpressibleByArgument {}
extension HistoryPolicy: ExpressibleByArgument {}

/// Flags of every command that renders conversations.
struct ChatFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      plain, alpaca, chatml, llama3, the name of one of the tokenizer's templates, a file, or a model folder. By \
      default plain for instruction records, and the tokenizer's own chat template for messages.
      """, valueName: "template"))
  var template: String?

  @Option(
    name: .customLong("template-arg"), parsing: .singleValue,
    help: ArgumentHelp(
      "A variable of the template; JSON where it is JSON, else text. May be repeated.",
      valueName: "name=value"))
  var templateArguments: [String] = []

  @Option(help: ArgumentHelp("A system turn for conversations without one.", valueName: "text"))
  var system: String?

  @Option(help: ArgumentHelp("The day that the template shows as today.", valueName: "yyyy-mm-dd"))
  var date: String?

  @Option(help: "What is learned of conversations: assistant, last, all, generation.")
  var loss: LossPolicy = .assistant

  @Option(help: "What rewritten history becomes: as-rendered, last-turn, unroll, error.")
  var history: HistoryPolicy = .asRendered

  /// The flags as the library's choice.
  func choice() throws -> ChatChoice {
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
    return choice
  }
}
