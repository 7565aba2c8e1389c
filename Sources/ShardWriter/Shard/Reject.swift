import JSONText

/// A record that gave no sample: where it stands, why, and what to do. One line of `rejects.jsonl`.
public struct Reject: Hashable, Sendable {
  /// Line in the input file, from 1.
  public var line: UInt64
  /// Byte offset of the record in the input file (decompressed).
  public var offset: UInt64
  /// Short name of the reason, such as `invalid-json`: what `Totals.rejected` counts.
  public var reason: String
  /// Path in the record, such as `messages[2].role`, where one field is at fault.
  public var field: String?
  /// What is wrong, in words.
  public var message: String
  /// What to do about it; may be empty.
  public var remedy: String
  /// The record as it stands in the file, or its beginning.
  public var record: [UInt8]

  public init(
    line: UInt64, offset: UInt64, reason: String, field: String? = nil, message: String,
    remedy: String, record: [UInt8] = []
  ) {
    self.line = line
    self.offset = offset
    self.reason = reason
    self.field = field
    self.message = message
    self.remedy = remedy
    self.record = record
  }

  /// Appends the reject as one JSON line: `file`, `line`, `offset`, `reason`, `field` (where known),
  /// `message`, `remedy`, `record`.
  func write(file: [UInt8], to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("file")
    writer.string(file)
    writer.key("line")
    writer.int(Int(clamping: line))
    writer.key("offset")
    writer.int(Int(clamping: offset))
    writer.key("reason")
    writer.string(reason)
    if let field {
      writer.key("field")
      writer.string(field)
    }
    writer.key("message")
    writer.string(message)
    writer.key("remedy")
    writer.string(remedy)
    writer.key("record")
    writer.string(record)
    writer.endObject()
    writer.newline()
  }
}
