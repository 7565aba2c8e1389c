import CPieces
import Patterns

/// Token texts and their ids, both ways, as bytes.
///
/// With `isByteLevel`, texts are written in GPT-2's byte alphabet; they are kept as the bytes that they stand for. A text with
/// a character outside of the alphabet (`isOutside`) is kept as it is: it can be decoded but never be reached by bytes.
struct Vocabulary: Sendable {
  struct Entry: Sendable {
    var start: UInt32
    var length: UInt32
    var id: UInt32
    var isOutside: Bool
  }

  /// Ids from here on are refused: tables are indexed by id.
  static let idLimit: UInt32 = 1 << 24

  let isByteLevel: Bool
  private(set) var entries: [Entry] = []
  private var arena: [UInt8] = []
  /// `hash << 32 | index of the entry + 1`; 0 is free. Open addressing, a power of two.
  private var slots: [UInt64]
  /// Index of the entry + 1 by id, 0 where the id has none.
  private var entryOfID: [UInt32] = []
  private var scratch: [UInt8] = []
  /// Whether a text was given another id, so that `entryOfID` may say of the first what is no longer so.
  private var hasMoved = false

  init(isByteLevel: Bool, capacity: Int = 0) {
    self.isByteLevel = isByteLevel
    var size = 64
    while size < capacity * 2 { size *= 2 }
    slots = [UInt64](repeating: 0, count: size)
    entries.reserveCapacity(capacity)
    entryOfID.reserveCapacity(capacity)
    arena.reserveCapacity(capacity * 8)
  }

  /// Number of texts.
  var count: Int { entries.count }
  /// Highest id + 1.
  var idCount: Int { entryOfID.count }

  /// Adds a text as the file has it, or gives it another id. Requires `id < idLimit`. O(length).
  mutating func insert(text: UnsafeBufferPointer<UInt8>, id: UInt32) {
    scratch.removeAll(keepingCapacity: true)
    let isOutside = unsafe isByteLevel && !ByteAlphabet.appendBytes(of: text, to: &scratch)
    if !isByteLevel || isOutside {
      scratch.removeAll(keepingCapacity: true)
      unsafe scratch.append(contentsOf: text)
    }
    insertScratch(id: id, isOutside: isOutside)
  }

  /// Writes the bytes that a text of the file stands for; how many, or nil where no bytes reach it. `place` is as long as the text. O(length).
  @inline(__always)
  func write(
    _ text: UnsafeBufferPointer<UInt8>, into place: UnsafeMutableBufferPointer<UInt8>
  ) -> Int? {
    if isByteLevel { return unsafe ByteAlphabet.decode(text, into: place) }
    return unsafe place.update(fromContentsOf: text)
  }

  /// Adds a token by the bytes it stands for. Requires `id < idLimit`. O(length).
  mutating func insert(bytes: some Collection<UInt8>, id: UInt32) {
    scratch.removeAll(keepingCapacity: true)
    scratch.append(contentsOf: bytes)
    insertScratch(id: id, isOutside: false)
  }

  private mutating func insertScratch(id: UInt32, isOutside: Bool) {
    if (entries.count + 1) * 2 > slots.count { grow() }
    let hash = unsafe scratch.withUnsafeBufferPointer { unsafe Self.hash($0, isOutside) }
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF) - 1
      if UInt32(slots[slot] >> 32) == hash, entries[index].isOutside == isOutside,
        scratch.elementsEqual(bytes(of: entries[index]))
      {
        hasMoved = hasMoved || entries[index].id != id
        entries[index].id = id
        setEntry(index, of: id)
        return
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    let entry = Entry(
      start: UInt32(arena.count), length: UInt32(scratch.count), id: id, isOutside: isOutside)
    arena.append(contentsOf: scratch)
    entries.append(entry)
    slots[slot] = UInt64(hash) << 32 | UInt64(entries.count)
    setEntry(entries.count - 1, of: id)
  }

  /// Ends a list of texts that may have given one text several ids. O(texts) if it did.
  mutating func settle() {
    guard hasMoved else { return }
    hasMoved = false
    for id in entryOfID.indices { entryOfID[id] = 0 }
    for (index, entry) in entries.enumerated() { setEntry(index, of: entry.id) }
  }

  /// Whether each id has one text: what is known of a text from its id alone holds only then. O(texts).
  var hasUniqueIDs: Bool {
    entries.indices.allSatisfy { entryOfID[Int(entries[$0].id)] == UInt32($0 + 1) }
  }

  private mutating func setEntry(_ index: Int, of id: UInt32) {
    while entryOfID.count <= Int(id) { entryOfID.append(0) }
    entryOfID[Int(id)] = UInt32(index + 1)
  }

  private mutating func grow() {
    var next = [UInt64](repeating: 0, count: slots.count * 2)
    for value in slots where value != 0 {
      var slot = Int(value >> 32) & (next.count - 1)
      while next[slot] != 0 { slot = (slot + 1) & (next.count - 1) }
      next[slot] = value
    }
    slots = next
  }

  /// Id of the token that stands for these bytes. O(length).
  func id(ofBytes bytes: UnsafeBufferPointer<UInt8>) -> UInt32? {
    unsafe id(bytes, isOutside: false)
  }

  /// Id of a text as the file has it. O(length).
  func id(ofText text: UnsafeBufferPointer<UInt8>) -> UInt32? {
    guard isByteLevel else { return unsafe id(text, isOutside: false) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    guard unsafe ByteAlphabet.appendBytes(of: text, to: &bytes) else {
      return unsafe id(text, isOutside: true)
    }
    return unsafe bytes.withUnsafeBufferPointer { unsafe id($0, isOutside: false) }
  }

  func id(ofText text: [UInt8]) -> UInt32? {
    unsafe text.withUnsafeBufferPointer { unsafe id(ofText: $0) }
  }

  private func id(_ key: UnsafeBufferPointer<UInt8>, isOutside: Bool) -> UInt32? {
    unsafe index(key, Self.hash(key, isOutside), isOutside).map { entries[$0].id }
  }

  /// The entry of the token that stands for these bytes, whose `hash` is known. O(length).
  func index(ofBytes bytes: UnsafeBufferPointer<UInt8>, _ hash: UInt32) -> Int? {
    unsafe index(bytes, hash, false)
  }

  private func index(
    _ key: UnsafeBufferPointer<UInt8>, _ hash: UInt32, _ isOutside: Bool
  ) -> Int? {
    // SAFETY: slots hold indices of `entries` + 1, and entries hold ranges of `arena`.
    unsafe slots.withUnsafeBufferPointer { slots in
      let mask = slots.count - 1
      var slot = Int(hash) & mask
      while true {
        let value = unsafe slots[slot]
        if value == 0 { return nil }
        if UInt32(value >> 32) == hash {
          let index = Int(value & 0xFFFF_FFFF) - 1
          if unsafe isEntry(index, key, isOutside) { return index }
        }
        slot = (slot + 1) & mask
      }
    }
  }

  /// Whether an entry, which need not exist, stands for these bytes. O(length).
  @inline(__always)
  func isEntry(
    _ index: Int, _ key: UnsafeBufferPointer<UInt8>, _ isOutside: Bool = false
  ) -> Bool {
    unsafe entries.withUnsafeBufferPointer { entries in
      guard index < entries.count else { return false }
      let entry = unsafe entries[index]
      guard entry.isOutside == isOutside, Int(entry.length) == key.count else { return false }
      return unsafe arena.withUnsafeBufferPointer {
        unsafe isEqual($0.baseAddress, Int(entry.start), key)
      }
    }
  }

  /// Asks for what a look-up of this hash reads first.
  @inline(__always)
  func prefetch(_ hash: UInt32) {
    unsafe slots.withUnsafeBufferPointer {
      if let base = $0.baseAddress { unsafe prep_prefetch(base + (Int(hash) & ($0.count - 1))) }
    }
  }

  /// Asks for the entry to which a look-up of this hash comes first.
  @inline(__always)
  func prefetchEntry(_ hash: UInt32) {
    let value = slots[Int(hash) & (slots.count - 1)]
    guard value != 0 else { return }
    unsafe entries.withUnsafeBufferPointer {
      if let base = $0.baseAddress {
        unsafe prep_prefetch(base + Int(value & 0xFFFF_FFFF) - 1)
      }
    }
  }

  /// The entry of an id.
  func entry(of id: UInt32) -> Entry? {
    guard Int(id) < entryOfID.count, entryOfID[Int(id)] != 0 else { return nil }
    return entries[Int(entryOfID[Int(id)]) - 1]
  }

  /// Whether an entry's bytes stand at a place of a text. O(length).
  func stands(_ entry: Entry, in text: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
    let end = place + Int(entry.length)
    guard end <= text.count else { return false }
    return unsafe arena.withUnsafeBufferPointer {
      unsafe isEqual(
        $0.baseAddress, Int(entry.start), UnsafeBufferPointer(rebasing: text[place..<end]))
    }
  }

  /// The bytes that an entry is kept as.
  func bytes(of entry: Entry) -> ArraySlice<UInt8> {
    arena[Int(entry.start)..<Int(entry.start) + Int(entry.length)]
  }

  /// The text of an entry as the file has it.
  func text(of entry: Entry) -> [UInt8] {
    let bytes = bytes(of: entry)
    guard isByteLevel, !entry.isOutside else { return Array(bytes) }
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes { text.append(scalar: ByteAlphabet.scalar(of: byte)) }
    return text
  }

  /// The text of an id as the file has it.
  func text(of id: UInt32) -> [UInt8]? { entry(of: id).map(text) }

  @inline(__always)
  static func hash(_ key: UnsafeBufferPointer<UInt8>, _ isOutside: Bool = false) -> UInt32 {
    var hash: UInt64 = isOutside ? 0x51_7C_C1_B7_27_22_0A_95 : 0x9E37_79B9_7F4A_7C15
    // SAFETY: every load lies in the key.
    guard let base = unsafe UnsafeRawPointer(key.baseAddress) else {
      return UInt32(truncatingIfNeeded: hash >> 32)
    }
    var index = 0
    while index + 8 <= key.count {
      let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 32
      index += 8
    }
    var tail: UInt64 = UInt64(key.count) << 56
    var shift: UInt64 = 0
    if key.count & 4 != 0 {
      tail ^= unsafe UInt64(base.loadUnaligned(fromByteOffset: index, as: UInt32.self))
      shift = 32
      index += 4
    }
    if key.count & 2 != 0 {
      tail ^= unsafe UInt64(base.loadUnaligned(fromByteOffset: index, as: UInt16.self)) << shift
      shift += 16
      index += 2
    }
    if key.count & 1 != 0 { tail ^= unsafe UInt64(key[index]) << shift }
    hash = (hash ^ tail) &* 0xC4CE_B9FE_1A85_EC53
    hash ^= hash >> 29
    return UInt32(truncatingIfNeeded: hash >> 16)
  }
}

/// Whether the bytes of `key` are at `base + start`.
@inline(__always)
private func isEqual(
  _ base: UnsafePointer<UInt8>?, _ start: Int, _ key: UnsafeBufferPointer<UInt8>
) -> Bool {
  guard let base = unsafe base else { return key.isEmpty }
  for index in 0..<key.count where unsafe base[start + index] != key[index] { return false }
  return true
}
