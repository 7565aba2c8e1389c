/// One value of a parsed JSON text: a position on simdjson's tape.
///
/// Two pointers and an index: cheap to copy, valid until its parser's next parse or end.
/// Walking is O(1) a step; a lookup by key is linear in the object's members.
@safe public struct JSONNode {
  // SAFETY: both point into buffers of the parser that made this node; every index read from the
  // tape was written there by simdjson. The node must not outlive the next parse (documented).
  let tape: UnsafePointer<UInt64>
  let strings: UnsafePointer<UInt8>
  /// Position on the tape; unique for each value of the text.
  public let index: Int

  init(tape: UnsafePointer<UInt64>, strings: UnsafePointer<UInt8>, index: Int) {
    unsafe self.tape = unsafe tape
    unsafe self.strings = unsafe strings
    self.index = index
  }

  public enum Kind: Sendable, Hashable {
    case null, bool, int, uint, double, string, array, object
    /// A number that JSON, or 64 bits, do not hold: see `JSONNode.foreignText`.
    case foreign

    /// The word that error messages use.
    public var name: String {
      switch self {
      case .null: "null"
      case .bool: "a boolean"
      case .int, .uint, .double: "a number"
      case .string: "a string"
      case .array: "an array"
      case .object: "an object"
      case .foreign: "NaN, or a number beyond 64 bits"
      }
    }
  }

  @inline(__always) private var word: UInt64 { unsafe tape[index] }
  @inline(__always) private var tag: UInt8 { UInt8(truncatingIfNeeded: word >> 56) }
  @inline(__always) private var payload: Int { Int(word & 0x00FF_FFFF_FFFF_FFFF) }

  public var kind: Kind {
    switch tag {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "l"): .int
    case UInt8(ascii: "u"): .uint
    case UInt8(ascii: "d"): .double
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
    case Self.foreignTag: .foreign
    default: .null
    }
  }

  @inline(__always) public var isNull: Bool { tag == UInt8(ascii: "n") }
  @inline(__always) public var isString: Bool { tag == UInt8(ascii: "\"") }
  @inline(__always) public var isObject: Bool { tag == UInt8(ascii: "{") }
  @inline(__always) public var isArray: Bool { tag == UInt8(ascii: "[") }

  public var bool: Bool? {
    switch tag {
    case UInt8(ascii: "t"): true
    case UInt8(ascii: "f"): false
    default: nil
    }
  }

  /// The value of an integer that fits `Int`.
  public var int: Int? {
    switch tag {
    case UInt8(ascii: "l"): unsafe Int(truncatingIfNeeded: Int64(bitPattern: tape[index + 1]))
    case UInt8(ascii: "u"): unsafe Int(exactly: tape[index + 1])
    default: nil
    }
  }

  /// The value of an integer beyond `Int.max`.
  public var uint: UInt64? { tag == UInt8(ascii: "u") ? unsafe tape[index + 1] : nil }

  /// The value of any number, as a double.
  public var double: Double? {
    switch tag {
    case UInt8(ascii: "d"): unsafe Double(bitPattern: tape[index + 1])
    case UInt8(ascii: "l"): unsafe Double(Int64(bitPattern: tape[index + 1]))
    case UInt8(ascii: "u"): unsafe Double(tape[index + 1])
    default: nil
    }
  }

  /// The unescaped UTF-8 bytes of a string, in the parser's buffer; nil for other kinds.
  @inline(__always)
  public var utf8: UnsafeBufferPointer<UInt8>? {
    guard tag == UInt8(ascii: "\"") else { return nil }
    let start = unsafe strings + payload
    let count = unsafe UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
    return unsafe UnsafeBufferPointer(start: start + 4, count: Int(count))
  }

  /// A copy of a string. Compare tokens as bytes, never as `String`: canonical equivalence merges
  /// distinct ones.
  public var string: String? {
    guard let utf8 = unsafe utf8 else { return nil }
    return unsafe String(decoding: utf8, as: UTF8.self)
  }

  /// A copy of a string's bytes.
  public var bytes: [UInt8]? {
    guard let utf8 = unsafe utf8 else { return nil }
    return unsafe Array(utf8)
  }

  /// Members of an object or elements of an array (saturates at 0xFFFFFF as simdjson's does).
  public var count: Int { isObject || isArray ? (payload >> 32) & 0xFF_FFFF : 0 }

  /// Index of the value after this one.
  @inline(__always)
  private var end: Int {
    switch tag {
    case UInt8(ascii: "{"), UInt8(ascii: "["): payload & 0xFFFF_FFFF
    case UInt8(ascii: "l"), UInt8(ascii: "u"), UInt8(ascii: "d"): index + 2
    default: index + 1
    }
  }

  @inline(__always)
  private func at(_ index: Int) -> JSONNode {
    unsafe JSONNode(tape: tape, strings: strings, index: index)
  }

  /// The elements of an array, in order; empty for other kinds.
  public var elements: Elements { Elements(self) }

  /// The members of an object, in order, duplicates included; empty for other kinds.
  public var members: Members { Members(self) }

  /// The value of the last member with this key (as Python's `json` reads duplicates).
  public subscript(key: StaticString) -> JSONNode? {
    unsafe self[UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)]
  }

  /// The value of the last member with this key.
  public subscript(key: UnsafeBufferPointer<UInt8>) -> JSONNode? {
    var found: JSONNode?
    for (name, value) in members
    where unsafe name.utf8?.isEqual(to: key) == true {
      found = value
    }
    return found
  }

  /// The value of the last member with this key.
  public subscript(key: String) -> JSONNode? {
    var key = key
    return key.withUTF8 { unsafe self[$0] }
  }

  public struct Elements: Sequence, IteratorProtocol {
    private var upcoming: JSONNode
    private let end: Int

    init(_ array: JSONNode) {
      upcoming = array.at(array.index + 1)
      end = array.isArray ? array.end - 1 : array.index + 1
    }

    public mutating func next() -> JSONNode? {
      guard upcoming.index < end else { return nil }
      defer { upcoming = upcoming.at(upcoming.end) }
      return upcoming
    }
  }

  public struct Members: Sequence, IteratorProtocol {
    private var upcoming: JSONNode
    private let end: Int

    init(_ object: JSONNode) {
      upcoming = object.at(object.index + 1)
      end = object.isObject ? object.end - 1 : object.index + 1
    }

    /// The key is a string node.
    public mutating func next() -> (key: JSONNode, value: JSONNode)? {
      guard upcoming.index < end else { return nil }
      let key = upcoming
      let value = key.at(key.end)
      upcoming = value.at(value.end)
      return (key, value)
    }
  }
}
