import JSONText
import Problems

/// The texts of an instruction record. Valid as long as the parsed record is.
@safe struct InstructionTexts {
  // SAFETY: all point into the buffers of the record's parser, and are read before its next parse.
  var system: UnsafeBufferPointer<UInt8>
  var task: UnsafeBufferPointer<UInt8>
  var context: UnsafeBufferPointer<UInt8>
  /// Of a record that has `input` beside `context`.
  var secondContext: UnsafeBufferPointer<UInt8>
  var response: UnsafeBufferPointer<UInt8>

  fileprivate init(
    _ found: RecordFields.Found, of record: JSONNode, _ fields: RecordFields
  ) throws(Problem) {
    unsafe system = try unsafe fields.optionalString(.system, in: found)
    unsafe task = try unsafe fields.string(.task, in: found, of: record)
    unsafe context = try unsafe fields.optionalString(.context, in: found)
    unsafe response = try unsafe fields.string(.response, in: found, of: record)
    unsafe secondContext = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    guard let (node, rank) = found.secondContext else { return }
    guard let text = unsafe node.utf8 else {
      throw fields.wrongType(RecordRole.context.usualNames[rank], node)
    }
    unsafe secondContext = unsafe text
  }
}

extension RecordFields {
  /// Reads an instruction record, and checks that it asks something and answers it.
  func instruction(_ found: Found, of record: JSONNode) throws(Problem) -> InstructionTexts {
    let texts = try InstructionTexts(found, of: record, self)
    guard unsafe texts.response.count > 0 else {
      let name = name(of: .response, in: found)
      throw Problem(
        .emptyResponse, field: name,
        reason: "field \"\(name)\" is empty: there is nothing to learn",
        remedy: "give a response, or remove the record")
    }
    guard unsafe texts.task.count > 0 || texts.context.count > 0 else {
      let name = name(of: .task, in: found)
      throw Problem(
        .emptyPrompt, field: name,
        reason: "fields \"\(name)\" and \"\(self.name(of: .context, in: found))\" are both empty",
        remedy:
          "give a task, or read the response as text: \(OptionName.schema("text")) \(OptionName.field("text=NAME"))"
      )
    }
    return texts
  }
}
