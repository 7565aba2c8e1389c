import JSONText

/// JSON that records keep in strings: each text gets a parser of its own, so that all of them stay readable while
/// a record is read. One per worker; parsers are used again for every record.
final class NestedJSON {
  private var parsers: [JSONParser] = []
  private var used = 0
  /// Arguments of calls of this record that were texts.
  var decodedArguments = 0

  /// Forgets the texts of the last record.
  func removeAll() {
    used = 0
    decodedArguments = 0
  }

  /// The object or array that a text is; nil where it is none. O(n).
  func container(_ text: UnsafeBufferPointer<UInt8>) -> JSONNode? {
    guard let first = unsafe text.first(where: { $0 > 0x20 }),
      first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    else { return nil }
    if used == parsers.count { parsers.append(JSONParser()) }
    let padded = unsafe Array(text) + repeatElement(0, count: JSONParser.padding)
    let node = unsafe padded.withUnsafeBufferPointer { bytes in
      unsafe try? parsers[used].parseRecord(
        padded: UnsafeBufferPointer(rebasing: bytes.dropLast(JSONParser.padding)))
    }
    guard let node else { return nil }
    used += 1
    return node
  }

  /// The container that a node is, or holds as text; nil for others.
  func container(_ node: JSONNode) -> JSONNode? {
    if node.isArray || node.isObject { return node }
    guard let text = unsafe node.utf8 else { return nil }
    return unsafe container(text)
  }
}
