import Files
import InstructionFormat
import JSONText
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
        remedy: near(name, folder)
          ?? "give plain, alpaca, chatml, llama3, a file or a model folder")
    }
    do throws(Problem) {
      return ChatTemplates(template: try ChatTemplate(source: source, name: name))
    } catch {
      var problem = error
      if problem.remedy.isEmpty { problem.remedy = "fix the template at this place" }
      throw problem
    }
  }

  private static func near(_ name: String, _ folder: ModelFolder?) -> String? {
    let names = ["plain", "alpaca"] + ChatTemplate.builtInNames
    return NearName.of(name, among: names + (folder?.templates.map(\.name) ?? [])).map {
      "did you mean \(OptionName.template($0))?"
    }
  }

  /// Refuses a file that is no template: its text would be the same for every record of a run.
  static func checkFile(_ name: String?) throws(Problem) {
    guard let name, FileSystem.kind(of: name) == .file, !ChatTemplate.builtInNames.contains(name),
      let source = try? FileSystem.contents(of: name)
    else { return }
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    if (try? parser.parse(source))?.isObject ?? false {
      throw Problem(
        .template, Place(file: name), reason: "is JSON, not a template",
        remedy:
          "name the folder, so that the chat_template of its tokenizer_config.json is used, or a file with the template alone"
      )
    }
    let text = String(decoding: source, as: UTF8.self)
    guard text.contains("{{") || text.contains("{%") else {
      throw Problem(
        .template, Place(file: name),
        reason: "there is no tag of a template in it, {{ … }} or {% … %}",
        remedy: "give a file with a Jinja template, or chatml, llama3 or a model folder")
    }
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
