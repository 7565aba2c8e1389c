import JSONText
import Problems
import ShardWriter

/// One option of a run: its name, what it takes, what it does, and where its value lies. `all` is the one place in which
/// options are declared; specs of C and Python, flags, bounds, help and the stored spec walk it.
public struct RunOption: Sendable {
  public let name: OptionName
  public let group: Group
  /// What help calls its value; empty for a flag.
  public let valueName: String
  public let help: String
  public let type: Kind
  /// As the value of a spec would be written; nil where there is none.
  public let standard: String?

  /// Sets it from a member of a spec.
  let read: @Sendable (OptionValue, inout RunOptions) throws(Problem) -> Void
  /// Why the value it has cannot be used.
  let check: @Sendable (RunOptions) -> Problem?
  /// Its member of the stored spec, where it is one by itself.
  let stored: SpecMember?
  /// Takes it over into the spec of a run.
  let settle: @Sendable (RunOptions, inout RunSpec) -> Void

  /// Where help lists it.
  public enum Group: String, Hashable, Sendable, CaseIterable {
    case tokenizer = "Tokenizer"
    case input = "Input"
    case template = "Template and loss"
    case length = "Length"
    case packing = "Packing"
    case output = "Output"
  }

  /// What it takes.
  public enum Kind: Hashable, Sendable {
    case text, flag
    case number(ClosedRange<Int>)
    case choice([String])
    /// Texts `name=value`.
    case assignments
  }

  /// The option of this name; nil where a name is of another command or of the run as a whole.
  public static func named(_ name: String) -> RunOption? { byName[name] }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name.rawValue, $0) })
}

/// The declarations of `RunOption.all`, by what an option takes. `stored`: its key in the stored spec, and its place.
extension RunOption {
  static func text(
    _ name: OptionName, _ group: Group, _ valueName: String, _ help: String,
    _ path: any WritableKeyPath<RunOptions, String?> & Sendable
  ) -> RunOption {
    other(name, group, valueName, help, .text) { value, options throws(Problem) in
      options[keyPath: path] = try value.text
    }
  }

  static func flag(
    _ name: OptionName, _ group: Group, _ help: String,
    _ path: any WritableKeyPath<RunOptions, Bool> & Sendable,
    stored: StaticString, at place: any WritableKeyPath<RunSpec, Bool> & Sendable
  ) -> RunOption {
    RunOption(
      name: name, group: group, valueName: "", help: help, type: .flag, standard: nil,
      read: { value, options throws(Problem) in options[keyPath: path] = try value.flag },
      check: { _ in nil }, stored: .flag(stored, place),
      settle: { options, spec in spec[keyPath: place] = options[keyPath: path] })
  }

  static func number(
    _ name: OptionName, _ group: Group, _ help: String, in range: ClosedRange<Int>,
    _ path: any WritableKeyPath<RunOptions, Int> & Sendable,
    stored: StaticString, at place: any WritableKeyPath<RunSpec, Int> & Sendable
  ) -> RunOption {
    RunOption(
      name: name, group: group, valueName: "n", help: help, type: .number(range),
      standard: "\(RunOptions()[keyPath: path])",
      read: { value, options throws(Problem) in options[keyPath: path] = try value.number },
      check: { outside(name, range, $0[keyPath: path]) }, stored: .number(stored, place),
      settle: { options, spec in spec[keyPath: place] = options[keyPath: path] })
  }

  static func budget(
    _ name: OptionName, _ group: Group, _ help: String, in range: ClosedRange<Int>,
    _ path: any WritableKeyPath<RunOptions, Int?> & Sendable,
    stored: StaticString, at place: any WritableKeyPath<RunSpec, Int?> & Sendable
  ) -> RunOption {
    RunOption(
      name: name, group: group, valueName: "n", help: help, type: .number(range), standard: nil,
      read: { value, options throws(Problem) in options[keyPath: path] = try value.number },
      check: { options in
        guard let number = options[keyPath: path] else { return nil }
        return outside(name, range, number)
          ?? (number <= options.contextLength
            ? nil
            : Problem(
              .option,
              reason: "\(name("\(number)")) is more than the whole sample may have, "
                + "\(OptionName.contextLength("\(options.contextLength)"))",
              remedy: "lower it, or raise \(OptionName.contextLength)"))
      },
      stored: .budget(stored, place),
      settle: { options, spec in spec[keyPath: place] = options[keyPath: path] })
  }

  /// A bound that filters samples: it is no length of rows, and runs without it store nothing of it.
  static func filter(
    _ name: OptionName, _ group: Group, _ help: String, in range: ClosedRange<Int>,
    _ path: any WritableKeyPath<RunOptions, Int?> & Sendable,
    stored: StaticString, at place: any WritableKeyPath<RunSpec, Int?> & Sendable
  ) -> RunOption {
    var member = SpecMember.budget(stored, place)
    member.isPresent = { $0[keyPath: place] != nil }
    return RunOption(
      name: name, group: group, valueName: "n", help: help, type: .number(range), standard: nil,
      read: { value, options throws(Problem) in options[keyPath: path] = try value.number },
      check: { options in
        if let problem = options[keyPath: path].flatMap({ outside(name, range, $0) }) {
          return problem
        }
        guard let fewest = options.minTokens, let most = options.maxTokens, fewest > most else {
          return nil
        }
        return Problem(
          .option,
          reason: "\(OptionName.minTokens("\(fewest)")) is more than "
            + "\(OptionName.maxTokens("\(most)")): no sample is kept",
          remedy: "lower it, or raise \(OptionName.maxTokens)")
      },
      stored: member, settle: { options, spec in spec[keyPath: place] = options[keyPath: path] })
  }

  static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: OptionName, _ group: Group, _ valueName: String, _ help: String,
    _ path: any WritableKeyPath<RunOptions, Choice> & Sendable,
    stored: StaticString, at place: any WritableKeyPath<RunSpec, Choice> & Sendable
  ) -> RunOption {
    RunOption(
      name: name, group: group, valueName: valueName, help: help,
      type: .choice(Choice.allCases.map(\.rawValue)),
      standard: RunOptions()[keyPath: path].rawValue,
      read: { value, options throws(Problem) in options[keyPath: path] = try value.choice() },
      check: { _ in nil }, stored: .choice(stored, place),
      settle: { options, spec in spec[keyPath: place] = options[keyPath: path] })
  }

  /// An option that is resolved against files, or combined with others, before it is part of a spec.
  static func other(
    _ name: OptionName, _ group: Group, _ valueName: String, _ help: String, _ type: Kind,
    standard: String? = nil,
    check: @escaping @Sendable (RunOptions) -> Problem? = { _ in nil },
    read: @escaping @Sendable (OptionValue, inout RunOptions) throws(Problem) -> Void
  ) -> RunOption {
    RunOption(
      name: name, group: group, valueName: valueName, help: help, type: type, standard: standard,
      read: read, check: check, stored: nil, settle: { _, _ in })
  }

  /// Why a number is refused; nil where it is in the range.
  static func outside(_ name: OptionName, _ range: ClosedRange<Int>, _ number: Int) -> Problem? {
    range.contains(number)
      ? nil
      : Problem(
        .option, reason: "\(name) must be from \(range.lowerBound) to \(range.upperBound)",
        remedy: "it is \(number)")
  }
}
