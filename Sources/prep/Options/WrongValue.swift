import Pipeline
import Problems

/// What was probably meant by a value that an option does not take.
enum WrongValue {
  /// The hint for a message of the parser; nil where it is about something else.
  static func hint(message: String, arguments: [String]) -> String? {
    if let found = quoted(message, between: "The value '", and: "' is invalid for '") {
      let option = option(found.rest)
      guard option.hasPrefix("-") else { return ofArgument(found.quoted, option) }
      // A message with a reason of its own says more.
      if let reason = found.rest.firstRange(of: "': ") {
        return String(found.rest[reason.upperBound...])
      }
      return meant(found.quoted, by: option).map { "\(option) \(found.quoted): \($0)" }
    }
    guard message.hasPrefix("Missing value for '") else { return nil }
    let option = option(String(message.dropFirst("Missing value for '".count)))
    guard let place = arguments.firstIndex(of: option), arguments.indices.contains(place + 1),
      arguments[place + 1].dropFirst().allSatisfy({ $0.isNumber || $0 == "." || $0 == "%" })
    else { return nil }
    return "\(option) \(arguments[place + 1]): must be at least \(numbers.contains(option) ? 1 : 0)"
      + (option == "--threads" ? "; leave it out for one thread a processor" : "")
  }

  private static func quoted(
    _ text: String, between opening: String, and closing: String
  ) -> (quoted: String, rest: String)? {
    guard let start = text.firstRange(of: opening),
      let end = text[start.upperBound...].firstRange(of: closing)
    else { return nil }
    return (
      String(text[start.upperBound..<end.lowerBound]), String(text[end.upperBound...])
    )
  }

  /// `--loss` of `--loss <policy>'. Please …`.
  private static func option(_ rest: String) -> String {
    String(rest.prefix { $0 != " " && $0 != "'" })
  }

  private static func ofArgument(_ value: String, _ name: String) -> String? {
    name == "<ids>"
      ? "\(value): ids are whole numbers from 0 on; texts are encoded with prep encode" : nil
  }

  private static func meant(_ value: String, by option: String) -> String? {
    let plain = value.lowercased()
    switch option {
    case "--loss":
      if ["none", "no", "nothing", "false", "null"].contains(plain) {
        return
          "nothing would be learned; assistant (the default) learns responses, all learns every byte"
      }
      return near(plain, lossNames, option)
        ?? "give assistant, last, all, tools, a role or generation, joined with +, less -reasoning, -tool-calls, -terminator"
    case "--schema": return near(plain, schemaNames, option)
    case "--truncate": return near(plain, truncateNames, option)
    case "--block-size", "--max-record-size":
      return "write a whole number with a unit, as in 16MiB or 1500MB"
    default: return number(plain, option)
    }
  }

  private static let lossNames: [(meant: String, names: String)] = [
    (
      "assistant",
      "response responses completion completions output answer gpt model bot default true"
    ),
    ("last", "last-turn final last-assistant"), ("all", "full everything inputs both prompt text"),
    ("tools", "tool-calls tool-call functions"), ("user", "human"),
  ]

  private static let schemaNames: [(meant: String, names: String)] = [
    (
      "messages",
      "sharegpt openai chatml chat conversation conversations vicuna llama3 message multiturn"
    ),
    (
      "instruction",
      "alpaca dolly instruct instructions prompt-completion completion qa sft input-output"
    ),
    ("text", "pretrain pretraining plain raw lm corpus"),
  ]

  private static let truncateNames: [(meant: String, names: String)] = [
    ("right", "true yes end longest-first max-length keep-start only-first longest"),
    ("left", "start keep-end beginning"), ("drop", "skip filter remove discard delete"),
    ("error", "false no none never raise"),
    ("keep-response", "prompt keep-answer keep-completion only-prompt"),
  ]

  private static func near(
    _ value: String, _ names: [(meant: String, names: String)], _ option: String
  ) -> String? {
    let written = value.replacing("_", with: "-")
    for (meant, others) in names
    where others.split(separator: " ").contains(where: { $0 == written }) {
      return "did you mean \(option) \(meant)?"
    }
    return NearName.of(value, among: names.map(\.meant)).map { "did you mean \(option) \($0)?" }
  }

  private static func number(_ value: String, _ option: String) -> String? {
    guard numbers.contains(option) else { return nil }
    if ["auto", "all", "max", "none", "default"].contains(value) {
      return option == "--threads"
        ? "leave it out for one thread a processor, or give a number"
        : "leave it out for the default, or give a number"
    }
    var digits = value.filter { $0 != "," && $0 != "_" && $0 != " " && $0 != "'" }
    for word in ["tokens", "token", "tok", "t"] where digits.hasSuffix(word) {
      digits.removeLast(word.count)
      break
    }
    if let whole = Int(digits) { return "write the number alone: \(option) \(whole)" }
    if let number = Double(digits), number.magnitude < 1e12 {
      return number == number.rounded()
        ? "write the number in digits: \(option) \(Int(number))" : "a whole number is wanted"
    }
    if digits.hasSuffix("k"), let number = Double(digits.dropLast()), number.magnitude < 1e9 {
      return "write the number in digits: \(option) \(Int(number * 1024)), or \(Int(number * 1000))"
    }
    guard digits.allSatisfy(\.isNumber), !digits.isEmpty else {
      return "a whole number is wanted, such as 1024"
    }
    if case .number(let range) = RunOption.named(String(option.dropFirst(2)))?.type {
      return "must be from \(range.lowerBound) to \(range.upperBound)"
    }
    return "the number is too large"
  }

  private static let numbers: Set<String> = [
    "--context-length", "--prompt-length", "--response-length", "--min-tokens", "--max-tokens",
    "--threads", "--level",
    "--pack-align", "--limit", "--every", "--batch", "--samples", "--vocab-size",
    "--min-frequency",
  ]
}
