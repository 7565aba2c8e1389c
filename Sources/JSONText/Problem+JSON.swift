import Problems

extension Problem {
  /// The reason and its byte, for a message about the whole text.
  package var reasonInText: String { "\(reason) (byte \(place.byteOffset ?? 0))" }

  /// One JSON object: `kind`, `message`, and of the place what is known: `file`, `line`, `offset`, `field`.
  public func write(to writer: inout JSONWriter, surface: Surface) {
    writer.beginObject()
    writer.key("kind")
    writer.string(kind.rawValue)
    writer.key("message")
    writer.string(text(for: surface))
    if !place.file.isEmpty {
      writer.key("file")
      writer.string(place.file)
    }
    for (name, number) in [("line", place.line), ("offset", place.byteOffset)] {
      guard let number else { continue }
      writer.key(name)
      writer.int(number)
    }
    if let field = place.field {
      writer.key("field")
      writer.string(field)
    }
    writer.endObject()
  }
}
