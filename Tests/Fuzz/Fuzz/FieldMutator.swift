/// Changes messages of protocol buffers field by field, lengths kept right.
struct FieldMutator {
  /// A field; what can be read as a message is one.
  private indirect enum Field {
    case number(tag: UInt64, UInt64)
    case fixed(tag: UInt64, [UInt8])
    case bytes(tag: UInt64, [UInt8])
    case message(tag: UInt64, [Field])
  }

  func change(
    _ input: [UInt8], other: [UInt8], limit: Int, using generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    guard var fields = Self.fields(input[...], depth: 0) else {
      return BinaryMutator().change(input, other: other, limit: limit, using: &generator)
    }
    change(&fields, other: Self.fields(other[...], depth: 0) ?? [], &generator)
    var output: [UInt8] = []
    for field in fields { Self.write(field, to: &output) }
    return Array(output.prefix(limit))
  }

  private func change(
    _ fields: inout [Field], other: [Field], _ generator: inout some RandomNumberGenerator
  ) {
    guard !fields.isEmpty else { return }
    let place = Int.random(in: fields.indices, using: &generator)
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: fields.remove(at: place)
    case 1: fields.insert(fields[place], at: Int.random(in: fields.indices, using: &generator))
    case 2:
      if let taken = other.randomElement(using: &generator) { fields[place] = taken }
    case 3: fields.swapAt(place, Int.random(in: fields.indices, using: &generator))
    default:
      switch fields[place] {
      case .number(let tag, let value):
        fields[place] = .number(
          tag: tag,
          [value &+ 1, 0, .max, 1 << 31, value &* 2].randomElement(using: &generator) ?? 0)
      case .fixed(let tag, let bytes):
        fields[place] = .fixed(
          tag: tag,
          bytes.map { _ in [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0 })
      case .bytes(let tag, let bytes):
        fields[place] = .bytes(
          tag: tag,
          BinaryMutator().change(bytes, other: bytes, limit: 1 << 16, using: &generator))
      case .message(let tag, var inner):
        change(&inner, other: inner, &generator)
        fields[place] = .message(tag: tag, inner)
      }
    }
  }

  private static func fields(_ bytes: ArraySlice<UInt8>, depth: Int) -> [Field]? {
    var rest = bytes
    var fields: [Field] = []
    while !rest.isEmpty {
      guard let tag = varint(&rest) else { return nil }
      switch tag & 7 {
      case 0:
        guard let value = varint(&rest) else { return nil }
        fields.append(.number(tag: tag, value))
      case 1, 5:
        let width = tag & 7 == 1 ? 8 : 4
        guard rest.count >= width else { return nil }
        fields.append(.fixed(tag: tag, Array(rest.prefix(width))))
        rest = rest.dropFirst(width)
      case 2:
        guard let count = varint(&rest), count <= UInt64(rest.count) else { return nil }
        let content = rest.prefix(Int(count))
        rest = rest.dropFirst(Int(count))
        if depth < 2, !content.isEmpty, let inner = self.fields(content, depth: depth + 1) {
          fields.append(.message(tag: tag, inner))
        } else {
          fields.append(.bytes(tag: tag, Array(content)))
        }
      default: return nil
      }
    }
    return fields
  }

  private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    return nil
  }

  private static func append(_ value: UInt64, to output: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    output.append(UInt8(rest))
  }

  private static func write(_ field: Field, to output: inout [UInt8]) {
    switch field {
    case .number(let tag, let value):
      append(tag, to: &output)
      append(value, to: &output)
    case .fixed(let tag, let bytes):
      append(tag, to: &output)
      output += bytes
    case .bytes(let tag, let bytes):
      append(tag, to: &output)
      append(UInt64(bytes.count), to: &output)
      output += bytes
    case .message(let tag, let fields):
      var content: [UInt8] = []
      for field in fields { write(field, to: &content) }
      append(tag, to: &output)
      append(UInt64(content.count), to: &output)
      output += content
    }
  }
}
