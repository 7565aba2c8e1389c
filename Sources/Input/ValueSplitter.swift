import Problems

/// Finds where records lie in a file of JSON values: the elements of arrays, and values on their own.
///
/// A byte machine that keeps its state between reads and blocks. It looks at brackets and strings
/// only: whether a record is JSON is for the parser to say. A line that ends inside a string breaks
/// the record; it then lasts until a line that begins with `{`.
struct ValueSplitter {
  /// Next byte to look at, from the start of the block.
  private(set) var position = 0
  /// Line ends before `position` in the block.
  private(set) var line = 0
  /// Where the record that `position` is in began.
  private(set) var recordStart = 0
  private(set) var recordLine = 0

  private var isStartOfFile = true
  /// Open arrays of records around `position`: 0 or 1.
  private var isInArray = false
  private var state = State.between
  private var depth = 0

  private enum State {
    case between, container, string, escape, scalarString, scalarEscape, scalar, broken,
      brokenLineStart
  }

  /// Whether `position` is outside all records.
  var isBetween: Bool { state == .between }

  mutating func beginBlock(isStartOfFile: Bool) {
    position = 0
    line = 0
    self.isStartOfFile = isStartOfFile
  }

  /// Looks at bytes from `position` on; stops at the end, or outside a record at `limit` or after.
  mutating func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, until limit: Int, into records: inout [RecordPlace]
  ) {
    if isStartOfFile, position == 0, bytes.count >= 3, unsafe bytes[0] == 0xEF,
      unsafe bytes[1] == 0xBB, unsafe bytes[2] == 0xBF
    {
      position = 3
    }
    while position < bytes.count {
      if state == .between, position >= limit { return }
      let ended = step(unsafe bytes[position])
      if let ended {
        let end = ended == .after ? position + 1 : position
        records.append(RecordPlace(start: recordStart, end: end, line: recordLine))
        // A byte that ends a record without belonging to it is looked at again.
        if ended == .before { continue }
      }
      position += 1
    }
  }

  /// Looks at bytes that are not kept, to the end of the record; how many belong to it.
  mutating func skip(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var index = 0
    while index < bytes.count, state != .between {
      let ended = step(unsafe bytes[index])
      if ended == .before { break }
      index += 1
    }
    return index
  }

  /// The file ends here: closes the last record, and says what is missing.
  mutating func finish(count: Int, into records: inout [RecordPlace]) -> BlockProblem? {
    if state != .between {
      records.append(RecordPlace(start: recordStart, end: count, line: recordLine))
      state = .between
      return nil
    }
    guard isInArray else { return nil }
    return BlockProblem(
      start: count, line: line, head: [], kind: .invalidJSON,
      reason: "the array of records is not closed",
      remedy: "the file may be cut off: make or copy it again")
  }

  /// The file ended inside a record that was read over.
  mutating func abandon() { state = .between }

  private enum Ended { case before, after }

  /// Takes one byte; whether a record ended before or after it.
  private mutating func step(_ byte: UInt8) -> Ended? {
    let newline = UInt8(ascii: "\n")
    switch state {
    case .container:
      switch byte {
      case UInt8(ascii: "\""): state = .string
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 {
          state = .between
          return .after
        }
      case newline: line += 1
      default: break
      }
    case .string:
      if byte == UInt8(ascii: "\"") {
        state = .container
      } else if byte == UInt8(ascii: "\\") {
        state = .escape
      } else if byte == newline {
        line += 1
        state = .brokenLineStart
      }
    case .escape:
      state = .string
      if byte == newline {
        line += 1
        state = .brokenLineStart
      }
    case .between:
      switch byte {
      case newline: line += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
      case UInt8(ascii: ",") where isInArray: break
      case UInt8(ascii: "]") where isInArray: isInArray = false
      case UInt8(ascii: "[") where !isInArray: isInArray = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        begin(.container)
        depth = 1
      case UInt8(ascii: "\""): begin(.scalarString)
      default: begin(.scalar)
      }
    case .scalar:
      switch byte {
      case newline, UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: ","),
        UInt8(ascii: "]"), UInt8(ascii: "["), UInt8(ascii: "{"):
        state = .between
        return .before
      default: break
      }
    case .scalarString:
      if byte == UInt8(ascii: "\"") {
        state = .between
        return .after
      }
      if byte == UInt8(ascii: "\\") { state = .scalarEscape }
      if byte == newline {
        state = .between
        return .before
      }
    case .scalarEscape: state = .scalarString
    case .broken:
      if byte == newline {
        line += 1
        state = .brokenLineStart
      }
    case .brokenLineStart:
      switch byte {
      case UInt8(ascii: "{"):
        state = .between
        return .before
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
      case newline: line += 1
      default: state = .broken
      }
    }
    return nil
  }

  private mutating func begin(_ next: State) {
    state = next
    recordStart = position
    recordLine = line
  }
}
