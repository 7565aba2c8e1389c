/// The tokens of pieces seen before: bounded, open addressing, one of two places a piece.
///
/// An entry is 32 bytes: a piece of at most 15 bytes with its length and the number of its ids packed into the 16th, and up to 4 ids.
/// A hit touches one cache line. Longer pieces and those of more tokens are not kept.
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
  private static let keyMask: UInt64 = 0x0FFF_FFFF_FFFF_FFFF

  // SAFETY: `capacity` entries, allocated in `init`, freed in `deinit`; indices are masked.
  let entries: UnsafeMutablePointer<Entry>
  private let mask: Int

  /// `logCapacity` 16 takes 2 MiB.
  init(logCapacity: Int = 16) {
    let capacity = 1 << logCapacity
    mask = capacity - 1
    unsafe entries = .allocate(capacity: capacity)
    unsafe entries.initialize(repeating: Entry(low: 0, high: 0, ids: (0, 0, 0, 0)), count: capacity)
  }

  deinit { unsafe entries.deallocate() }

  struct Key {
    var low: UInt64
    var high: UInt64
  }

  /// The key of the piece of `length` (1...15) bytes at `pointer`. `left` bytes can be read from there on.
  @inline(__always)
  static func key(_ pointer: UnsafePointer<UInt8>, length: Int, left: Int) -> Key {
    // SAFETY: reads 16 bytes only where there are as many, else exactly `length`.
    var low: UInt64
    var high: UInt64
    if left >= 16 {
      let raw = unsafe UnsafeRawPointer(pointer)
      low = unsafe raw.loadUnaligned(as: UInt64.self)
      high = unsafe raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      if length <= 8 {
        low &= ~0 >> UInt64(truncatingIfNeeded: 64 - 8 * length)
        high = 0
      } else {
        high &= ~(~0 &<< UInt64(truncatingIfNeeded: 8 * (length - 8)))
      }
    } else {
      low = 0
      high = 0
      for index in 0..<length {
        let byte = unsafe UInt64(pointer[index])
        if index < 8 {
          low |= byte << UInt64(8 * index)
        } else {
          high |= byte << UInt64(8 * (index - 8))
        }
      }
    }
    return Key(low: low, high: high | UInt64(length) << 56)
  }

  @inline(__always)
  func home(_ key: Key) -> Int {
    let product = (key.low ^ (key.high &* 0xC2B2_AE3D_27D4_EB4F)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: (product ^ product >> 32) &>> 12) & mask
  }

  /// Where the piece is, nil where it is not.
  @inline(__always)
  func find(_ key: Key, home: Int) -> UnsafeMutablePointer<Entry>? {
    let first = unsafe entries + home
    if unsafe first.pointee.low == key.low, unsafe first.pointee.high & Self.keyMask == key.high {
      return unsafe first
    }
    let second = unsafe entries + (home ^ 1)
    if unsafe second.pointee.low == key.low, unsafe second.pointee.high & Self.keyMask == key.high {
      return unsafe second
    }
    return nil
  }

  /// Number of ids of an entry.
  @inline(__always)
  static func count(_ entry: UnsafeMutablePointer<Entry>) -> Int {
    unsafe Int(truncatingIfNeeded: entry.pointee.high >> 60)
  }

  /// Keeps a piece of at most 4 ids. The older of its two places is given up.
  @inline(__always)
  func insert(_ key: Key, home: Int, ids: UnsafeMutablePointer<UInt32>, count: Int) {
    guard count <= Self.maximumCount else { return }
    let first = unsafe entries + home
    if unsafe first.pointee.high != 0 { unsafe entries[home ^ 1] = first.pointee }
    var entry = Entry(low: key.low, high: key.high | UInt64(count) << 60, ids: (0, 0, 0, 0))
    if count > 0 { entry.ids.0 = unsafe ids[0] }
    if count > 1 { entry.ids.1 = unsafe ids[1] }
    if count > 2 { entry.ids.2 = unsafe ids[2] }
    if count > 3 { entry.ids.3 = unsafe ids[3] }
    unsafe first.pointee = entry
  }
}
