/// Objects and arrays whose ends cannot be forgotten.
extension JSONWriter {
  /// An object whose members `body` writes.
  public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
    beginObject()
    try body(&self)
    endObject()
  }

  public mutating func member(_ name: StaticString, _ value: Int) {
    key(name)
    int(value)
  }

  public mutating func member(_ name: String, _ value: Int) {
    key(name)
    int(value)
  }

  public mutating func member(_ name: StaticString, _ value: String) {
    key(name)
    string(value)
  }

  public mutating func member(_ name: String, _ value: String) {
    key(name)
    string(value)
  }

  /// A member that is an array; `body` writes each element.
  public mutating func array<Items: Sequence>(
    _ name: StaticString, _ items: Items, _ body: (Items.Element, inout JSONWriter) -> Void
  ) {
    key(name)
    beginArray()
    for item in items { body(item, &self) }
    endArray()
  }
}
