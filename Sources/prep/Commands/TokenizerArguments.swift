import ArgumentParser
import Problems
import Tokenizer

/// How every command names a tokenizer.
struct TokenizerArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "gpt2 (built in), a tokenizer file, a model folder, or the name of a model in the Hugging Face cache.",
      valueName: "tokenizer"))
  var tokenizer = "gpt2"

  @OptionGroup var rankFile: RankFileArguments

  func options() throws -> TokenizerOptions { try rankFile.options() }

  /// Loads it; an error is printed and ends the command with the code for unusable input.
  func load() throws -> BPETokenizer {
    let options = try options()
    return try reportingErrors { try BPETokenizer.load(tokenizer, options: options) }
  }
}

/// What a `.tiktoken` file does not say.
struct RankFileArguments: ParsableArguments {
  @Option(help: .of(.encoding))
  var encoding: String?

  @Option(help: .of(.pattern))
  var pattern: String?

  @Option(name: .customLong("special-token"), parsing: .singleValue, help: .of(.specialToken))
  var specialTokens: [String] = []

  func validate() throws {
    _ = try options()
  }

  func options() throws -> TokenizerOptions {
    var options = TokenizerOptions()
    options.encoding = encoding
    options.pattern = pattern
    for text in specialTokens {
      guard let equals = text.lastIndex(of: "="),
        let id = UInt32(text[text.index(after: equals)...]), equals != text.startIndex
      else { throw ValidationError("--special-token \(text): expected TEXT=ID") }
      options.specialTokens.append(.init(text: Array(text[..<equals].utf8), id: id))
    }
    return options
  }
}
