import Problems

/// A JSON value that spans lines, in a file whose name says that each line is a record.
enum SpreadValue {
  /// Whether a file of lines begins so: a brace or bracket alone on the first line, and what belongs inside on the next.
  static func begins(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let head = unsafe Array(bytes.prefix(4096))
    let lines = head.split(separator: UInt8(ascii: "\n"), maxSplits: 2).prefix(2).map { line in
      line.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
    }
    guard lines.count == 2, let next = lines[1].first, let last = lines[1].last else {
      return false
    }
    let first = lines[0].starts(with: [0xEF, 0xBB, 0xBF]) ? Array(lines[0].dropFirst(3)) : lines[0]
    switch first {
    case [UInt8(ascii: "{")]: return next == UInt8(ascii: "\"")
    case [UInt8(ascii: "[")]:
      return next == UInt8(ascii: "{") && (last == UInt8(ascii: ",") || lines[1].count == 1)
    default: return false
    }
  }

  static func problem(_ path: String, isArray: Bool) -> Problem {
    let filter = isArray ? "'.[]'" : "."
    let isInput = path == "-"
    return Problem(
      .inputUnsupported, Place(file: path, line: 1),
      reason: "the JSON values span lines, and one record a line is expected",
      remedy: isInput
        ? "write one record a line, as jq -c \(filter) does"
        : "name the file .json, or write one record a line: jq -c \(filter) \(path)")
  }
}
