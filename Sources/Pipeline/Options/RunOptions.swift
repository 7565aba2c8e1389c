import InstructionFormat
import Masking
import Problems
import Tokenizer

/// What a user asks for, as the flags of `prep run` name it; `resolve` settles it against files.
public struct RunOptions: Sendable {
  public var tokenizer = "gpt2"
  public var tokenizerOptions = TokenizerOptions()
  public var schema = RecordSchema.auto
  /// Names of fields, by role.
  public var fields: [RecordRole: String] = [:]
  /// How instruction records are written; nil for the chat template where there is one, else `plain`.
  public var render: RunSpec.Render?
  /// How conversations are rendered: by default with the model folder's own template.
  public var chat = ChatChoice()
  public var contextLength = 1024
  public var promptLength: Int?
  public var responseLength: Int?
  public var truncate = TruncationPolicy.right
  public var minTokens: Int?
  public var maxTokens: Int?
  public var seam = Seam.split
  public var straddle = Straddle.mask
  public var parseSpecial = false
  public var tokens = RunSpec.TokenNames()
  public var pack = RunSpec.Packing.none
  public var packAlign = 1
  public var blockSize = 16 << 20
  public var maximumRecordSize = 16 << 20
  public var level = 3

  public init() {}

  /// Takes a template's name: `plain` and `alpaca` are renders of instruction records, any other name is a
  /// chat template's.
  public mutating func use(template name: String?) {
    if let named = name.flatMap(RunSpec.Render.init), named != .chat {
      render = named
      chat.template = nil
    } else {
      chat.template = name
    }
  }

  /// Loads the tokenizer and the template, and settles everything that the run depends on. Throws where an option is out
  /// of its range, before any work.
  public func resolve() throws(Problem) -> (spec: RunSpec, tokenizer: BPETokenizer) {
    try check()
    let loaded = try BPETokenizer.load(tokenizer, options: tokenizerOptions)
    var spec = try RunSpec(
      tokenizer: loaded, named: tokenizer, tokens: tokens, contextLength: contextLength)
    spec.tokenizerOptions = tokenizerOptions
    spec.fields = RecordFields(schema: schema, given: fields)
    for option in RunOption.all { option.settle(self, &spec) }
    spec.loss = chat.loss
    try ChatTemplates.checkFile(chat.template)
    spec.chat = try chat.resolve(with: ChatChoice.Texts(tokenizer: loaded, tokens: tokens))
    spec.render = render ?? (spec.chat == nil ? .plain : .chat)
    spec.hasGivenArguments = !chat.arguments.isEmpty
    try checkUnused(spec)
    return (spec, loaded)
  }
}
