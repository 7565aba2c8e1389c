/// One value of the template language: 16 plain bytes, whose contents lie in a `ValueHeap`.
struct Value: BitwiseCopyable {
  enum Tag: UInt8 {
    /// A variable that has no value yet; never seen by an operation.
    case missing
    case undefined
    case none
    case bool
    case int
    /// An integer of a record beyond `Int.max`.
    case unsigned
    case float
    case string
    case list
    case tuple
    case range
    /// A generator: can be walked once.
    case iterator
    case dictionary
    case keysView, valuesView, itemsView
    case namespace
    case loop
    case macro
    case builtin
    case method
    case cycler
    case joiner
  }

  /// A number, or where the contents lie: start in the low half, count in the high half.
  var bits: UInt64
  /// `extra`, `tag`, `flag` and `atom` from the lowest bit on: one word, so that a value travels in two
  /// registers and is not taken apart on the way.
  private var word: UInt64

  @inline(__always)
  init(_ tag: Tag, bits: UInt64 = 0, extra: UInt32 = 0, flag: UInt8 = 0, atom: UInt16 = 0) {
    self.bits = bits
    word =
      UInt64(extra) | UInt64(tag.rawValue) << 32 | UInt64(flag) << 40 | UInt64(atom) << 48
  }

  /// Of a string: its length in bytes. Of containers and scalars: the index of the path in the record
  /// that they were read from, 0 where the template made them.
  @inline(__always) var extra: UInt32 { UInt32(truncatingIfNeeded: word) }
  @inline(__always) var tag: Tag {
    // SAFETY: these bits are only ever written from a tag.
    unsafe unsafeBitCast(UInt8(truncatingIfNeeded: word >> 32), to: Tag.self)
  }
  /// Of a string: whether it is marked as safe HTML (`Markup`). Of undefined: what is not defined. Of a
  /// tuple: `groupFlag` where `groupby` made it.
  @inline(__always) var flag: UInt8 {
    get { UInt8(truncatingIfNeeded: word >> 40) }
    set { word = word & ~(0xFF << 40) | UInt64(newValue) << 40 }
  }
  /// Of a string: the number of a name that the template uses, 0 for other texts and texts not looked up.
  @inline(__always) var atom: UInt16 {
    get { UInt16(truncatingIfNeeded: word >> 48) }
    set { word = word & ~(0xFFFF << 48) | UInt64(newValue) << 48 }
  }

  @inline(__always)
  init(_ tag: Tag, start: Int, count: Int, extra: UInt32 = 0, flag: UInt8 = 0) {
    self.init(
      tag,
      bits: UInt64(UInt32(truncatingIfNeeded: start)) | UInt64(UInt32(truncatingIfNeeded: count))
        << 32,
      extra: extra, flag: flag)
  }

  /// Marks a tuple whose items have the names `grouper` and `list` too.
  static let groupFlag: UInt8 = 2

  static var missing: Value { Value(.missing) }
  static var none: Value { Value(.none) }
  @inline(__always) static func bool(_ value: Bool) -> Value { Value(.bool, bits: value ? 1 : 0) }
  @inline(__always) static func int(_ value: Int) -> Value {
    Value(.int, bits: UInt64(bitPattern: Int64(value)))
  }
  @inline(__always) static func float(_ value: Double) -> Value {
    Value(.float, bits: value.bitPattern)
  }

  @inline(__always) var start: Int { Int(bits & 0xFFFF_FFFF) }
  @inline(__always) var count: Int { Int(bits >> 32) }
  @inline(__always) var range: Range<Int> { start..<start + count }
  @inline(__always) var bool: Bool { bits != 0 }
  @inline(__always) var int: Int { Int(Int64(bitPattern: bits)) }
  @inline(__always) var float: Double { Double(bitPattern: bits) }
  @inline(__always) var isString: Bool { tag == .string }
  @inline(__always) var isUndefined: Bool { tag == .undefined || tag == .missing }
  var isMarkup: Bool { tag == .string && flag & 1 != 0 }
  /// Kinds whose items lie side by side in the heap.
  var isSequence: Bool { tag == .list || tag == .tuple || tag == .range }
  var isNumber: Bool {
    switch tag {
    case .bool, .int, .unsigned, .float: true
    default: false
    }
  }
}

/// A stretch of bytes of one author: strings are rows of pieces.
struct Piece: BitwiseCopyable {
  var offset: UInt32
  var count: UInt32
  var origin: Origin

  @inline(__always) var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }
}

/// Who wrote a piece: its kind, whether a `{% generation %}` block printed it, and a path of the record.
struct Origin: BitwiseCopyable, Equatable {
  enum Kind: UInt32 { case template, field, derived, role }

  var bits: UInt32

  @inline(__always) init(bits: UInt32) { self.bits = bits }

  @inline(__always) init(_ kind: Kind, path: UInt32 = 0) { bits = kind.rawValue | path << 3 }

  static var template: Origin { Origin(.template) }

  /// The bit of what a `{% generation %}` block printed.
  static let generationMark: UInt32 = 4

  var kind: Kind { Kind(rawValue: bits & 3) ?? .derived }
  @inline(__always) var path: Int { Int(bits >> 3) }
  var isGeneration: Bool { bits & Self.generationMark != 0 }

  /// The same author after a computation that keeps no byte in its place.
  var derived: Origin {
    var origin = self
    if kind == .field { origin.bits = bits & ~3 | Kind.derived.rawValue }
    return origin
  }
}

/// A member of a dictionary.
struct Entry: BitwiseCopyable {
  var key: Value
  var value: Value
}
