import ArgumentParser
import InstructionFormat
import JSONText
import SystemPackage
import Tokenizer

/// Flags of every command that renders conversations.
struct ChatFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "chatml, llama3, a file, a model folder, or the name of one of the tokenizer's templates.",
      valueName: "template"))
  var template: String?

  @Option(help: ArgumentHelp("A model folder: its template and special tokens.", valueName: "dir"))
  var tokenizer: String?

  @Option(
    name: .customLong("template-arg"), parsing: .singleValue,
    help: ArgumentHelp(
      "A variable of the template; JSON where it is JSON, else text. May be repeated.",
      valueName: "name=value"))
  var templateArguments: [String] = []

  @Option(help: ArgumentHelp("The day that the template shows as today.", valueName: "yyyy-mm-dd"))
  var date: String?

  @Option(help: ArgumentHelp("A system turn for records without one.", valueName: "text"))
  var system: String?

  @Option(help: "What is learned: assistant, last, all, generation.")
  var loss: LossPolicy = .assistant

  @Option(help: "What rewritten history becomes: as-rendered, last-turn, unroll, error.")
  var history: HistoryPolicy = .asRendered

  /// A template, and the tokenizer's texts beside it.
  struct ChosenTemplate {
    var template: ChatTemplate
    var folder: ModelFolder?

    /// Gives the tokenizer's named tokens to the template.
    func describe(into options: inout ChatOptions) {
      guard let folder else { return }
      if options.beginningOfText == nil {
        options.beginningOfText = folder.namedToken("bos_token")?.text
      }
      if options.endOfText == nil { options.endOfText = folder.namedToken("eos_token")?.text }
      let given = options.arguments
      options.arguments = []
      for (key, token) in folder.namedTokens where key != "bos_token" && key != "eos_token" {
        options.arguments.append((key, .string(token.text)))
      }
      options.arguments += given
    }
  }

  func options() throws -> ChatOptions {
    var options = ChatOptions()
    options.loss = loss
    options.history = history
    options.system = system.map { Array($0.utf8) }
    if let date {
      guard let day = TemplateDate(date.utf8) else {
        throw ValidationError("--date \(date): write it as YYYY-MM-DD")
      }
      options.date = day
    }
    let parser = JSONParser()
    for argument in templateArguments {
      guard let equals = argument.firstIndex(of: "=") else {
        throw ValidationError("--template-arg \(argument): write it as name=value")
      }
      let name = String(argument[..<equals])
      let text = Array(argument[argument.index(after: equals)...].utf8)
      let value = (try? parser.parse(text)).map(TemplateArgument.init) ?? .string(text)
      switch (name, value) {
      case ("bos_token", .string(let text)): options.beginningOfText = text
      case ("eos_token", .string(let text)): options.endOfText = text
      default: options.arguments.append((name, value))
      }
    }
    return options
  }

  /// The template that the flags choose; prints why where there is none.
  func chosenTemplate() throws -> ChosenTemplate {
    try reportingErrors { try chosen() }
  }

  private func chosen() throws -> ChosenTemplate {
    let folder = try tokenizer.flatMap { isFolder($0) ? try ModelFolder($0) : nil }
    guard let template else {
      guard let folder, let first = folder.templates.first else {
        throw TemplateError(
          file: tokenizer ?? "no template", reason: "no chat template is known",
          remedy: "give --template chatml, llama3, a file or a model folder")
      }
      return ChosenTemplate(template: try compiled(first, folder), folder: folder)
    }
    if let builtIn = try ChatTemplate.builtIn(template) {
      return ChosenTemplate(template: builtIn, folder: folder)
    }
    if let named = folder?.templates.first(where: { $0.name == template }), let folder {
      return ChosenTemplate(template: try compiled(named, folder), folder: folder)
    }
    if isFolder(template) {
      let other = try ModelFolder(template)
      guard let first = other.templates.first else {
        throw TemplateError(
          file: template, reason: "the folder has no chat template",
          remedy:
            "give a folder with chat_template in tokenizer_config.json, or chat_template.jinja")
      }
      return ChosenTemplate(template: try compiled(first, other), folder: folder ?? other)
    }
    guard let source = contents(of: template) else {
      throw TemplateError(
        file: template, reason: "there is no such template",
        remedy: "give chatml, llama3, a file or a model folder")
    }
    return ChosenTemplate(
      template: try ChatTemplate(source: source, name: template), folder: folder)
  }

  private func compiled(_ template: ModelFolder.Template, _ folder: ModelFolder) throws
    -> ChatTemplate
  {
    try ChatTemplate(
      source: template.text,
      name: "\(folder.path)/\(template.file)"
        + (template.name == "default" ? "" : " (\(template.name))"))
  }

  private func isFolder(_ path: String) -> Bool {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.directory])
    else {
      return false
    }
    try? file.close()
    return true
  }

  private func contents(of path: String) -> [UInt8]? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly) else { return nil }
    defer { try? file.close() }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < 1 << 26 {
      guard
        let count = try? unsafe buffer.withUnsafeMutableBytes({ unsafe try file.read(into: $0) })
      else {
        return nil
      }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return bytes
  }
}

extension TemplateArgument {
  /// A JSON value as a variable of a template.
  init(_ node: JSONNode) {
    switch node.kind {
    case .null: self = .none
    case .bool: self = .bool(node.bool ?? false)
    case .int, .uint: self = node.int.map { .int($0) } ?? .float(node.double ?? 0)
    case .double: self = .float(node.double ?? 0)
    case .string: self = .string(node.bytes ?? [])
    case .array: self = .list(node.elements.map(TemplateArgument.init))
    case .object:
      self = .dictionary(
        node.members.map { (key: $0.key.bytes ?? [], value: TemplateArgument($0.value)) })
    }
  }
}
