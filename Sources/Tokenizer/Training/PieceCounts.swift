/// How often each distinct piece of a corpus occurs: what a BPE trainer learns from.
///
/// Memory is proportional to the distinct pieces, not to the corpus. Workers count blocks of their own and `merge` joins
/// them; the result does not depend on how the corpus was cut. Adding is O(length of the piece).
struct PieceCounts: Sendable {
  struct Piece: Sendable {
    /// Where the piece's bytes begin in `bytes`.
    var start: Int
    var length: Int
    var count: Int
    var hash: UInt64
  }

  /// The bytes of all distinct pieces, one after the other.
  private(set) var bytes: [UInt8] = []
  /// Distinct pieces, in order of first appearance.
  private(set) var pieces: [Piece] = []
  /// Open addressing: index of a piece plus one, 0 where free. A power of two, at most three quarters full.
  private var slots = [UInt32](repeating: 0, count: 1 << 10)

  mutating func add(_ piece: UnsafeBufferPointer<UInt8>, count: Int = 1) {
    guard !piece.isEmpty else { return }
    unsafe add(piece, hash: unsafe Self.hash(piece), count: count)
  }

  mutating func merge(_ other: PieceCounts) {
    unsafe other.bytes.withUnsafeBufferPointer { all in
      for piece in other.pieces {
        let bytes = unsafe UnsafeBufferPointer(
          rebasing: all[piece.start..<piece.start + piece.length])
        unsafe add(bytes, hash: piece.hash, count: piece.count)
      }
    }
  }

  private mutating func add(_ piece: UnsafeBufferPointer<UInt8>, hash: UInt64, count: Int) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if pieces[index].hash == hash, pieces[index].length == piece.count,
        unsafe equals(pieces[index].start, piece)
      {
        pieces[index].count += count
        return
      }
      slot = (slot + 1) & mask
    }
    pieces.append(Piece(start: bytes.count, length: piece.count, count: count, hash: hash))
    unsafe bytes.append(contentsOf: piece)
    slots[slot] = UInt32(pieces.count)
    if pieces.count * 4 > slots.count * 3 { grow() }
  }

  private func equals(_ start: Int, _ piece: UnsafeBufferPointer<UInt8>) -> Bool {
    for offset in 0..<piece.count where unsafe bytes[start + offset] != piece[offset] {
      return false
    }
    return true
  }

  private mutating func grow() {
    var larger = [UInt32](repeating: 0, count: slots.count * 2)
    let mask = larger.count - 1
    for (index, piece) in pieces.enumerated() {
      var slot = Int(truncatingIfNeeded: piece.hash) & mask
      while larger[slot] != 0 { slot = (slot + 1) & mask }
      larger[slot] = UInt32(index + 1)
    }
    slots = larger
  }

  /// Eight bytes at a time, multiply and fold.
  private static func hash(_ piece: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var state = UInt64(piece.count) &* 0x9E37_79B9_7F4A_7C15
    var offset = 0
    while offset < piece.count {
      var word: UInt64 = 0
      for shift in 0..<min(8, piece.count - offset) {
        word |= unsafe UInt64(piece[offset + shift]) << UInt64(shift * 8)
      }
      let product = (state ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
      state = product.high ^ product.low
      offset += 8
    }
    return state ^ (state >> 29)
  }
}
