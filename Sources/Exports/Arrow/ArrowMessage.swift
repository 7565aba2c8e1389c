import Files

/// The messages of an Arrow IPC stream: a schema, batches of rows, and the end.
/// Format: apache/arrow 21, format/Message.fbs and Schema.fbs, metadata version 5, little-endian.
enum ArrowMessage {
  /// A column: a list of required elements a row.
  struct Column {
    var name: String
    var element: ExportElement
  }

  /// What a batch holds of a column: where each row's list ends, the first at 0, and the elements, little-endian.
  struct Lists {
    var offsets: [Int32] = [0]
    var elements: [UInt8] = []
  }

  /// The end of a stream.
  static let end: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]

  private static let version: FlatBufferWriter.Field = .i16(4)
  private static let schemaKind: FlatBufferWriter.Field = .u8(1)
  private static let batchKind: FlatBufferWriter.Field = .u8(3)
  private static let listType: FlatBufferWriter.Field = .u8(12)

  static func schema(_ columns: [Column]) -> [UInt8] {
    var writer = FlatBufferWriter()
    let fields = columns.map { column in
      let element = type(of: column.element, in: &writer)
      let name = writer.string("item")
      let none = writer.vector([FlatBufferWriter.Offset]())
      let child = writer.table([
        .offset(name), .bool(false), .u8(element.code), .offset(element.offset), nil, .offset(none),
      ])
      let children = writer.vector([child])
      let list = writer.table([])
      let title = writer.string(column.name)
      return writer.table([
        .offset(title), .bool(false), listType, .offset(list), nil, .offset(children),
      ])
    }
    let vector = writer.vector(fields)
    let schema = writer.table([.i16(0), .offset(vector)])
    let message = writer.table([version, schemaKind, .offset(schema), .i64(0)])
    return enveloped(writer.finish(message))
  }

  /// A type of Schema.fbs, and its number in the union of types.
  private static func type(
    of element: ExportElement, in writer: inout FlatBufferWriter
  ) -> (code: UInt8, offset: FlatBufferWriter.Offset) {
    switch element {
    case .float32: (3, writer.table([.i16(1)]))
    case .text: preconditionFailure("no column of texts is written as Arrow")
    case .int8, .int32, .int64: (2, writer.table([.i32(Int32(8 * element.size)), .bool(true)]))
    }
  }

  /// A batch of rows; every column has a list for each.
  static func batch(_ columns: [Lists], of elements: [ExportElement], rows: Int) -> [UInt8] {
    var nodes: [(Int, Int)] = []
    var buffers: [(Int, Int)] = []
    var body: [UInt8] = []
    func add(_ bytes: some Collection<UInt8>) {
      buffers.append((body.count, bytes.count))
      body += bytes
      pad(&body)
    }
    for (column, element) in zip(columns, elements) {
      nodes += [(rows, 0), (column.elements.count / element.size, 0)]
      // Nothing is null: the buffers of validity are empty.
      add([])
      var offsets: [UInt8] = []
      offsets.append(littles: column.offsets)
      add(offsets)
      add([])
      add(column.elements)
    }
    var writer = FlatBufferWriter()
    let bufferVector = writer.vector(buffers)
    let nodeVector = writer.vector(nodes)
    let batch = writer.table([.i64(Int64(rows)), .offset(nodeVector), .offset(bufferVector)])
    let message = writer.table([version, batchKind, .offset(batch), .i64(Int64(body.count))])
    return enveloped(writer.finish(message)) + body
  }

  private static func enveloped(_ metadata: [UInt8]) -> [UInt8] {
    var metadata = metadata
    pad(&metadata)
    var bytes: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
    bytes.append(little: UInt32(metadata.count))
    return bytes + metadata
  }

  private static func pad(_ bytes: inout [UInt8]) {
    bytes += repeatElement(0, count: (8 - bytes.count % 8) % 8)
  }
}
