import Files
import InstructionFormat
import JSONText
import Jinja
import Masking
import Problems
import Tokenizer

extension RunSpec {
  /// An option with its value; nil for a flag.
  public typealias Setting = (name: OptionName, value: String?)

  /// The options that give this spec with this tokenizer, in the order of help: those that are not the default alone.
  /// `templateFile`: the name of a file that holds the template, for one that has no name of its own.
  ///
  /// What a run was told is not stored, only what it came to: a template file is known by its text.
  public func options(of tokenizer: BPETokenizer, templateFile: String) throws(Problem) -> [Setting]
  {
    var settings = tokenizerSettings(tokenizer)
    var standard = try RunSpec(
      tokenizer: tokenizer, named: self.tokenizer, tokens: names(tokenizer))
    let texts = ChatChoice.Texts(tokenizer: tokenizer, tokens: names(tokenizer))
    // A folder that has templates and no default one has no template of its own here.
    standard.chat = (try? ChatChoice().resolve(with: texts)) ?? nil
    standard.render = standard.chat == nil ? .plain : .chat
    settings += chatSettings(standard, texts, templateFile)
    for (role, name) in fields.given.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      settings.append((.field, "\(role.rawValue)=\(name)"))
    }
    for option in RunOption.all {
      guard let member = option.stored else { continue }
      let value = Self.text(member, self)
      guard value != Self.text(member, standard) else { continue }
      let isSize = option.name == .blockSize || option.name == .maxRecordSize
      settings.append(
        (option.name, option.type == .flag ? nil : isSize ? Self.size(value) : value))
    }
    if loss != .assistant { settings.append((.loss, loss.rawValue)) }
    let order = Dictionary(
      uniqueKeysWithValues: RunOption.all.enumerated().map { ($1.name, $0) })
    return settings.enumerated().sorted {
      (order[$0.element.name] ?? 0, $0.offset) < (order[$1.element.name] ?? 0, $1.offset)
    }.map(\.element)
  }

  /// A member's value as an option takes it.
  private static func text(_ member: SpecMember, _ spec: RunSpec) -> String {
    var writer = JSONWriter()
    member.write(spec, &writer)
    let text = writer.bytes
    return String(
      decoding: text.first == UInt8(ascii: "\"") ? text[1..<text.count - 1] : text[...],
      as: UTF8.self)
  }

  /// Bytes with their unit: a run refuses a small size of a block without one, as it is a length elsewhere.
  private static func size(_ bytes: String) -> String {
    guard let count = Int(bytes) else { return bytes }
    for (unit, size) in [("MiB", 1 << 20), ("KiB", 1 << 10)] where count % size == 0 {
      return "\(count / size)\(unit)"
    }
    return "\(count)B"
  }

  // MARK: - Tokenizer

  /// The tokens that the user must have named, since the tokenizer's files say others.
  private func names(_ tokenizer: BPETokenizer) -> TokenNames {
    var names = TokenNames()
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    if tokenizer.specials.eos?.text != end.text { names.eos = text(end.text) }
    guard let standard = try? RunSpec(tokenizer: tokenizer, tokens: names) else { return names }
    if let beginning, beginning != standard.beginning { names.bos = text(beginning.text) }
    if padID != standard.padID { names.pad = tokenizer.bytes(of: padID).map(text) }
    return names
  }

  private func tokenizerSettings(_ loaded: BPETokenizer) -> [Setting] {
    var settings: [Setting] = []
    if tokenizer != RunOptions().tokenizer { settings.append((.tokenizer, tokenizer)) }
    if let encoding = tokenizerOptions.encoding { settings.append((.encoding, encoding)) }
    if let pattern = tokenizerOptions.pattern { settings.append((.pattern, pattern)) }
    for special in tokenizerOptions.specialTokens {
      settings.append(
        (.specialToken, "\(String(decoding: special.text, as: UTF8.self))=\(special.id)"))
    }
    let names = names(loaded)
    if let bos = names.bos { settings.append((.bosToken, bos)) }
    if let eos = names.eos { settings.append((.eosToken, eos)) }
    if let pad = names.pad { settings.append((.padToken, pad)) }
    return settings
  }

  // MARK: - Template

  private func chatSettings(
    _ standard: RunSpec, _ texts: ChatChoice.Texts, _ templateFile: String
  ) -> [Setting] {
    var settings: [Setting] = []
    if render != standard.render, render != .chat {
      // `plain` and `alpaca` leave the tokenizer's own template to messages.
      settings.append((.template, render.rawValue))
    } else if let chat, chat.template.text != standard.chat?.template.text {
      settings.append((.template, Self.name(of: chat.template, texts) ?? templateFile))
    }
    guard let chat else { return settings }
    let (options, usual) = (chat.options, standard.chat?.options ?? ChatOptions())
    for (name, value) in options.arguments
    where !usual.arguments.contains(where: { $0.name == name && $0.value == value }) {
      settings.append((.templateArg, "\(name)=\(Self.text(value))"))
    }
    for (name, text, known) in [
      ("bos_token", options.beginningOfText, texts.beginning),
      ("eos_token", options.endOfText, texts.end),
    ] where text != known {
      if let text { settings.append((.templateArg, "\(name)=\(Self.text(.string(text)))")) }
    }
    if let system = options.system {
      settings.append((.system, String(decoding: system, as: UTF8.self)))
    }
    if let date = options.date { settings.append((.date, "\(date)")) }
    if options.history != .asRendered { settings.append((.history, options.history.rawValue)) }
    if options.allowsDropped { settings.append((.allowDropped, nil)) }
    for (name, role) in options.roles.sorted(by: { $0.key < $1.key }) {
      settings.append((.role, "\(name)=\(role.rawValue)"))
    }
    return settings
  }

  /// The name by which the template is found again; nil for one that came from a file.
  public static func name(of template: ChatTemplate, _ texts: ChatChoice.Texts) -> String? {
    for name in ChatTemplate.builtInNames
    where (try? ChatTemplate.builtIn(name))??.text == template.text {
      return name
    }
    return texts.folder?.templates.first { $0.text == template.text && $0.name != "default" }?.name
  }

  private static func text(_ value: TemplateArgument) -> String {
    var writer = JSONWriter()
    value.write(to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
