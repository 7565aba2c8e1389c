import Files

/// FlatBuffers, as far as Arrow's metadata needs them. Source: google/flatbuffers, docs/source/internals.md.
///
/// A buffer grows from its end to its beginning, so that what is referred to stands before its reference is
/// written. Offsets count from the buffer's end; `bytes` are reversed until `finish`.
struct FlatBufferWriter {
  private var reversed: [UInt8] = []
  private var alignment = 1

  /// Where something stands: bytes from its beginning to the buffer's end.
  typealias Offset = Int

  /// A field of a table.
  enum Field {
    case bool(Bool)
    case u8(UInt8)
    case i16(Int16)
    case i32(Int32)
    case i64(Int64)
    case offset(Offset)
  }

  /// Pads so that what follows is aligned when `more` bytes are before it.
  private mutating func align(to size: Int, before more: Int = 0) {
    alignment = max(alignment, size)
    while (reversed.count + more) % size != 0 { reversed.append(0) }
  }

  private mutating func push<Number: FixedWidthInteger>(_ number: Number) {
    align(to: Number.bitWidth / 8)
    for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
      reversed.append(UInt8(truncatingIfNeeded: number >> Number(shift)))
    }
  }

  private mutating func push(_ offset: Offset) {
    align(to: 4)
    push(UInt32(truncatingIfNeeded: reversed.count + 4 - offset))
  }

  mutating func string(_ text: String) -> Offset {
    let utf8 = Array(text.utf8)
    align(to: 4, before: utf8.count + 1)
    reversed.append(0)
    reversed += utf8.reversed()
    push(UInt32(utf8.count))
    return reversed.count
  }

  mutating func vector(_ offsets: [Offset]) -> Offset {
    align(to: 4)
    for offset in offsets.reversed() { push(offset) }
    push(UInt32(offsets.count))
    return reversed.count
  }

  /// A vector of structures of two 64-bit numbers.
  mutating func vector(_ pairs: [(Int, Int)]) -> Offset {
    align(to: 8)
    for pair in pairs.reversed() {
      push(Int64(pair.1))
      push(Int64(pair.0))
    }
    push(UInt32(pairs.count))
    return reversed.count
  }

  /// A table with fields by their numbers; those that are nil have their default.
  mutating func table(_ fields: [Field?]) -> Offset {
    let end = reversed.count
    var places = [Int](repeating: 0, count: fields.count)
    for (number, field) in fields.enumerated() {
      switch field {
      case nil: continue
      case .bool(let value): push(UInt8(value ? 1 : 0))
      case .u8(let value): push(value)
      case .i16(let value): push(value)
      case .i32(let value): push(value)
      case .i64(let value): push(value)
      case .offset(let offset): push(offset)
      }
      places[number] = reversed.count
    }
    // The way from the table to its layout, which stands right before it.
    push(Int32(4 + 2 * fields.count))
    let table = reversed.count
    for place in places.reversed() { push(UInt16(place == 0 ? 0 : table - place)) }
    push(UInt16(table - end))
    push(UInt16(4 + 2 * fields.count))
    return table
  }

  /// The buffer, its root first.
  consuming func finish(_ root: Offset) -> [UInt8] {
    align(to: max(8, alignment), before: 4)
    push(root)
    return reversed.reversed()
  }
}
