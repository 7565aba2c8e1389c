extension JSONWriter {
  /// A parsed value, whole. O(n), and recursion as deep as the value.
  public mutating func node(_ node: JSONNode) {
    switch node.kind {
    case .null: null()
    case .bool: bool(node.bool ?? false)
    case .int, .uint:
      if let value = node.int { int(value) } else { double(node.double ?? 0) }
    case .double: double(node.double ?? 0)
    case .string: if let text = unsafe node.utf8 { unsafe utf8(text) }
    case .foreign: string(node.foreignText ?? "")
    case .array:
      beginArray()
      for element in node.elements { self.node(element) }
      endArray()
    case .object:
      beginObject()
      for (name, value) in node.members {
        key(name.string ?? "")
        self.node(value)
      }
      endObject()
    }
  }
}
