import InstructionFormat
import Jinja
import SystemPackage
import Tokenizer

/// The chat templates of a run: one for every record, or another one for records with tools.
struct ChatTemplates {
  var template: ChatTemplate
  /// For records that have tools.
  var toolTemplate: ChatTemplate?
  /// The model folder that the template is from.
  var folder: ModelFolder?

  /// Finds templates by what the user named, else in the tokenizer's folder; nil where it has none.
  /// Among a folder's named templates `default` is taken, and `tool_use` for records with tools, as
  /// `apply_chat_template` does.
  static func find(_ name: String?, folder: ModelFolder?) throws(TemplateError) -> ChatTemplates? {
    guard let name else { return try own(of: folder) }
    if let builtIn = try ChatTemplate.builtIn(name) { return ChatTemplates(template: builtIn) }
    if let folder, let named = folder.templates.first(where: { $0.name == name }) {
      return ChatTemplates(template: try compiled(named, of: folder), folder: folder)
    }
    if isFolder(name) {
      let other: ModelFolder
      do throws(TokenizerError) { other = try ModelFolder(name) } catch {
        throw TemplateError(file: error.file, reason: error.reason, remedy: error.remedy)
      }
      guard let found = try own(of: other) else {
        throw TemplateError(
          file: name, reason: "the folder has no chat template",
          remedy:
            "give a folder with chat_template in tokenizer_config.json, or chat_template.jinja")
      }
      return found
    }
    guard let source = contents(of: name) else {
      throw TemplateError(
        file: name, reason: "there is no such template",
        remedy: "give plain, alpaca, chatml, llama3, a file or a model folder")
    }
    return ChatTemplates(template: try ChatTemplate(source: source, name: name))
  }

  private static func own(of folder: ModelFolder?) throws(TemplateError) -> ChatTemplates? {
    guard let folder, !folder.templates.isEmpty else { return nil }
    guard let standard = folder.templates.first(where: { $0.name == "default" }) else {
      throw TemplateError(
        file: folder.path, reason: "none of its chat templates is called default",
        remedy: "name one: --template "
          + folder.templates.map(\.name).joined(separator: ", --template "))
    }
    var found = ChatTemplates(template: try compiled(standard, of: folder), folder: folder)
    if let tools = folder.templates.first(where: { $0.name == "tool_use" }) {
      found.toolTemplate = try compiled(tools, of: folder)
    }
    return found
  }

  private static func compiled(_ template: ModelFolder.Template, of folder: ModelFolder)
    throws(TemplateError) -> ChatTemplate
  {
    try ChatTemplate(
      source: template.text,
      name: "\(folder.path)/\(template.file)"
        + (template.name == "default" ? "" : " (\(template.name))"))
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
