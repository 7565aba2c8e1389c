/// Reads the fields of a protocol buffer message, in order (the wire format of protobuf.dev/programming-guides/encoding).
///
/// Only what SentencePiece models need: varints, fixed 32 and 64 bits, and length-delimited fields.
struct ProtobufReader {
  enum Value {
    case varint(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    /// Range of bytes of the enclosing text.
    case bytes(Range<Int>)
  }

  let text: [UInt8]
  private var position: Int
  private let end: Int

  /// Offset of the next field, for messages.
  var offset: Int { position }

  init(_ text: [UInt8], _ range: Range<Int>) {
    self.text = text
    position = range.lowerBound
    end = range.upperBound
  }

  struct Malformed: Error {
    var offset: Int
  }

  /// The next field, or nil at the end of the message. O(1).
  mutating func next() throws(Malformed) -> (field: Int, value: Value)? {
    guard position < end else { return nil }
    let start = position
    let key = try varint()
    let field = Int(truncatingIfNeeded: key >> 3)
    switch key & 7 {
    case 0:
      return (field, .varint(try varint()))
    case 1:
      return (field, .fixed64(try fixed(8)))
    case 2:
      guard let length = Int(exactly: try varint()), length <= end - position else {
        throw Malformed(offset: start)
      }
      defer { position += length }
      return (field, .bytes(position..<position + length))
    case 5:
      return (field, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    default:
      throw Malformed(offset: start)
    }
  }

  private mutating func varint() throws(Malformed) -> UInt64 {
    let start = position
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while position < end, shift < 64 {
      let byte = text[position]
      position += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
    throw Malformed(offset: start)
  }

  private mutating func fixed(_ size: Int) throws(Malformed) -> UInt64 {
    guard size <= end - position else { throw Malformed(offset: position) }
    var result: UInt64 = 0
    for index in 0..<size { result |= UInt64(text[position + index]) << UInt64(8 * index) }
    position += size
    return result
  }
}
