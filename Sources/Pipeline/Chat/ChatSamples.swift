import InstructionFormat
import JSONText
import Problems

/// Renders conversations for one worker, each with the template that is for it.
public final class ChatSamples {
  private let standard: ChatRenderer
  /// For records that have tools, where the model has a template of its own for them.
  private let withTools: ChatRenderer?
  private var last: ChatRenderer
  /// The sample that was rendered last.
  public private(set) var sample = RenderedRecord()

  public init(_ spec: ChatSpec, fields: RecordFields) {
    var options = spec.options
    options.fields = fields
    standard = ChatRenderer(template: spec.template, options: options)
    withTools = spec.toolTemplate.map { ChatRenderer(template: $0, options: options) }
    last = standard
  }

  private func renderer(for record: JSONNode) -> ChatRenderer {
    guard let withTools, let tools = record["tools"] ?? record["functions"], !tools.isAbsent else {
      return standard
    }
    return withTools
  }

  /// Reads a record, messages or a task; how many samples it becomes.
  public func prepare(_ record: JSONNode) throws(Problem) -> Int {
    last = renderer(for: record)
    return try last.prepare(record)
  }

  /// Renders a sample of the record that was prepared last into `sample`.
  public func render(sample index: Int) throws(Problem) {
    try last.render(sample: index, into: &sample)
  }

  /// Reads a record for `renderText`.
  public func read(_ record: JSONNode) throws(Problem) {
    last = renderer(for: record)
    try last.read(record)
  }

  /// Appends the text of the record that was read last, without masks.
  public func renderText(into text: inout [UInt8]) throws(Problem) {
    try last.renderText(into: &text)
  }

  /// Arguments of calls of the last record that were texts and were rendered as objects.
  public var decodedArguments: Int { last.decodedArguments }
  var hasAddedSystem: Bool { last.hasAddedSystem }
  var givenRoles: UInt64 { last.givenRoles }
  func hasTurn(of speaker: LossPolicy.Target) -> Bool { last.hasTurn(of: speaker) }
  var hasSeveralAnswers: Bool { last.hasSeveralAnswers }

  /// Messages with which a sample of the last record may begin instead, the earliest first.
  func laterStarts(ofSample index: Int) -> [Int] { last.laterStarts(ofSample: index) }

  /// Renders a sample of the last record once more, without the exchanges before message `start`.
  func render(sample index: Int, from start: Int) throws(Problem) {
    try last.render(sample: index, from: start, into: &sample)
  }

  /// Counts what the sample rendered last holds of each text of its record.
  func account(sample index: Int, cut: inout TextCut?) { last.account(sample: index, cut: &cut) }

  /// Enters the record that was prepared last, all samples of which were accounted for.
  func close(_ ledger: inout Ledger) { last.close(&ledger) }
}
