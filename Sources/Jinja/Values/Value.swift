/// One value of the template language: 16 plain bytes, whose contents lie in a `ValueHeap`.
package struct Value: BitwiseCopyable {
  package enum Tag: UInt8 {
    /// A variable that has no value yet; never seen by an operation.
    case missing
    case undefined
    case none
    case bool
    case int
    /// An integer that does not fit 64 bits, by its place in the heap.
    case big
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
    /// `self`: the blocks of the template.
    case blocks
  }

  /// A number, or where the contents lie: start in the low half, count in the high half.
  package var bits: UInt64
  /// `extra`, `tag`, `flag` and `atom` from the lowest bit on: one word, so that a value travels in two
  /// registers and is not taken apart on the way.
  @usableFromInline var word: UInt64

  @inline(__always)
  @inlinable package init(
    _ tag: Tag, bits: UInt64 = 0, extra: UInt32 = 0, flag: UInt8 = 0, atom: UInt16 = 0
  ) {
    self.bits = bits
    word =
      UInt64(extra) | UInt64(tag.rawValue) << 32 | UInt64(flag) << 40 | UInt64(atom) << 48
  }

  /// Of a string: its length in bytes. Of undefined: the tag of what it was looked up in.
  /// Of a range: where its bounds lie. Of all others: the author
  /// that the host gave them, 0 where the template made them.
  @inline(__always) @inlinable package var extra: UInt32 { UInt32(truncatingIfNeeded: word) }
  @inline(__always) @inlinable package var tag: Tag {
    // SAFETY: these bits are only ever written from a tag.
    unsafe unsafeBitCast(UInt8(truncatingIfNeeded: word >> 32), to: Tag.self)
  }
  /// Of a string: whether it is marked as safe HTML (`Markup`). Of undefined: what is not defined. Of a
  /// tuple: `groupFlag` where `groupby` made it.
  @inline(__always) @inlinable package var flag: UInt8 {
    get { UInt8(truncatingIfNeeded: word >> 40) }
    set { word = word & ~(0xFF << 40) | UInt64(newValue) << 40 }
  }
  /// Of a string: the number of a name that the template uses, 0 for other texts and texts not looked up.
  @inline(__always) @inlinable package var atom: UInt16 {
    get { UInt16(truncatingIfNeeded: word >> 48) }
    set { word = word & ~(0xFFFF << 48) | UInt64(newValue) << 48 }
  }

  @inline(__always)
  @inlinable package init(_ tag: Tag, start: Int, count: Int, extra: UInt32 = 0, flag: UInt8 = 0) {
    self.init(
      tag,
      bits: UInt64(UInt32(truncatingIfNeeded: start)) | UInt64(UInt32(truncatingIfNeeded: count))
        << 32,
      extra: extra, flag: flag)
  }

  /// Whether it is the very same, not only equal.
  @inline(__always) func isIdentical(to other: Value) -> Bool {
    bits == other.bits && word == other.word
  }

  /// Marks a tuple whose items have the names `grouper` and `list` too.
  static let groupFlag: UInt8 = 2

  @inlinable package static var missing: Value { Value(.missing) }
  @inlinable package static var none: Value { Value(.none) }
  @inline(__always) @inlinable package static func bool(_ value: Bool) -> Value {
    Value(.bool, bits: value ? 1 : 0)
  }
  @inline(__always) @inlinable package static func int(_ value: Int) -> Value {
    Value(.int, bits: UInt64(bitPattern: Int64(value)))
  }
  @inline(__always) @inlinable package static func float(_ value: Double) -> Value {
    Value(.float, bits: value.bitPattern)
  }

  @inline(__always) @inlinable package var start: Int { Int(bits & 0xFFFF_FFFF) }
  @inline(__always) @inlinable package var count: Int { Int(bits >> 32) }
  @inline(__always) @inlinable package var range: Range<Int> { start..<start + count }
  @inline(__always) @inlinable package var bool: Bool { bits != 0 }
  @inline(__always) @inlinable package var int: Int { Int(Int64(bitPattern: bits)) }
  @inline(__always) @inlinable package var float: Double { Double(bitPattern: bits) }
  @inline(__always) @inlinable package var isString: Bool { tag == .string }
  @inline(__always) @inlinable package var isUndefined: Bool {
    tag == .undefined || tag == .missing
  }
  var isMarkup: Bool { tag == .string && flag & 1 != 0 }
  /// The author that the host gave it; 0 for what the template made, and for strings, whose pieces have theirs.
  @inlinable package var author: UInt32 {
    switch tag {
    case .string, .undefined, .missing, .range: 0
    default: extra
    }
  }
  /// Kinds whose items lie side by side in the heap.
  var isSequence: Bool { tag == .list || tag == .tuple || tag == .range }
  var isNumber: Bool {
    switch tag {
    case .bool, .int, .big, .float: true
    default: false
    }
  }
}

/// A stretch of bytes of one author: strings are rows of pieces.
package struct Piece: BitwiseCopyable {
  var offset: UInt32
  var count: UInt32
  var origin: Origin

  @inline(__always) @inlinable package var range: Range<Int> {
    Int(offset)..<Int(offset) + Int(count)
  }
}

/// Who wrote a piece: how it came from its author, whether a `{% generation %}` block printed it, and the
/// number by which the host knows the author (0: none).
package struct Origin: BitwiseCopyable, Equatable {
  package enum Kind: UInt32 {
    /// Literal text of the template.
    case template
    /// Copied byte by byte.
    case field
    /// Computed: no byte keeps its place.
    case derived
    /// One of a closed list of words: still the author's own when the template changes it.
    case word
  }

  @usableFromInline package var bits: UInt32

  @inline(__always) @inlinable package init(bits: UInt32) { self.bits = bits }

  @inline(__always) @inlinable package init(_ kind: Kind, author: UInt32 = 0) {
    bits = kind.rawValue | author << 3
  }

  package static var template: Origin { Origin(.template) }

  /// The bit of what a `{% generation %}` block printed.
  static let generationMark: UInt32 = 4

  @inlinable package var kind: Kind { Kind(rawValue: bits & 3) ?? .derived }
  @inline(__always) @inlinable package var author: Int { Int(bits >> 3) }
  package var isGeneration: Bool { bits & Self.generationMark != 0 }

  /// The same author after a computation that keeps no byte in its place.
  var derived: Origin {
    var origin = self
    if kind == .field { origin.bits = bits & ~3 | Kind.derived.rawValue }
    return origin
  }
}

/// A member of a dictionary.
package struct Entry: BitwiseCopyable {
  package var key: Value
  package var value: Value

  @inlinable package init(key: Value, value: Value) {
    self.key = key
    self.value = value
  }
}
