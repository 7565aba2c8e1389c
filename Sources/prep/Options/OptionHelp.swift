import ArgumentParser
import Pipeline
import Problems

extension ArgumentHelp {
  /// The help of an option, as the table of options has it.
  static func of(_ name: OptionName) -> ArgumentHelp {
    guard let option = RunOption.named(name.rawValue) else { return "" }
    return ArgumentHelp(
      "\(option.help)", valueName: option.valueName.isEmpty ? nil : option.valueName)
  }
}

extension RunOptions {
  /// Refuses what cannot be used, as a wrong command line.
  func validate() throws {
    do { try check() } catch { throw ValidationError(error.text(for: .command)) }
  }
}
