import Input
import JSONText
import Pipeline
import Problems

extension RecordReader {
  /// The records of what the user named.
  init(_ input: String, maximumRecordSize: Int = 1 << 30) throws(Problem) {
    self.init(try InputFiles.resolve([input]), maximumRecordSize: maximumRecordSize)
  }

  /// Calls `body` with one text field of each record.
  func forEachText(of field: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    let parser = JSONParser()
    unsafe try read { text, place in
      let record = unsafe try parser.record(text, at: place)
      unsafe try body(record.text(of: field, at: place))
      return true
    }
  }

  /// Calls `body` with the ids of each record: an object with the field, or the array itself.
  func forEachIDs(of field: String, _ body: ([UInt32], Place) throws -> Void) throws {
    let parser = JSONParser()
    unsafe try read { text, place in
      let record = unsafe try parser.record(text, at: place)
      let list = try record.isArray ? record : record.member(field, at: place)
      guard list.isArray else {
        throw Problem(
          .inputUnreadable, place, reason: "field \(field) is \(list.kind.name), not an array",
          remedy: "give an array of ids")
      }
      var ids: [UInt32] = []
      for element in list.elements {
        guard let id = element.int.flatMap(UInt32.init(exactly:)) else {
          throw Problem(
            .inputUnreadable, place, reason: "an id must be a number from 0 to 4294967295",
            remedy: "give an array of ids")
        }
        ids.append(id)
      }
      try body(ids, place)
      return true
    }
  }
}

extension JSONParser {
  /// The value of a record.
  func record(_ text: UnsafeBufferPointer<UInt8>, at place: Place) throws(Problem)
    -> JSONNode
  {
    do throws(Problem) {
      return unsafe try parse(padded: text)
    } catch {
      throw Problem(
        .inputUnreadable, place, reason: "not JSON: \(error.reasonInText)",
        remedy: "one JSON value a record")
    }
  }
}

extension JSONNode {
  func member(_ field: String, at place: Place) throws(Problem) -> JSONNode {
    guard let value = self[field] else {
      throw Problem(
        .inputUnreadable, place, reason: "there is no field \(field)",
        remedy: "name it with --field")
    }
    return value
  }

  func text(of field: String, at place: Place) throws(Problem)
    -> UnsafeBufferPointer<UInt8>
  {
    let value = try member(field, at: place)
    guard let text = unsafe value.utf8 else {
      throw Problem(
        .inputUnreadable, place, reason: "field \(field) is \(value.kind.name), not a string",
        remedy: "name a field with text by --field")
    }
    return unsafe text
  }
}
