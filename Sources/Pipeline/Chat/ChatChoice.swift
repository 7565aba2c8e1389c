import InstructionFormat
import JSONText
import Jinja
import Problems
import Tokenizer

/// How a user wants conversations rendered, as the flags of every command name it.
public struct ChatChoice: Sendable {
  /// `chatml`, `llama3`, the name of one of the tokenizer's templates, a file, or a model folder; nil
  /// for the tokenizer's own.
  public var template: String?
  /// Variables of the template: JSON where it is JSON, else text.
  public var arguments: [(name: String, value: String)] = []
  /// Put before conversations that do not start with a system turn.
  public var system: String?
  /// `YYYY-MM-DD`: the day that a template shows as today.
  public var date: String?
  public var loss = LossPolicy.assistant
  public var history = HistoryPolicy.asRendered
  /// What words for roles mean that no data set known to prep has.
  public var roles: [String: MessageRole] = [:]
  /// Whether a record is accepted although a turn left nothing in the text.
  public var allowsDropped = false

  public init() {}

  /// What a tokenizer's files say that matters to a chat template.
  public struct Texts: Sendable {
    var folder: ModelFolder?
    var beginning: [UInt8]?
    var end: [UInt8]?
    var stops: [[UInt8]] = []

    /// Of no tokenizer: the template has to write its tokens itself.
    public init() {}

    /// Of a model folder, where its vocabulary is not needed.
    public init(folder: ModelFolder) {
      self.folder = folder
      beginning = folder.namedToken("bos_token")?.text
      end = folder.namedToken("eos_token")?.text
    }

    /// Of a tokenizer. A model folder decides by name, as `apply_chat_template` has it: a token that is
    /// known otherwise ends a turn, but is no variable of the template.
    public init(tokenizer: BPETokenizer, tokens: RunSpec.TokenNames = .init()) {
      let specials = tokenizer.specials
      if let folder = tokenizer.folder, !folder.namedTokens.isEmpty {
        self.init(folder: folder)
      } else {
        self.init()
        folder = tokenizer.folder
        beginning = specials.bos?.text
        end = specials.eos?.text
      }
      stops = tokenizer.stopTexts + (specials.eos.map { [$0.text] } ?? [])
      if let named = tokens.bos { beginning = Array(named.utf8) }
      if let named = tokens.eos { end = Array(named.utf8) }
    }
  }

  /// Finds and compiles the template, and settles what goes with it; nil where there is none.
  public func resolve(with texts: Texts) throws(Problem) -> ChatSpec? {
    guard let found = try ChatTemplates.find(template, folder: texts.folder) else { return nil }
    // A folder that brings the template alone brings its tokens too.
    let texts =
      texts.folder == nil ? found.folder.map { Texts(folder: $0) } ?? texts : texts
    var spec = ChatSpec(template: found.template, options: try options(with: texts))
    spec.toolTemplate = found.toolTemplate
    return spec
  }

  /// The day that was given.
  func day() throws(Problem) -> TemplateDate? {
    guard let date else { return nil }
    if let day = TemplateDate(date.utf8) { return day }
    throw Problem(
      .option, reason: "\(OptionName.date(date)) is not a day", remedy: "write it as YYYY-MM-DD")
  }

  private func options(with texts: Texts) throws(Problem) -> ChatOptions {
    var options = ChatOptions()
    options.loss = loss
    options.history = history
    options.roles = roles
    options.allowsDropped = allowsDropped
    options.system = system.map { Array($0.utf8) }
    options.date = try day()
    options.beginningOfText = texts.beginning
    options.endOfText = texts.end
    options.stopTexts = texts.stops
    for (key, token) in texts.folder?.namedTokens ?? []
    where key != "bos_token" && key != "eos_token" {
      options.arguments.append((key, .string(token.text)))
    }
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    for argument in arguments {
      let bytes = Array(argument.value.utf8)
      let value = (try? parser.parse(bytes)).map { TemplateArgument(json: $0) } ?? .string(bytes)
      switch (argument.name, value) {
      case ("bos_token", .string(let text)): options.beginningOfText = text
      case ("eos_token", .string(let text)): options.endOfText = text
      default: options.arguments.append((argument.name, value))
      }
    }
    return options
  }
}
