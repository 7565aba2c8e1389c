import JSONText

/// A few names, found by their bytes: for members of records and messages, which are looked up by the million. A look-up
/// compares words, copies nothing and counts no references.
struct NameTable<Meaning: Sendable>: Sendable {
  private struct Slot {
    var count = 0
    /// The first bytes of the name and the last, which may overlap.
    var head: UInt64 = 0
    var tail: UInt64 = 0
    /// Where the name begins in `bytes`, and its place in `meanings`; -1 in an empty slot.
    var start = 0
    var place = -1
  }

  private var slots: [Slot]
  private var bytes: [UInt8] = []
  private var meanings: [Meaning] = []

  /// Of a name that is there twice the first meaning counts.
  init(_ names: [(name: [UInt8], meaning: Meaning)]) {
    var capacity = 16
    while capacity < names.count * 4 { capacity *= 2 }
    slots = Array(repeating: Slot(), count: capacity)
    for (name, meaning) in names {
      let word = unsafe name.withUnsafeBufferPointer { unsafe Self.words($0) }
      var place = Self.place(of: word, name.count) & (slots.count - 1)
      var isKnown = false
      while slots[place].place >= 0 {
        let slot = slots[place]
        if slot.count == name.count, bytes[slot.start..<slot.start + slot.count] == name[...] {
          isKnown = true
          break
        }
        place = (place + 1) & (slots.count - 1)
      }
      guard !isKnown else { continue }
      slots[place] = Slot(
        count: name.count, head: word.head, tail: word.tail, start: bytes.count,
        place: meanings.count)
      bytes += name
      meanings.append(meaning)
    }
  }

  /// What a name means; nil for names that are not there. O(1) for names up to 16 bytes, O(length) for longer ones.
  @inline(__always)
  func find(_ name: UnsafeBufferPointer<UInt8>) -> Meaning? {
    let word = unsafe Self.words(name)
    var place = Self.place(of: word, name.count) & (slots.count - 1)
    while slots[place].place >= 0 {
      let slot = slots[place]
      if slot.count == name.count, slot.head == word.head, slot.tail == word.tail,
        unsafe slot.count <= 16 || hasMiddle(slot, name)
      {
        return meanings[slot.place]
      }
      place = (place + 1) & (slots.count - 1)
    }
    return nil
  }

  private func hasMiddle(_ slot: Slot, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
    for index in 8..<slot.count - 8 where unsafe bytes[slot.start + index] != name[index] {
      return false
    }
    return true
  }

  @inline(__always)
  private static func words(_ name: UnsafeBufferPointer<UInt8>) -> (head: UInt64, tail: UInt64) {
    if name.count >= 8 {
      let raw = UnsafeRawBufferPointer(name)
      return unsafe (
        raw.loadUnaligned(as: UInt64.self),
        raw.loadUnaligned(fromByteOffset: name.count - 8, as: UInt64.self)
      )
    }
    var word: UInt64 = 0
    for index in name.indices { word = unsafe word << 8 | UInt64(name[index]) }
    return (word, 0)
  }

  @inline(__always)
  private static func place(of word: (head: UInt64, tail: UInt64), _ count: Int) -> Int {
    let mixed =
      (word.head ^ word.tail &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(count)) &* 0xD6E8_FEB8_6659_FD93
    return Int(truncatingIfNeeded: mixed >> 40)
  }
}
