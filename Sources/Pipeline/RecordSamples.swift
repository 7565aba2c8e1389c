import InstructionFormat
import JSONText
import Problems

/// Record → text with its authors: finds the render that is for each record. One per worker.
public final class RecordSamples {
  /// How a record was rendered.
  public enum Way: String, Hashable, Sendable, CaseIterable {
    case chat, plain, alpaca, text
  }

  private let fields: RecordFields
  private let render: RunSpec.Render
  private let renderer: RecordRenderer
  let chat: ChatSamples?
  private var single = RenderedRecord()
  /// How the last record was rendered.
  public private(set) var way = Way.plain
  /// How the last record was read; nil where it could not be.
  public private(set) var schema: RecordSchema?
  /// The members of the last record.
  private var found: RecordFields.Found?

  /// `beginning`, `end`: texts that begin and end a sample of the plain renders.
  public init(
    fields: RecordFields, render: RunSpec.Render, loss: LossPolicy, beginning: [UInt8]?,
    end: [UInt8], chat: ChatSpec?
  ) {
    self.fields = fields
    self.render = render
    renderer = RecordRenderer(
      fields: fields, style: render == .alpaca ? .alpaca : .plain, loss: loss,
      beginningToken: beginning, endToken: end)
    self.chat = chat.map {
      var chat = $0
      chat.options.loss = loss
      return ChatSamples(chat, fields: fields)
    }
  }

  public convenience init(_ spec: RunSpec) {
    self.init(
      fields: spec.fields, render: spec.render, loss: spec.loss, beginning: spec.beginning?.text,
      end: spec.end.text, chat: spec.chat)
  }

  /// Before a record that may not come as far as being read.
  func forget() { schema = nil }

  /// The sample that was rendered last.
  public var sample: RenderedRecord { way == .chat ? chat?.sample ?? single : single }

  /// Reads a record; how many samples it becomes. `render` then makes them one by one.
  public func prepare(_ record: JSONNode) throws(Problem) -> Int {
    if let chat = try find(record) { return try chat.prepare(record) }
    return 1
  }

  /// Renders a sample of the record that was prepared last into `sample`.
  public func render(sample index: Int) throws(Problem) {
    if way == .chat { try chat?.render(sample: index) }
  }

  /// Counts what the sample rendered last holds of each text. `cut`: what truncation took away.
  func account(sample index: Int, cut: inout TextCut?, into ledger: inout Ledger) {
    if way == .chat {
      chat?.account(sample: index, cut: &cut)
    } else {
      renderer.enter(single, cut: &cut, into: &ledger)
    }
  }

  /// Enters the record that was prepared last: it is accepted, and all of its samples were accounted for.
  func close(_ record: JSONNode, into ledger: inout Ledger) {
    ledger.beginRecord()
    if way == .chat { chat?.close(&ledger) }
    guard let found, let schema else { return }
    fields.enterUnread(found, of: record, isChat: way == .chat, schema: schema, into: &ledger)
  }

  /// What options had to act on in the record that was prepared last.
  var mark: ActedOn.Mark {
    var mark = ActedOn.Mark()
    if !fields.given.isEmpty, let found, let schema {
      mark.fields = fields.givenRoles(found, isChat: way == .chat, schema: schema)
    }
    guard way == .chat, let chat else { return mark }
    mark.words = chat.givenRoles
    for (place, speaker) in LossPolicy.targetsOfOthers.enumerated() where chat.hasTurn(of: speaker)
    {
      mark.speakers |= 1 << UInt8(place)
    }
    return mark
  }

  /// Reads a record for `renderText`.
  public func read(_ record: JSONNode) throws(Problem) {
    if let chat = try find(record) { try chat.read(record) }
  }

  /// Appends the text of the record that was read last, without masks.
  public func renderText(into text: inout [UInt8]) throws(Problem) {
    if way == .chat, let chat {
      try chat.renderText(into: &text)
    } else {
      text += single.text
    }
  }

  /// Finds the way of a record, and goes it unless it is the chat template's, which is given back then.
  private func find(_ record: JSONNode) throws(Problem) -> ChatSamples? {
    schema = nil
    let found = try fields.find(in: record)
    self.found = found
    let schema = try fields.schema(of: found, record: record)
    self.schema = schema == .auto ? .instruction : schema
    switch schema {
    case .messages:
      way = .chat
      guard let chat else {
        throw Problem(
          .templateFailed, field: fields.name(of: .messages, in: found),
          reason: "messages need a chat template",
          remedy:
            "name one: \(OptionName.template("chatml")), or a \(OptionName.tokenizer) folder that has one"
        )
      }
      return chat
    case .instruction, .auto:
      if render == .chat, let chat {
        way = .chat
        return chat
      }
      way = render == .alpaca ? .alpaca : .plain
      try renderer.renderInstruction(found, of: record, into: &single)
    case .text:
      way = .text
      try renderer.renderText(found, of: record, into: &single)
    }
    return nil
  }
}
