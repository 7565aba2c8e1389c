import ArgumentParser
import InstructionFormat
import Masking
import Pipeline
import Problems
import Tokenizer

extension RecordSchema: ExpressibleByArgument {}
extension Seam: ExpressibleByArgument {}
extension Straddle: ExpressibleByArgument {}
extension TruncationPolicy: ExpressibleByArgument {}

/// How a record becomes a sample: what `run` and `inspect` have in common.
struct EncodingOptions: ParsableArguments {
  @Option(help: .of(.tokenizer))
  var tokenizer: String?

  @OptionGroup var rankFile: RankFileArguments

  @Option(help: .of(.schema))
  var schema = RecordSchema.auto

  @Option(name: .customLong("field"), parsing: .singleValue, help: .of(.field))
  var fields: [String] = []

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

  /// Reads `role=name`.
  private func role(of field: String) throws -> (RecordRole, String)? {
    let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let role = RecordRole(rawValue: parts[0]) else {
      throw ValidationError(
        "--field \(field): give role=name, the role one of "
          + RecordRole.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return (role, parts[1])
  }

  /// The flags as the library's options.
  func options() throws -> RunOptions {
    var options = RunOptions()
    options.tokenizer = tokenizer ?? "gpt2"
    options.tokenizerOptions = try rankFile.options()
    options.schema = schema
    for field in fields {
      if let (role, name) = try role(of: field) { options.fields[role] = name }
    }
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
