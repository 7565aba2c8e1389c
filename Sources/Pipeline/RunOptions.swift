import InstructionFormat
import JSONText
import Masking
import SystemPackage
import Tokenizer

/// What a user asks for, as the flags of `prep run` name it; `resolve` settles it against files.
public struct RunOptions: Sendable {
  public var tokenizer = "gpt2"
  public var tokenizerOptions = TokenizerOptions()
  public var schema = RecordSchema.auto
  /// Names of fields, by role.
  public var fields: [RecordRole: String] = [:]
  /// `plain`, `alpaca`, `chatml`, `llama3`, the name of one of the tokenizer's templates, a file, or a
  /// model folder. Nil: `plain` for instruction records, the model folder's own for messages.
  public var template: String?
  /// Variables of the template: JSON where it is JSON, else text.
  public var templateArguments: [(name: String, value: String)] = []
  public var system: String?
  /// `YYYY-MM-DD`: the day that a template shows as today.
  public var date: String?
  public var loss = LossPolicy.assistant
  public var history = HistoryPolicy.asRendered
  public var contextLength = 1024
  public var promptLength: Int?
  public var responseLength: Int?
  public var truncate = TruncationPolicy.right
  public var seam = Seam.split
  public var straddle = Straddle.mask
  public var parseSpecial = false
  public var tokens = RunSpec.TokenNames()
  public var pack = RunSpec.Packing.none
  public var packAlign = 1
  public var blockSize = 16 << 20
  public var maximumRecordSize = 16 << 20
  public var level: Int32 = 3

  public init() {}

  /// Loads the tokenizer and the template, and settles everything that the run depends on.
  public func resolve() throws(RunError) -> (spec: RunSpec, tokenizer: BPETokenizer) {
    let loaded: BPETokenizer
    var spec: RunSpec
    do throws(TokenizerError) {
      loaded = try BPETokenizer.load(tokenizer, options: tokenizerOptions)
      spec = try RunSpec(
        tokenizer: loaded, named: tokenizer, tokens: tokens, contextLength: contextLength)
    } catch { throw .tokenizer(error) }
    spec.tokenizerOptions = tokenizerOptions
    spec.fields = RecordFields(schema: schema, given: fields)
    spec.seam = seam
    spec.straddle = straddle
    spec.parseSpecial = parseSpecial
    spec.truncation = Truncation(
      contextLength: contextLength, promptLength: promptLength, responseLength: responseLength,
      policy: truncate)
    spec.packing = pack
    spec.segmentAlignment = packAlign
    spec.blockSize = blockSize
    spec.maximumRecordSize = maximumRecordSize
    spec.level = level
    try choose(template, for: loaded, in: &spec)
    return (spec, loaded)
  }

  private func choose(
    _ template: String?, for tokenizer: BPETokenizer, in spec: inout RunSpec
  ) throws(RunError) {
    if let template, let render = RunSpec.Render(rawValue: template), render != .chat {
      spec.render = render
    } else if template != nil {
      spec.render = .chat
    }
    let chosen: ChatTemplate?
    do throws(TemplateError) {
      chosen = try chatTemplate(of: tokenizer)
    } catch { throw .template(error) }
    guard let chosen else { return }
    spec.chat = ChatSpec(template: chosen, options: try chatOptions(of: tokenizer, spec: spec))
  }

  private func chatTemplate(of tokenizer: BPETokenizer) throws(TemplateError) -> ChatTemplate? {
    let folder = tokenizer.folder
    guard let template, RunSpec.Render(rawValue: template) == nil else {
      return try folder?.templates.first.map { (first) throws(TemplateError) in
        try Self.compiled(first, of: folder)
      }
    }
    if let builtIn = try ChatTemplate.builtIn(template) { return builtIn }
    if let named = folder?.templates.first(where: { $0.name == template }) {
      return try Self.compiled(named, of: folder)
    }
    if Self.isFolder(template) {
      guard let other = try? ModelFolder(template), let first = other.templates.first else {
        throw TemplateError(
          file: template, reason: "the folder has no chat template",
          remedy:
            "give a folder with chat_template in tokenizer_config.json, or chat_template.jinja")
      }
      return try Self.compiled(first, of: other)
    }
    guard let source = Self.contents(of: template) else {
      throw TemplateError(
        file: template, reason: "there is no such template",
        remedy: "give plain, alpaca, chatml, llama3, a file or a model folder")
    }
    return try ChatTemplate(source: source, name: template)
  }

  private static func compiled(
    _ template: ModelFolder.Template, of folder: ModelFolder?
  ) throws(TemplateError) -> ChatTemplate {
    try ChatTemplate(source: template.text, name: "\(folder?.path ?? "")/\(template.file)")
  }

  private func chatOptions(of tokenizer: BPETokenizer, spec: RunSpec) throws(RunError)
    -> ChatOptions
  {
    var options = ChatOptions()
    options.loss = loss
    options.history = history
    options.system = system.map { Array($0.utf8) }
    if let date {
      guard let day = TemplateDate(date.utf8) else {
        throw .options(reason: "--date \(date) is not a day", remedy: "write it as YYYY-MM-DD")
      }
      options.date = day
    }
    options.beginningOfText = tokens.bos.map { Array($0.utf8) } ?? tokenizer.specials.bos?.text
    options.endOfText = tokens.eos.map { Array($0.utf8) } ?? tokenizer.specials.eos?.text
    options.stopTexts = tokenizer.stopTexts
    for (key, token) in tokenizer.folder?.namedTokens ?? []
    where key != "bos_token" && key != "eos_token" {
      options.arguments.append((key, .string(token.text)))
    }
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    for argument in templateArguments {
      let bytes = Array(argument.value.utf8)
      let value = (try? parser.parse(bytes)).map { TemplateArgument(json: $0) }
      options.arguments.append((argument.name, value ?? .string(bytes)))
    }
    return options
  }

  private static func isFolder(_ path: String) -> Bool {
    guard
      let folder = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.directory])
    else { return false }
    try? folder.close()
    return true
  }

  private static func contents(of path: String) -> [UInt8]? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly) else { return nil }
    defer { try? file.close() }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < 1 << 26 {
      let count = try? unsafe buffer.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
      guard let count else { return nil }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return bytes
  }
}
