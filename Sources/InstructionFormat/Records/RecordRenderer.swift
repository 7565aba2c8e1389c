import JSONText
import Problems

/// Renders instruction and text records: the `plain` render and the published Alpaca prompt.
///
/// `plain` is exactly: task, then, when the context is not empty, `\n\n` and the context, then `\n\n`,
/// then the response and the end token; an empty task is left out with its separator. `alpaca` is
/// `PROMPT_DICT` of tatsu-lab/stanford_alpaca (train.py), the response following `### Response:`
/// at once. `text` is the text and the end token. Only response, text and end token are supervised.
public struct RecordRenderer: Sendable {
  /// How instruction records are written.
  public enum Style: String, Hashable, Sendable, CaseIterable {
    case plain, alpaca
  }

  public let fields: RecordFields
  public let style: Style
  /// Text of the token that begins every sample; nil where none does.
  public let beginningToken: [UInt8]?
  /// Text of the token that ends every sample.
  public let endToken: [UInt8]
  private let paths: [String]

  public init(
    fields: RecordFields, style: Style = .plain, beginningToken: [UInt8]?, endToken: [UInt8]
  ) {
    self.fields = fields
    self.style = style
    self.beginningToken = beginningToken
    self.endToken = endToken
    paths = [.task, .context, .response, .text].map { fields.name(of: $0) }
  }

  /// Indices into `paths`.
  private enum Path {
    static let task = Source.field(0)
    static let context = Source.field(1)
    static let response = Source.field(2)
    static let text = Source.field(3)
  }

  /// Renders the members of an instruction record. O(bytes); allocates only while buffers grow.
  public func renderInstruction(
    _ found: RecordFields.Found, into rendered: inout RenderedRecord
  ) throws(RecordError) {
    let task = unsafe try fields.string(.task, in: found)
    let context = unsafe try fields.optionalString(.context, in: found)
    let response = unsafe try fields.string(.response, in: found)
    guard response.count > 0 else {
      let name = fields.name(of: .response, in: found)
      throw RecordError(
        .emptyResponse, field: name,
        reason: "field \"\(name)\" is empty: there is nothing to learn",
        remedy: "give a response, or remove the record")
    }
    guard task.count > 0 || context.count > 0 else {
      let name = fields.name(of: .task, in: found)
      throw RecordError(
        .emptyPrompt, field: name,
        reason: "fields \"\(name)\" and \"\(fields.name(of: .context, in: found))\" are both empty",
        remedy: "give a task, or read the response as text: --schema text --field text=NAME")
    }
    begin(&rendered)
    switch style {
    case .plain:
      unsafe rendered.append(task, source: Path.task, reason: .task)
      if context.count > 0 {
        if task.count > 0 { rendered.append(Alpaca.gap, source: .template, reason: .separator) }
        unsafe rendered.append(context, source: Path.context, reason: .context)
      }
      rendered.append(Alpaca.gap, source: .template, reason: .separator)
    case .alpaca:
      let withContext = context.count > 0
      rendered.append(
        withContext ? Alpaca.introWithContext : Alpaca.intro, source: .template, reason: .scaffold)
      unsafe rendered.append(task, source: Path.task, reason: .task)
      if withContext {
        rendered.append(Alpaca.beforeContext, source: .template, reason: .scaffold)
        unsafe rendered.append(context, source: Path.context, reason: .context)
      }
      rendered.append(Alpaca.beforeResponse, source: .template, reason: .scaffold)
    }
    unsafe rendered.append(response, source: Path.response, reason: .response)
    rendered.append(endToken, source: .endToken, reason: .endOfText)
  }

  /// Renders the text of a text record. O(bytes); allocates only while buffers grow.
  public func renderText(
    _ found: RecordFields.Found, into rendered: inout RenderedRecord
  ) throws(RecordError) {
    let text = unsafe try fields.string(.text, in: found)
    guard text.count > 0 else {
      let name = fields.name(of: .text, in: found)
      throw RecordError(
        .emptyText, field: name, reason: "field \"\(name)\" is empty: there is nothing to learn",
        remedy: "remove the record")
    }
    begin(&rendered)
    unsafe rendered.append(text, source: Path.text, reason: .text)
    rendered.append(endToken, source: .endToken, reason: .endOfText)
  }

  private func begin(_ rendered: inout RenderedRecord) {
    rendered.text.removeAll(keepingCapacity: true)
    rendered.segments.removeAll(keepingCapacity: true)
    if rendered.paths != paths { rendered.paths = paths }
    if let beginningToken {
      rendered.append(beginningToken, source: .beginningToken, reason: .beginningOfText)
    }
  }
}

/// The literal parts of the prompt that tatsu-lab/stanford_alpaca published.
private enum Alpaca {
  static let gap = Array("\n\n".utf8)
  static let intro = Array(
    """
    Below is an instruction that describes a task. Write a response that appropriately completes \
    the request.\n\n### Instruction:\n
    """.utf8)
  static let introWithContext = Array(
    """
    Below is an instruction that describes a task, paired with an input that provides further \
    context. Write a response that appropriately completes the request.\n\n### Instruction:\n
    """.utf8)
  static let beforeContext = Array("\n\n### Input:\n".utf8)
  static let beforeResponse = Array("\n\n### Response:".utf8)
}
