import JSONText
import Problems

/// Renders instruction and text records: the `plain` render and the published Alpaca prompt.
///
/// `plain` is exactly: task, then, when the context is not empty, `\n\n` and the context, then `\n\n`,
/// then the response and the end token; an empty task is left out with its separator. A system text stands before the
/// task, in the same way. `alpaca` is
/// `PROMPT_DICT` of tatsu-lab/stanford_alpaca (train.py), the response following `### Response:`
/// at once. `text` is the text and the end token. Response, text and end token are supervised, unless the run learns
/// otherwise: task and context are the user's, the response is the assistant's.
public struct RecordRenderer: Sendable {
  /// How instruction records are written.
  public enum Style: String, Hashable, Sendable, CaseIterable {
    case plain, alpaca
  }

  public let fields: RecordFields
  public let style: Style
  public let loss: LossPolicy
  /// Text of the token that begins every sample; nil where none does.
  public let beginningToken: [UInt8]?
  /// Text of the token that ends every sample.
  public let endToken: [UInt8]
  private let paths: [String]
  /// What shards keep of bytes of each kind: which losses of the same turns learn them.
  private let classes: [TokenClass]

  public init(
    fields: RecordFields, style: Style = .plain, loss: LossPolicy = .assistant,
    beginningToken: [UInt8]?, endToken: [UInt8]
  ) {
    self.fields = fields
    self.style = style
    self.loss = loss
    self.beginningToken = beginningToken
    self.endToken = endToken
    classes = TokenClass.Kind.allCases.map { kind in
      let isSelected =
        switch kind {
        case .response, .endOfText: loss.selects(.assistant)
        case .task, .context: loss.selects(.user)
        case .system: loss.selects(.system)
        default: loss.isEverything
        }
      return TokenClass(kind, isSelected ? .always : .never)
    }
    paths =
      [.task, .context, .response, .text, .system].map { fields.name(of: $0) }
      + [RecordRole.context.usualNames[1]]
  }

  /// Indices into `paths`.
  private enum Path {
    static let task = Source.field(0)
    static let context = Source.field(1)
    static let response = Source.field(2)
    static let text = Source.field(3)
    static let system = Source.field(4)
    static let secondContext = Source.field(5)
  }

  /// What texts of each path count to.
  private static let counted: [Ledger.Field] = [
    .task, .context, .response, .text, .system, .context,
  ]

  /// Enters what a sample that this rendered holds of each field. `cut`: what truncation took away; nil where it took nothing.
  /// O(segments).
  public func enter(
    _ rendered: borrowing RenderedRecord, cut: inout TextCut?, into ledger: inout Ledger
  ) {
    cut?.rewind()
    for segment in rendered.segments {
      guard case .field(let path) = segment.source else { continue }
      let lost = cut?.count(in: segment.range) ?? 0
      ledger.add(Self.counted[path], rendered: segment.range.count - lost, cut: lost)
    }
  }

  /// Renders the members of an instruction record. O(bytes); allocates only while buffers grow.
  public func renderInstruction(
    _ found: RecordFields.Found, of record: JSONNode, into rendered: inout RenderedRecord
  ) throws(Problem) {
    let texts = try fields.instruction(found, of: record)
    try refuseTurns(found, texts)
    begin(&rendered)
    switch style {
    case .plain:
      unsafe paragraph(texts.system, Path.system, .systemTurn(turn: 0), to: &rendered)
      unsafe paragraph(texts.task, Path.task, .task, to: &rendered)
      unsafe paragraph(texts.context, Path.context, .context, to: &rendered)
      unsafe paragraph(texts.secondContext, Path.secondContext, .context, to: &rendered)
      append(Alpaca.gap, .template, .separator, to: &rendered)
    case .alpaca:
      let withContext = unsafe texts.context.count > 0
      append(
        withContext ? Alpaca.introWithContext : Alpaca.intro, .template, .scaffold, to: &rendered)
      unsafe append(texts.task, Path.task, .task, to: &rendered)
      if withContext {
        append(Alpaca.beforeContext, .template, .scaffold, to: &rendered)
        unsafe append(texts.context, Path.context, .context, to: &rendered)
        if unsafe texts.secondContext.count > 0 {
          append(Alpaca.gap, .template, .separator, to: &rendered)
          unsafe append(texts.secondContext, Path.secondContext, .context, to: &rendered)
        }
      }
      append(Alpaca.beforeResponse, .template, .scaffold, to: &rendered)
    }
    unsafe append(texts.response, Path.response, .response, to: &rendered)
    append(endToken, .endToken, .endOfText, to: &rendered)
  }

  /// A text that says something, apart from what stands before it.
  private func paragraph(
    _ text: UnsafeBufferPointer<UInt8>, _ source: Source, _ reason: Reason,
    to rendered: inout RenderedRecord
  ) {
    guard !text.isEmpty else { return }
    if rendered.segments.last.map({ $0.source != .beginningToken }) ?? false {
      append(Alpaca.gap, .template, .separator, to: &rendered)
    }
    unsafe append(text, source, reason, to: &rendered)
  }

  /// Refuses what has no place in this render.
  private func refuseTurns(
    _ found: RecordFields.Found, _ texts: InstructionTexts
  ) throws(Problem) {
    for role in [RecordRole.history, .tools] where !(found[role]?.isEmpty ?? true) {
      let name = fields.name(of: role, in: found)
      throw Problem(
        .turnDropped, field: name,
        reason: "field \"\(name)\" has no place in the \(style.rawValue) render",
        remedy: "use a chat template, as in \(OptionName.template("chatml"))")
    }
    if style == .alpaca, unsafe texts.system.count > 0 {
      let name = fields.name(of: .system, in: found)
      throw Problem(
        .turnDropped, field: name, reason: "field \"\(name)\" has no place in the alpaca render",
        remedy: "use \(OptionName.template("plain")), or a chat template")
    }
  }

  /// Appends bytes, and settles whether the run learns them.
  private func append(
    _ bytes: some Collection<UInt8>, _ source: Source, _ reason: Reason,
    to rendered: inout RenderedRecord
  ) {
    rendered.append(
      bytes, source: source, reason: learned(reason),
      tokenClass: classes[Int(reason.tokenKind.rawValue)])
  }

  private func learned(_ reason: Reason) -> Reason {
    switch reason {
    case .endOfText where !loss.takes(reason): .takenAway(turn: 0)
    case .endOfText where loss.selects(.assistant): reason
    case .response:
      loss.selects(.assistant) ? (loss.isEverything ? .everything : reason) : .turnNotSelected(0)
    case .endOfText: .turnNotSelected(0)
    case .task, .context: loss.selects(.user) ? .everything : reason
    case .systemTurn: loss.selects(.system) ? .everything : reason
    default: loss.isEverything ? .everything : reason
    }
  }

  /// Renders the text of a text record. O(bytes); allocates only while buffers grow.
  public func renderText(
    _ found: RecordFields.Found, of record: JSONNode, into rendered: inout RenderedRecord
  ) throws(Problem) {
    let text = unsafe try fields.string(.text, in: found, of: record)
    guard text.count > 0 else {
      let name = fields.name(of: .text, in: found)
      throw Problem(
        .emptyText, field: name, reason: "field \"\(name)\" is empty: there is nothing to learn",
        remedy: "remove the record")
    }
    begin(&rendered)
    unsafe rendered.append(text, source: Path.text, reason: .text)
    // Of plain text all is learned, whatever is taken away from turns.
    rendered.append(
      endToken, source: .endToken, reason: .endOfText, tokenClass: TokenClass(.text, .always))
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
