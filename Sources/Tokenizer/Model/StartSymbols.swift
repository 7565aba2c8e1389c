/// What the bytes of a piece can begin to merge from, without changing what becomes of them: pairs of bytes by table, and characters of two
/// and three bytes as one symbol where that is proven.
///
/// A pair (l, r) → s of rank k may be merged before all others wherever it stands if every merge of some symbol with l on its right, of r with
/// some symbol on its right, and of s on either side has a higher rank: the pair is there from the start, so nothing can take l or r away
/// before its turn, and until then s would not have merged either.
@safe
final class StartSymbols: @unchecked Sendable {
  // SAFETY: allocated and written in `init`, freed in `deinit`, only read in between. `bytePairs` holds 65,536 values, `two` 2,048 and `three`
  // 65,536 symbols.
  /// The value of `PairTable` for each pair of bytes, the first in the high byte.
  let bytePairs: UnsafeMutablePointer<UInt64>
  private let two: UnsafeMutablePointer<UInt32>
  private let three: UnsafeMutablePointer<UInt32>

  /// `byteIDs`: the symbol of every byte.
  init(byteIDs: [UInt32], pairs: PairTable, merges: [BPEDefinition.Merge], idCount: Int) {
    let none = BPEModel.none
    unsafe bytePairs = .allocate(capacity: 1 << 16)
    unsafe two = .allocate(capacity: 1 << 11)
    unsafe three = .allocate(capacity: 1 << 16)
    unsafe two.initialize(repeating: none, count: 1 << 11)
    unsafe three.initialize(repeating: none, count: 1 << 16)
    unsafe bytePairs.initialize(repeating: PairTable.none, count: 1 << 16)
    // The bytes of each symbol: one, save where two texts of a file have one id.
    var bytes = [[Int]](repeating: [], count: idCount)
    for (byte, id) in byteIDs.enumerated() { bytes[Int(id)].append(byte) }
    for merge in merges {
      for left in bytes[Int(merge.left)] {
        for right in bytes[Int(merge.right)] {
          unsafe bytePairs[left << 8 | right] = pairs[merge.left, merge.right]
        }
      }
    }
    // The lowest rank of a merge with the symbol on its left and on its right.
    var onLeft = [UInt32](repeating: .max, count: idCount)
    var onRight = [UInt32](repeating: .max, count: idCount)
    for merge in merges {
      onLeft[Int(merge.left)] = min(onLeft[Int(merge.left)], merge.rank)
      onRight[Int(merge.right)] = min(onRight[Int(merge.right)], merge.rank)
    }
    func product(_ left: UInt32, _ right: UInt32) -> UInt32? {
      let value = pairs[left, right]
      guard value != PairTable.none else { return nil }
      let rank = UInt32(value >> 32)
      let product = UInt32(truncatingIfNeeded: value)
      guard rank < onRight[Int(left)], rank < onLeft[Int(right)], rank < onLeft[Int(product)],
        rank < onRight[Int(product)]
      else { return nil }
      return product
    }
    for lead in 0xC2..<0xF0 {
      for second in 0x80..<0xC0 {
        guard let pair = product(byteIDs[lead], byteIDs[second]) else { continue }
        let head = (lead & 0x1F) << 6 | second & 0x3F
        if lead < 0xE0 {
          unsafe two[head] = pair
          continue
        }
        for third in 0x80..<0xC0 {
          if let whole = product(pair, byteIDs[third]) {
            unsafe three[(head << 6 | third & 0x3F) & 0xFFFF] = whole
          }
        }
      }
    }
  }

  deinit {
    unsafe bytePairs.deallocate()
    unsafe two.deallocate()
    unsafe three.deallocate()
  }

  /// The symbol of the character that begins at `index` of a piece, and its length; nil where its bytes have to be merged one by one.
  @inline(__always)
  func symbol(
    of piece: UnsafeBufferPointer<UInt8>, at index: Int
  ) -> (symbol: UInt32, length: Int)? {
    let lead = unsafe Int(piece[index])
    guard lead >= 0xC2, lead < 0xF0, index + 1 < piece.count else { return nil }
    let second = unsafe Int(piece[index + 1])
    guard second & 0xC0 == 0x80 else { return nil }
    let head = (lead & 0x1F) << 6 | second & 0x3F
    if lead < 0xE0 {
      let symbol = unsafe two[head]
      return symbol == BPEModel.none ? nil : (symbol, 2)
    }
    guard index + 2 < piece.count else { return nil }
    let third = unsafe Int(piece[index + 2])
    guard third & 0xC0 == 0x80 else { return nil }
    let symbol = unsafe three[(head << 6 | third & 0x3F) & 0xFFFF]
    return symbol == BPEModel.none ? nil : (symbol, 3)
  }
}
