/// The tokens of pieces seen before: bounded, open addressing, one of two places a piece, both in one cache line.
///
/// An entry is 32 bytes: a piece of at most 15 bytes with its length and the number of its ids packed into the 16th, and up to 4 ids.
/// Longer pieces and those of more tokens are kept by `LongPieceCache`.
@safe
final class PieceCache {
  struct Entry {
    var low: UInt64
    /// Bytes 9 to 15, and in the top byte `length | count << 4`; 0 is free.
    var high: UInt64
    var ids: (UInt32, UInt32, UInt32, UInt32)
  }

  static let maximumLength = 15
  static let maximumCount = 4
  static let keyMask: UInt64 = 0x0FFF_FFFF_FFFF_FFFF
  /// 2 MiB at first, 16 MiB at most.
  private static let logCapacities = 16...19

  // SAFETY: `memory` holds 2 to the `logCapacity` entries, all zero at first; homes are below that.
  private var memory: ZeroedMemory
  private(set) var entries: UnsafeMutablePointer<Entry>
  private var logCapacity: Int
  private var insertions = 0

  init() {
    logCapacity = Self.logCapacities.lowerBound
    memory = ZeroedMemory(byteCount: MemoryLayout<Entry>.stride << logCapacity)
    unsafe entries = memory.base.assumingMemoryBound(to: Entry.self)
  }

  struct Key {
    var low: UInt64
    var high: UInt64
  }

  /// What is left of 16 bytes for a piece of each length up to 15, and its length in the top byte. Longer ones have the last row: a key of no
  /// entry, as those have at most 15 there. Never freed.
  static let keyMaker: KeyMaker = {
    let rows = UnsafeMutablePointer<KeyRow>.allocate(capacity: 17)
    for length in 0...maximumLength {
      unsafe (rows + length).initialize(
        to: KeyRow(
          low: ~(~0 << UInt64(8 * length)), high: ~(~0 << UInt64(max(0, 8 * length - 64))),
          top: UInt64(length) << 56))
    }
    unsafe (rows + 16).initialize(to: KeyRow(low: 0, high: 0, top: ~0))
    return unsafe KeyMaker(rows: UnsafePointer(rows))
  }()

  fileprivate struct KeyRow {
    var low: UInt64
    var high: UInt64
    var top: UInt64
  }

  /// Makes keys of pieces where 16 bytes can be read.
  @safe
  struct KeyMaker: @unchecked Sendable {
    // SAFETY: 17 rows, written once and never freed.
    fileprivate let rows: UnsafePointer<KeyRow>

    /// The key of the piece of `length` bytes at `pointer`; that of no entry where it is longer than 15.
    @inline(__always)
    func key(_ pointer: UnsafePointer<UInt8>, length: Int) -> Key {
      let raw = unsafe UnsafeRawPointer(pointer)
      let row = unsafe rows + min(length, 16)
      let low = unsafe raw.loadUnaligned(as: UInt64.self) & row.pointee.low
      let high = unsafe raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self) & row.pointee.high
      return unsafe Key(low: low, high: high | row.pointee.top)
    }
  }

  /// The same where only `length` bytes can be read.
  static func key(atEnd pointer: UnsafePointer<UInt8>, length: Int) -> Key {
    guard length <= maximumLength else { return Key(low: 0, high: ~0) }
    var low: UInt64 = 0
    var high: UInt64 = 0
    for index in 0..<length {
      let byte = unsafe UInt64(pointer[index])
      if index < 8 {
        low |= byte << UInt64(8 * index)
      } else {
        high |= byte << UInt64(8 * (index - 8))
      }
    }
    return Key(low: low, high: high | UInt64(length) << 56)
  }

  /// By how much a hash is shifted to be a home.
  var shift: UInt64 { UInt64(64 - logCapacity) }

  @inline(__always)
  static func home(_ key: Key, shift: UInt64) -> Int {
    let mixed = key.low ^ (key.high &* 0xC2B2_AE3D_27D4_EB4F)
    let product = (mixed ^ mixed &>> 32) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: product &>> shift)
  }

  func home(_ key: Key) -> Int { Self.home(key, shift: shift) }

  /// Where the piece is, nil where it is not.
  @inline(__always)
  func find(_ key: Key, home: Int) -> UnsafeMutablePointer<Entry>? {
    let first = unsafe entries + home
    if unsafe Self.differences(first, key) == 0 { return unsafe first }
    let second = unsafe entries + (home ^ 1)
    return unsafe Self.differences(second, key) == 0 ? second : nil
  }

  /// Zero where the entry is that of the key.
  @inline(__always)
  static func differences(_ entry: UnsafeMutablePointer<Entry>, _ key: Key) -> UInt64 {
    unsafe (entry.pointee.low ^ key.low) | (entry.pointee.high & keyMask ^ key.high)
  }

  /// Number of ids of an entry.
  @inline(__always)
  static func count(_ entry: UnsafeMutablePointer<Entry>) -> Int {
    unsafe Int(truncatingIfNeeded: entry.pointee.high >> 60)
  }

  /// Keeps a piece of at most 15 bytes and 4 ids. The older of its two places is given up.
  func insert(_ key: Key, home: Int, ids: UnsafeMutablePointer<UInt32>, count: Int) {
    insertions &+= 1
    var entry = Entry(low: key.low, high: key.high | UInt64(count) << 60, ids: (0, 0, 0, 0))
    if count > 0 { entry.ids.0 = unsafe ids[0] }
    if count > 1 { entry.ids.1 = unsafe ids[1] }
    if count > 2 { entry.ids.2 = unsafe ids[2] }
    if count > 3 { entry.ids.3 = unsafe ids[3] }
    put(entry, home)
  }

  private func put(_ entry: Entry, _ home: Int) {
    let first = unsafe entries + home
    if unsafe first.pointee.high != 0 { unsafe entries[home ^ 1] = first.pointee }
    unsafe first.pointee = entry
  }

  /// Doubles once as many pieces as half of the entries came in. Homes and entries found before are void then. O(entries).
  func growIfNeeded() {
    guard insertions > 1 << (logCapacity - 1), logCapacity < Self.logCapacities.upperBound else {
      return
    }
    let old = memory
    let count = 1 << logCapacity
    let oldEntries = unsafe entries
    logCapacity += 1
    memory = ZeroedMemory(byteCount: MemoryLayout<Entry>.stride << logCapacity)
    unsafe entries = memory.base.assumingMemoryBound(to: Entry.self)
    insertions = 0
    // SAFETY: `old` is alive until the end of the loop.
    withExtendedLifetime(old) {
      // The second of a pair is the older one.
      for index in 0..<count {
        let entry = unsafe oldEntries[index ^ 1]
        guard entry.high != 0 else { continue }
        put(entry, home(Key(low: entry.low, high: entry.high & Self.keyMask)))
      }
    }
  }
}
