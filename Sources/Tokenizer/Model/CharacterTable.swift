import Patterns

/// Ids of tokens of one character: a table for ASCII, a hash table for the rest.
struct CharacterTable: Sendable {
  private var ascii = [UInt32](repeating: BPEModel.none, count: 128)
  /// `scalar << 32 | id`, `free` where empty. A power of two.
  private var slots: [UInt64]
  private static let free = UInt64.max

  /// Collects the characters of a vocabulary of texts, but for those of `hidden`.
  init(_ vocabulary: Vocabulary, without hidden: Set<UInt32> = []) {
    var characters: [(scalar: UInt32, id: UInt32)] = []
    if !vocabulary.isByteLevel {
      for entry in vocabulary.entries
      where (1...4).contains(entry.length) && !hidden.contains(entry.id) {
        let bytes = Array(vocabulary.bytes(of: entry))
        let scalar = bytes.scalar(at: 0)
        if scalar.length == bytes.count { characters.append((scalar.value, entry.id)) }
      }
    }
    var size = 16
    while size < characters.count * 2 { size *= 2 }
    slots = [UInt64](repeating: Self.free, count: size)
    for (scalar, id) in characters {
      if scalar < 128 {
        ascii[Int(scalar)] = id
      } else {
        var slot = home(scalar)
        while slots[slot] != Self.free { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt64(scalar) << 32 | UInt64(id)
      }
    }
  }

  @inline(__always)
  private func home(_ scalar: UInt32) -> Int {
    Int(truncatingIfNeeded: (UInt64(scalar) &* 0x9E37_79B9_7F4A_7C15) >> 40) & (slots.count - 1)
  }

  /// nil where the character is no token. O(1).
  @inline(__always)
  func id(of scalar: UInt32) -> UInt32? {
    if scalar < 128 {
      let id = ascii[Int(scalar)]
      return id == BPEModel.none ? nil : id
    }
    var slot = home(scalar)
    while slots[slot] != Self.free {
      if UInt32(slots[slot] >> 32) == scalar { return UInt32(truncatingIfNeeded: slots[slot]) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// The id of the character at `position` of well-formed UTF-8.
  @inline(__always)
  func id(of text: UnsafeBufferPointer<UInt8>, at position: Int, length: Int) -> UInt32? {
    let scalar = unsafe text.scalar(at: position)
    return scalar.length == length ? id(of: scalar.value) : nil
  }
}

/// Which neighbouring characters some merge may join: a text can be cut between all others without changing its tokens.
///
/// A symbol covers `…xy…` only if a merge joined a symbol that ends with x to one that begins with y.
struct JointTable: Sendable {
  private var slots: [UInt64]
  private static let free = UInt64.max

  init(_ vocabulary: Vocabulary, _ merges: [BPEDefinition.Merge]) {
    var size = 1024
    while size < merges.count { size *= 2 }
    slots = [UInt64](repeating: Self.free, count: size)
    var used = 0
    // First and last characters of the tokens that are part of a merge.
    func ends(_ id: UInt32) -> (first: UInt32, last: UInt32)? {
      guard let entry = vocabulary.entry(of: id), entry.length > 0 else { return nil }
      let bytes = vocabulary.bytes(of: entry)
      return unsafe bytes.withUnsafeBufferPointer { text in
        var last = text.count - 1
        while last > 0, unsafe text[last] & 0xC0 == 0x80 { last -= 1 }
        return unsafe (text.scalar(at: 0).value, text.scalar(at: last).value)
      }
    }
    for merge in merges {
      guard let left = ends(merge.left)?.last, let right = ends(merge.right)?.first else {
        continue
      }
      if (used + 1) * 2 > slots.count { grow() }
      let key = UInt64(left) << 32 | UInt64(right)
      var slot = home(key)
      while slots[slot] != Self.free, slots[slot] != key { slot = (slot + 1) & (slots.count - 1) }
      if slots[slot] != key {
        slots[slot] = key
        used += 1
      }
    }
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: Self.free, count: slots.count * 2)
    for key in old where key != Self.free {
      var slot = home(key)
      while slots[slot] != Self.free { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = key
    }
  }

  @inline(__always)
  private func home(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (slots.count - 1)
  }

  /// Whether a token may cover the boundary between two characters. O(1).
  @inline(__always)
  func mayJoin(_ left: UInt32, _ right: UInt32) -> Bool {
    let key = UInt64(left) << 32 | UInt64(right)
    var slot = home(key)
    while slots[slot] != Self.free {
      if slots[slot] == key { return true }
      slot = (slot + 1) & (slots.count - 1)
    }
    return false
  }
}
