import Problems

extension JSONParser {
  /// Parses a record as Python's `json` reads it: NaN, Infinity, integers beyond 64 bits and floats beyond the
  /// range become nodes of kind `foreign`, for whoever reads that field to refuse. `text` must be followed by
  /// `padding` readable bytes. The result is valid until the next parse. O(n).
  public func parseRecord(padded text: UnsafeBufferPointer<UInt8>) throws(Problem) -> JSONNode {
    do throws(Problem) {
      return unsafe try parse(padded: text)
    } catch {
      let places = unsafe try JSONDiagnosis.foreignNumbers(in: text)
      guard !places.isEmpty, let mark = unsafe ForeignMark(for: text) else { throw error }
      var copy: [UInt8] = []
      copy.reserveCapacity(text.count + places.count * (mark.bytes.count + 2) + Self.padding)
      var start = 0
      for place in places {
        unsafe copy += text[start..<place.lowerBound]
        copy.append(UInt8(ascii: "\""))
        copy += mark.bytes
        unsafe copy += text[place]
        copy.append(UInt8(ascii: "\""))
        start = place.upperBound
      }
      unsafe copy += text[start...]
      let root = try parse(copy)
      root.markForeign(mark.bytes)
      return root
    }
  }
}

/// What stands before a foreign number while it travels through the parser as a string.
private struct ForeignMark {
  let bytes: [UInt8]

  /// A mark that no string of the text holds; nil where that is not certain.
  init?(for text: UnsafeBufferPointer<UInt8>) {
    // U+FDD0 is no character: texts do not hold it, neither as it is nor escaped.
    bytes = [0xEF, 0xB7, 0x90]
    let escape = Array("\\ufdd0".utf8)
    for start in text.indices {
      if unsafe text[start] == bytes[0], unsafe text[start...].starts(with: bytes) { return nil }
      guard unsafe text[start] == escape[0], start + escape.count <= text.count else { continue }
      let isEscape = unsafe text[start..<start + escape.count].elementsEqual(escape) {
        $0 == $1 || $0 | 0x20 == $1
      }
      if isEscape { return nil }
    }
  }
}

extension JSONNode {
  /// How the tape marks a foreign number; simdjson has no such tag.
  static let foreignTag = UInt8(ascii: "x")

  /// A foreign number as the text has it: `NaN`, `-Infinity`, `12345678901234567890123`; nil for other kinds.
  public var foreignText: String? {
    guard kind == .foreign else { return nil }
    let start = unsafe strings + Int(tape[index] & 0x00FF_FFFF_FFFF_FFFF)
    let count = unsafe UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
    // The mark is one character of three bytes.
    let text = unsafe UnsafeBufferPointer(start: start + 4 + 3, count: max(0, Int(count) - 3))
    return unsafe String(decoding: text, as: UTF8.self)
  }

  /// Whether nothing is there: null, or the NaN that pandas writes for it.
  public var isAbsent: Bool { isNull || foreignText == "NaN" }

  /// Turns the strings below this node that begin with `mark` into foreign numbers. O(n).
  fileprivate func markForeign(_ mark: [UInt8]) {
    for child in elements { child.markForeign(mark) }
    for (_, child) in members { child.markForeign(mark) }
    guard let text = unsafe utf8, unsafe text.starts(with: mark) else { return }
    // SAFETY: the tape is the parser's own buffer, which it hands out as constant and writes anew with each
    // parse; this word stays a value of one word.
    let word = unsafe UnsafeMutablePointer(mutating: tape + index)
    unsafe word.pointee = word.pointee & 0x00FF_FFFF_FFFF_FFFF | UInt64(Self.foreignTag) << 56
  }

  /// Whether two values are the same JSON, members in the same order. O(n).
  public func isEqual(to other: JSONNode) -> Bool {
    guard kind == other.kind else { return false }
    switch kind {
    case .null: return true
    case .bool: return bool == other.bool
    case .int, .uint: return int == other.int && uint == other.uint
    case .double: return double == other.double
    case .foreign: return foreignText == other.foreignText
    case .string:
      guard let mine = unsafe utf8, let theirs = unsafe other.utf8 else { return false }
      return unsafe mine.elementsEqual(theirs)
    case .array:
      guard count == other.count else { return false }
      return zip(elements, other.elements).allSatisfy { $0.isEqual(to: $1) }
    case .object:
      guard count == other.count else { return false }
      return zip(members, other.members).allSatisfy {
        $0.key.isEqual(to: $1.key) && $0.value.isEqual(to: $1.value)
      }
    }
  }
}
