import ArgumentParser
import InstructionFormat
import Masking
import Pipeline
import Problems
import Tokenizer

extension Seam: ExpressibleByArgument {}
extension Straddle: ExpressibleByArgument {}
extension TruncationPolicy: ExpressibleByArgument {}

/// How a record becomes a sample: what `run` and `inspect` have in common.
struct EncodingOptions: ParsableArguments {
  @OptionGroup(title: RunOption.Group.input.rawValue) var records: FieldFlags
  @OptionGroup(title: RunOption.Group.tokenizer.rawValue) var tokens: TokenFlags
  @OptionGroup(title: RunOption.Group.template.rawValue) var chat: ChatFlags
  @OptionGroup(title: RunOption.Group.template.rawValue) var seams: SeamFlags
  @OptionGroup(title: RunOption.Group.length.rawValue) var lengths: LengthFlags

  /// As it was named; nil for the default.
  var tokenizer: String? { tokens.tokenizer }

  func validate() throws {
    try options().validate()
  }

  /// The flags as the library's options.
  func options() throws -> RunOptions {
    var options = RunOptions()
    options.tokenizer = tokenizer ?? "gpt2"
    options.tokenizerOptions = try tokens.rankFile.options()
    options.schema = records.schema
    options.fields = try records.given()
    options.chat = try chat.choice(roles: records.roles)
    options.use(template: chat.template)
    options.contextLength = lengths.contextLength
    options.promptLength = lengths.promptLength
    options.responseLength = lengths.responseLength
    options.truncate = lengths.truncate
    options.minTokens = lengths.minTokens
    options.maxTokens = lengths.maxTokens
    options.seam = seams.seam
    options.straddle = seams.straddle
    options.parseSpecial = tokens.parseSpecial
    options.tokens = RunSpec.TokenNames(
      bos: tokens.bosToken, eos: tokens.eosToken, pad: tokens.padToken)
    return options
  }
}

/// The tokenizer, and which of its tokens do what.
struct TokenFlags: ParsableArguments {
  @Option(help: .of(.tokenizer))
  var tokenizer: String?

  @OptionGroup var rankFile: RankFileArguments

  @Option(help: .of(.bosToken))
  var bosToken: String?

  @Option(help: .of(.eosToken))
  var eosToken: String?

  @Option(help: .of(.padToken))
  var padToken: String?

  @Flag(help: .of(.parseSpecial))
  var parseSpecial = false
}

/// How texts are tokenized where what is learned begins and ends.
struct SeamFlags: ParsableArguments {
  @Option(help: .of(.seam))
  var seam = Seam.split

  @Option(help: .of(.straddle))
  var straddle = Straddle.mask
}

/// What a sample may have, and what becomes of a longer one.
struct LengthFlags: ParsableArguments {
  @Option(help: .of(.contextLength))
  var contextLength = 1024

  @Option(help: .of(.promptLength))
  var promptLength: Int?

  @Option(help: .of(.responseLength))
  var responseLength: Int?

  @Option(help: .of(.truncate))
  var truncate = TruncationPolicy.right

  @Option(help: .of(.minTokens))
  var minTokens: Int?

  @Option(help: .of(.maxTokens))
  var maxTokens: Int?
}
