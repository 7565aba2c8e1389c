/// One node of a Parquet schema, depth first.
struct ParquetSchemaElement {
  private var name: String
  /// parquet.thrift's Type; nil for a group.
  private var type: Int32?
  /// 0 required, 2 repeated; nil for the root.
  private var repetition: Int32?
  private var children = 0
  private var annotation: Annotation?

  private enum Annotation {
    case list, text
    /// Signed.
    case integer(bits: Int8)
  }

  private init(
    _ name: String, type: Int32? = nil, repetition: Int32? = nil, children: Int = 0,
    annotation: Annotation? = nil
  ) {
    self.name = name
    self.type = type
    self.repetition = repetition
    self.children = children
    self.annotation = annotation
  }

  /// parquet.thrift's Type: INT32, INT64, FLOAT or BYTE_ARRAY.
  static func type(of column: ExportColumn) -> Int32 {
    switch column.element {
    case .int8, .int32: 1
    case .int64: 2
    case .float32: 4
    case .text: 6
    }
  }

  private static func annotation(of column: ExportColumn) -> Annotation? {
    switch column.element {
    case .int8: .integer(bits: 8)
    case .int32: .integer(bits: 32)
    case .int64: .integer(bits: 64)
    case .float32: nil
    case .text: .text
    }
  }

  /// The way from the root to a column's values.
  static func path(of column: ExportColumn, isPacked: Bool) -> [String] {
    column.isScalar(isPacked: isPacked) ? [column.name] : [column.name, "list", "element"]
  }

  /// For each column: a required value, or a required list of required elements.
  static func elements(of columns: [ExportColumn], isPacked: Bool) -> [ParquetSchemaElement] {
    var elements = [ParquetSchemaElement("schema", children: columns.count)]
    for column in columns {
      let isScalar = column.isScalar(isPacked: isPacked)
      if !isScalar {
        elements.append(
          ParquetSchemaElement(column.name, repetition: 0, children: 1, annotation: .list))
        elements.append(ParquetSchemaElement("list", repetition: 2, children: 1))
      }
      elements.append(
        ParquetSchemaElement(
          isScalar ? column.name : "element", type: type(of: column), repetition: 0,
          annotation: annotation(of: column)))
    }
    return elements
  }

  /// SchemaElement, with its ConvertedType and its LogicalType.
  func write(to writer: inout ThriftWriter) {
    if let type { writer.i32(1, type) }
    if let repetition { writer.i32(3, repetition) }
    writer.string(4, name.utf8)
    if children > 0 { writer.i32(5, Int32(children)) }
    switch annotation {
    case .list:
      writer.i32(6, 3)
      writer.structure(10) { $0.structure(3) { _ in } }
    case .text:
      writer.i32(6, 0)
      writer.structure(10) { $0.structure(1) { _ in } }
    case .integer(let bits):
      writer.i32(6, bits == 8 ? 15 : bits == 32 ? 17 : 18)
      writer.structure(10) { logical in
        logical.structure(10) { integer in
          integer.i8(1, bits)
          integer.bool(2, true)
        }
      }
    case nil: break
    }
  }
}
