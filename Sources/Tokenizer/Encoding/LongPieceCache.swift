/// The tokens of pieces that an entry of `PieceCache` has no room for: words of scripts beyond Latin, long names, runs of signs.
///
/// Records lie one after another in one block of memory; once that is full, all are forgotten.
@safe
final class LongPieceCache {
  /// Longer pieces and those of more tokens are not kept.
  static let maximumLength = 512
  private static let logSlots = 16
  private static let capacity = 4 << 20

  // SAFETY: `slots` holds 2 to the `logSlots` numbers, zero where free, else a hash and the offset of a record + 1. A record begins below
  // `used` and ends there: length, count, `count` ids, `length` bytes, padded to 4. Both are allocated by `init` and freed with it.
  private let slotMemory = ZeroedMemory(byteCount: 8 << LongPieceCache.logSlots)
  private let recordMemory = ZeroedMemory(byteCount: LongPieceCache.capacity)
  private let slots: UnsafeMutablePointer<UInt64>
  private let records: UnsafeMutableRawPointer
  private var used = 0
  private var count = 0

  init() {
    unsafe slots = slotMemory.base.assumingMemoryBound(to: UInt64.self)
    unsafe records = recordMemory.base
  }

  @inline(__always)
  private static func hash(_ piece: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let base = unsafe UnsafeRawPointer(piece.baseAddress) else { return 0 }
    var hash = UInt64(truncatingIfNeeded: piece.count) &* 0x9E37_79B9_7F4A_7C15
    var index = 0
    while index + 8 <= piece.count {
      let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash &>> 32
      index += 8
    }
    var tail: UInt64 = 0
    while index < piece.count {
      tail = unsafe tail << 8 | UInt64(piece[index])
      index += 1
    }
    hash = (hash ^ tail) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ hash &>> 29
  }

  /// The ids of a piece; nil where it is not there.
  func find(_ piece: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt32>? {
    guard let base = piece.baseAddress, piece.count <= Self.maximumLength else { return nil }
    let hash = unsafe Self.hash(piece)
    let mask = 1 << Self.logSlots - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let value = unsafe slots[slot]
      if value == 0 { return nil }
      if value >> 32 == hash >> 32 {
        let record = unsafe records + Int(value & 0xFFFF_FFFF) - 1
        let length = unsafe Int(record.load(as: UInt32.self))
        let count = unsafe Int(record.load(fromByteOffset: 4, as: UInt32.self))
        let ids = unsafe (record + 8).assumingMemoryBound(to: UInt32.self)
        if length == piece.count,
          unsafe Self.isEqual(UnsafeRawPointer(ids + count), UnsafeRawPointer(base), length)
        {
          return unsafe UnsafeBufferPointer(start: ids, count: count)
        }
      }
      slot = (slot + 1) & mask
    }
  }

  @inline(__always)
  private static func isEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int)
    -> Bool
  {
    var index = 0
    while index + 8 <= count {
      if unsafe left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        != right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      {
        return false
      }
      index += 8
    }
    while index < count {
      if unsafe left.load(fromByteOffset: index, as: UInt8.self)
        != right.load(fromByteOffset: index, as: UInt8.self)
      {
        return false
      }
      index += 1
    }
    return true
  }

  /// Keeps a piece that is not there.
  func insert(
    _ piece: UnsafeBufferPointer<UInt8>, ids: UnsafeMutablePointer<UInt32>, count: Int
  ) {
    guard let base = piece.baseAddress, piece.count <= Self.maximumLength else { return }
    let size = (8 + 4 * count + piece.count + 3) & ~3
    if used + size > Self.capacity || self.count >= 1 << (Self.logSlots - 1) { removeAll() }
    let record = unsafe records + used
    unsafe record.storeBytes(of: UInt32(piece.count), as: UInt32.self)
    unsafe record.storeBytes(of: UInt32(count), toByteOffset: 4, as: UInt32.self)
    unsafe (record + 8).copyMemory(from: ids, byteCount: 4 * count)
    unsafe (record + 8 + 4 * count).copyMemory(from: base, byteCount: piece.count)
    let hash = unsafe Self.hash(piece)
    let mask = 1 << Self.logSlots - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while unsafe slots[slot] != 0 { slot = (slot + 1) & mask }
    unsafe slots[slot] = (hash >> 32) << 32 | UInt64(used + 1)
    used += size
    self.count += 1
  }

  private func removeAll() {
    unsafe slots.update(repeating: 0, count: 1 << Self.logSlots)
    used = 0
    count = 0
  }
}
