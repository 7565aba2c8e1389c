import InstructionFormat
import JSONText
import Problems

/// Renders conversations for one worker, each with the template that is for it.
public final class ChatSamples {
  private let standard: ChatRenderer
  /// For records that have tools, where the model has a template of its own for them.
  private let withTools: ChatRenderer?
  private var last: ChatRenderer
  /// What the last record gave, from the start.
  public private(set) var samples: [RenderedRecord] = []

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

  /// Renders a record, messages or a task, into `samples`; how many it gave.
  public func render(_ record: JSONNode) throws(Problem) -> Int {
    last = renderer(for: record)
    return try last.render(record, into: &samples)
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

  /// Messages with which a sample of the last record may begin instead, the earliest first.
  func laterStarts(ofSample index: Int) -> [Int] { last.laterStarts(ofSample: index) }

  /// Renders a sample of the last record again, without the exchanges before message `start`.
  func render(sample index: Int, from start: Int) throws(Problem) {
    try last.render(sample: index, from: start, into: &samples[index])
  }
}
