import JSONText

extension RecordFields {
  /// Calls `body` with each text of a record that its sample would hold: task, context and response, the
  /// text, or what the messages say. O(record), no allocation.
  public func forEachText<E: Error>(
    in found: Found, _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> Void
  ) throws(E) {
    for role in RecordRole.ofRecords where role != .tools && role != .documents {
      if let node = found[role] { unsafe try Self.visit(node, body) }
    }
  }

  /// Members of a message, and of a part of one, that hold text.
  private static let messageTexts: [StaticString] = [
    "content", "value", "text", "reasoning_content",
  ]

  private static func visit<E: Error>(
    _ node: JSONNode, _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> Void
  ) throws(E) {
    switch node.kind {
    case .string: if let text = unsafe node.utf8, !text.isEmpty { unsafe try body(text) }
    case .array: for element in node.elements { unsafe try visit(element, body) }
    case .object:
      for name in messageTexts {
        if let member = node[name] { unsafe try visit(member, body) }
      }
    default: break
    }
  }
}
