import InstructionFormat
import JSONText

/// Renders conversations for one worker.
final class ChatSamples {
  private let renderer: ChatRenderer
  /// What the last record gave, from the start.
  private(set) var samples: [RenderedRecord] = []

  init(_ spec: ChatSpec, fields: RecordFields) {
    var options = spec.options
    options.fields = fields
    renderer = ChatRenderer(template: spec.template, options: options)
  }

  /// Renders a record, messages or a task, into `samples`; how many it gave.
  func render(_ record: JSONNode) throws(RecordError) -> Int {
    do throws(ChatReject) {
      return try renderer.render(record, into: &samples)
    } catch {
      throw RecordError(error)
    }
  }
}
