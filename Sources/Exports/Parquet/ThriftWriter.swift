/// Thrift's compact protocol, as far as Parquet's metadata needs it.
/// Source: apache/thrift, doc/specs/thrift-compact-protocol.md.
struct ThriftWriter {
  private(set) var bytes: [UInt8] = []
  /// Last field id of each open structure.
  private var fields: [Int16] = [0]

  private enum Kind: UInt8 {
    case yes = 1
    case no = 2
    case i8 = 3
    case i16 = 4
    case i32 = 5
    case i64 = 6
    case binary = 8
    case list = 9
    case structure = 12
  }

  mutating func bool(_ field: Int16, _ value: Bool) { begin(field, value ? .yes : .no) }

  mutating func i8(_ field: Int16, _ value: Int8) {
    begin(field, .i8)
    bytes.append(UInt8(bitPattern: value))
  }

  mutating func i16(_ field: Int16, _ value: Int16) {
    begin(field, .i16)
    zigzag(Int64(value))
  }

  mutating func i32(_ field: Int16, _ value: Int32) {
    begin(field, .i32)
    zigzag(Int64(value))
  }

  mutating func i64(_ field: Int16, _ value: Int) {
    begin(field, .i64)
    zigzag(Int64(value))
  }

  mutating func string(_ field: Int16, _ value: some Collection<UInt8>) {
    begin(field, .binary)
    binary(value)
  }

  mutating func structure(_ field: Int16, _ body: (inout ThriftWriter) -> Void) {
    begin(field, .structure)
    open(body)
  }

  mutating func structures<Element>(
    _ field: Int16, _ elements: [Element], _ body: (inout ThriftWriter, Element) -> Void
  ) {
    list(field, elements.count, .structure)
    for element in elements { open { body(&$0, element) } }
  }

  mutating func i32s(_ field: Int16, _ values: [Int32]) {
    list(field, values.count, .i32)
    for value in values { zigzag(Int64(value)) }
  }

  mutating func i64s(_ field: Int16, _ values: [Int]) {
    list(field, values.count, .i64)
    for value in values { zigzag(Int64(value)) }
  }

  /// Elements of a list are bytes of their own, unlike fields.
  mutating func bools(_ field: Int16, _ values: [Bool]) {
    list(field, values.count, .yes)
    for value in values { bytes.append((value ? Kind.yes : .no).rawValue) }
  }

  mutating func binaries(_ field: Int16, _ values: [[UInt8]]) {
    list(field, values.count, .binary)
    for value in values { binary(value) }
  }

  mutating func strings(_ field: Int16, _ values: [String]) {
    binaries(field, values.map { Array($0.utf8) })
  }

  /// Ends the outermost structure.
  mutating func end() { bytes.append(0) }

  private mutating func open(_ body: (inout ThriftWriter) -> Void) {
    fields.append(0)
    body(&self)
    bytes.append(0)
    fields.removeLast()
  }

  private mutating func begin(_ field: Int16, _ kind: Kind) {
    let difference = field - (fields.last ?? 0)
    if (1...15).contains(difference) {
      bytes.append(UInt8(difference) << 4 | kind.rawValue)
    } else {
      bytes.append(kind.rawValue)
      zigzag(Int64(field))
    }
    fields[fields.count - 1] = field
  }

  private mutating func list(_ field: Int16, _ count: Int, _ kind: Kind) {
    begin(field, .list)
    if count < 15 {
      bytes.append(UInt8(count) << 4 | kind.rawValue)
    } else {
      bytes.append(0xF0 | kind.rawValue)
      bytes.append(varint: UInt64(count))
    }
  }

  private mutating func binary(_ value: some Collection<UInt8>) {
    bytes.append(varint: UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  private mutating func zigzag(_ value: Int64) { bytes.append(zigzag: value) }
}

extension [UInt8] {
  /// Appends an unsigned LEB128 number.
  mutating func append(varint value: UInt64) {
    var value = value
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(value))
  }

  /// Appends a signed number, small ones short.
  mutating func append(zigzag value: Int64) {
    append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }
}
