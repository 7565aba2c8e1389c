import JSONText

/// One text field of the records of a file, a JSON object a line; blank lines are passed over.
struct RecordTexts {
  private var lines: LineReader
  private let parser = JSONParser()
  private let field: String

  init(_ path: String, field: String) throws(InputError) {
    lines = try LineReader(path)
    self.field = field
  }

  /// Calls `body` with the text of the next record; false at the end.
  mutating func next(_ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws -> Bool {
    let (parser, field, name, number) = (parser, field, lines.name, lines.line + 1)
    let found: Void? = unsafe try lines.next { line in
      guard let record = unsafe try parser.record(line, name, number) else { return }
      guard let value = record[field] else {
        throw InputError(
          file: name, line: number, reason: "there is no field \(field)",
          remedy: "name it with --field")
      }
      guard let text = unsafe value.utf8 else {
        throw InputError(
          file: name, line: number, reason: "field \(field) is \(value.kind.name), not a string",
          remedy: "name a field with text by --field")
      }
      unsafe try body(text)
    }
    return found != nil
  }

  func close() { lines.close() }
}

/// One field of ids of the records of a file: an object with the field, or the array itself, a line.
struct RecordIDs {
  private var lines: LineReader
  private let parser = JSONParser()
  private let field: String

  init(_ path: String, field: String) throws(InputError) {
    lines = try LineReader(path)
    self.field = field
  }

  var name: String { lines.name }
  var line: Int { lines.line }

  /// The ids of the next record; nil at the end.
  mutating func next() throws -> [UInt32]? {
    let (parser, field, name) = (parser, field, lines.name)
    while true {
      let number = lines.line + 1
      let found = unsafe try lines.next { line -> [UInt32]? in
        guard let record = unsafe try parser.record(line, name, number) else { return nil }
        guard let list = record.isArray ? record : record[field] else {
          throw InputError(
            file: name, line: number, reason: "there is no field \(field)",
            remedy: "name it with --field")
        }
        var ids: [UInt32] = []
        for element in list.elements {
          guard let id = element.int.flatMap(UInt32.init(exactly:)) else {
            throw InputError(
              file: name, line: number, reason: "an id is no number from 0 to 4294967295",
              remedy: "give an array of ids")
          }
          ids.append(id)
        }
        guard list.isArray else {
          throw InputError(
            file: name, line: number, reason: "field \(field) is \(list.kind.name), not an array",
            remedy: "give an array of ids")
        }
        return ids
      }
      guard let found else { return nil }
      if let found { return found }
    }
  }

  func close() { lines.close() }
}

extension JSONParser {
  /// The value of a line; nil where it is blank.
  fileprivate func record(_ line: UnsafeBufferPointer<UInt8>, _ file: String, _ number: Int) throws
    -> JSONNode?
  {
    guard unsafe line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else {
      return nil
    }
    do throws(JSONError) {
      return unsafe try parse(padded: line)
    } catch {
      throw InputError(
        file: file, line: number, reason: "not JSON: \(error)", remedy: "one JSON value a line")
    }
  }
}
