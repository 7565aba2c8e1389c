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
  @Option(help: .of(.tokenizer))
  var tokenizer: String?

  @OptionGroup var rankFile: RankFileArguments

  @OptionGroup var records: FieldFlags

  @OptionGroup var chat: ChatFlags

  @Option(help: .of(.contextLength))
  var contextLength = 1024

  @Option(help: .of(.promptLength))
  var promptLength: Int?

  @Option(help: .of(.responseLength))
  var responseLength: Int?

  @Option(help: .of(.truncate))
  var truncate = TruncationPolicy.right

  @Option(help: .of(.seam))
  var seam = Seam.split

  @Option(help: .of(.straddle))
  var straddle = Straddle.mask

  @Flag(help: .of(.parseSpecial))
  var parseSpecial = false

  @Option(help: .of(.bosToken))
  var bosToken: String?

  @Option(help: .of(.eosToken))
  var eosToken: String?

  @Option(help: .of(.padToken))
  var padToken: String?

  func validate() throws {
    try options().validate()
  }

  /// The flags as the library's options.
  func options() throws -> RunOptions {
    var options = RunOptions()
    options.tokenizer = tokenizer ?? "gpt2"
    options.tokenizerOptions = try rankFile.options()
    options.schema = records.schema
    options.fields = try records.given()
    options.chat = try chat.choice()
    options.use(template: chat.template)
    options.contextLength = contextLength
    options.promptLength = promptLength
    options.responseLength = responseLength
    options.truncate = truncate
    options.seam = seam
    options.straddle = straddle
    options.parseSpecial = parseSpecial
    options.tokens = RunSpec.TokenNames(bos: bosToken, eos: eosToken, pad: padToken)
    return options
  }
}
