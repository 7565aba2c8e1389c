import JSONText
import Problems

extension ChatTemplate {
  /// The text of one conversation, as `apply_chat_template` gives it. `record` is JSON: `{"messages": […]}`, with
  /// `tools` and what else the template reads. For many records, `ChatRenderer` keeps what it has made.
  ///
  ///     let prompt = try ChatTemplate(source: source.utf8, name: "mine").render(record, addGenerationPrompt: true)
  public func render(
    _ record: String, addGenerationPrompt: Bool = false, options: ChatOptions = ChatOptions()
  ) throws(Problem) -> String {
    var options = options
    options.addGenerationPrompt = addGenerationPrompt
    let parser = JSONParser()
    let renderer = ChatRenderer(template: self, options: options)
    try renderer.read(try parser.parse(record.utf8))
    var text: [UInt8] = []
    try renderer.renderText(into: &text)
    return String(decoding: text, as: UTF8.self)
  }
}
