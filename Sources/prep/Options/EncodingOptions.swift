import ArgumentParser
import InstructionFormat
import Masking
import Pipeline
import Tokenizer

extension RecordSchema: ExpressibleByArgument {}
extension Seam: ExpressibleByArgument {}
extension Straddle: ExpressibleByArgument {}
extension TruncationPolicy: ExpressibleByArgument {}

/// How a record becomes a sample: what `run` and `inspect` have in common.
struct EncodingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "gpt2 (built in, the default), a tokenizer.json, a model folder, a name in the Hugging Face cache, …",
      valueName: "tokenizer"))
  var tokenizer: String?

  @OptionGroup var rankFile: RankFileArguments

  @Option(
    help: ArgumentHelp(
      "instruction, messages, text; auto: each record's own fields decide.", valueName: "schema"))
  var schema = RecordSchema.auto

  @Option(
    name: .customLong("field"), parsing: .singleValue,
    help: ArgumentHelp(
      "Name of a field, as in task=question; may be repeated. Roles: task, context, response, text, messages.",
      valueName: "role=name"))
  var fields: [String] = []

  @OptionGroup var chat: ChatFlags

  @Option(
    help: ArgumentHelp("Most tokens of a sample, and length of a padded row.", valueName: "n"))
  var contextLength = 1024

  @Option(help: ArgumentHelp("Most tokens of task and context.", valueName: "n"))
  var promptLength: Int?

  @Option(help: ArgumentHelp("Most tokens of the response, its end included.", valueName: "n"))
  var responseLength: Int?

  @Option(
    help: ArgumentHelp(
      """
      What becomes of a longer sample. right: its end is cut off; left: its beginning; keep-response: the \
      beginning of its prompt; oldest-turns: whole exchanges of a conversation, the oldest first, never its system \
      turn; drop: it is left out, and counted; error: the run stops.
      """, valueName: "policy"))
  var truncate = TruncationPolicy.right

  @Option(
    help: ArgumentHelp(
      "split: prompt and response are tokenized apart, as at inference; joint: together.",
      valueName: "seam"))
  var seam = Seam.split

  @Option(
    help: ArgumentHelp(
      "With --seam joint, a token on the boundary: mask, supervise, error.", valueName: "rule"))
  var straddle = Straddle.mask

  @Flag(help: "Let text such as <|endoftext|> in the records become special tokens.")
  var parseSpecial = false

  @Option(help: ArgumentHelp("The token that begins a text.", valueName: "token"))
  var bosToken: String?

  @Option(help: ArgumentHelp("The token that ends a response.", valueName: "token"))
  var eosToken: String?

  @Option(
    help: ArgumentHelp(
      "The token that fills rows; EOS unless the files name one.", valueName: "token"))
  var padToken: String?

  func validate() throws {
    guard (1...1 << 24).contains(contextLength) else {
      throw ValidationError("--context-length must be from 1 to 16777216")
    }
    guard promptLength ?? 1 > 0, responseLength ?? 1 > 0 else {
      throw ValidationError("--prompt-length and --response-length must be at least 1")
    }
    for field in fields where try role(of: field) == nil {}
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
