import Files
import InstructionFormat
import Jinja
import Problems
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
  static func find(_ name: String?, folder: ModelFolder?) throws(Problem) -> ChatTemplates? {
    guard let name else { return try own(of: folder) }
    if let builtIn = try ChatTemplate.builtIn(name) { return ChatTemplates(template: builtIn) }
    if let folder, let named = folder.templates.first(where: { $0.name == name }) {
      return ChatTemplates(template: try compiled(named, of: folder), folder: folder)
    }
    if FileSystem.kind(of: name) == .folder {
      guard let found = try own(of: ModelFolder(name)) else {
        throw Problem(
          .template, Place(file: name), reason: "the folder has no chat template",
          remedy:
            "give a folder with chat_template in tokenizer_config.json, or chat_template.jinja")
      }
      return found
    }
    guard let source = try? FileSystem.contents(of: name) else {
      throw Problem(
        .template, Place(file: name), reason: "there is no such template",
        remedy: "give plain, alpaca, chatml, llama3, a file or a model folder")
    }
    return ChatTemplates(template: try ChatTemplate(source: source, name: name))
  }

  private static func own(of folder: ModelFolder?) throws(Problem) -> ChatTemplates? {
    guard let folder, !folder.templates.isEmpty else { return nil }
    guard let standard = folder.templates.first(where: { $0.name == "default" }) else {
      throw Problem(
        .template, Place(file: folder.path), reason: "none of its chat templates is called default",
        remedy: "name one: "
          + folder.templates.map { OptionName.template($0.name) }.joined(separator: ", "))
    }
    var found = ChatTemplates(template: try compiled(standard, of: folder), folder: folder)
    if let tools = folder.templates.first(where: { $0.name == "tool_use" }) {
      found.toolTemplate = try compiled(tools, of: folder)
    }
    return found
  }

  private static func compiled(_ template: ModelFolder.Template, of folder: ModelFolder)
    throws(Problem) -> ChatTemplate
  {
    try ChatTemplate(
      source: template.text,
      name: "\(folder.path)/\(template.file)"
        + (template.name == "default" ? "" : " (\(template.name))"))
  }
}
