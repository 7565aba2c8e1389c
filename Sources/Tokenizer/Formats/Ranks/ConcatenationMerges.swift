/// The merges of a vocabulary that names none: there, two neighbours merge wherever their concatenation is a token
/// (`tiktoken`, SentencePiece), and the best token goes first.
///
/// Mostly one pair is enough for a token. If the better tokens alone cut it into exactly two parts, no other two parts of it
/// can ever be neighbours: the first worse merge inside it would have had to wait for these two. Where that does not hold
/// (another token is as good, or the better ones leave more than two parts) every pair of parts is listed.
struct ConcatenationMerges {
  struct Merge: Sendable, Equatable {
    var left: UInt32
    var right: UInt32
    var product: UInt32
    /// Lower is better; the same for tokens that are equally good.
    var rank: UInt32
  }

  /// By ascending rank.
  private(set) var merges: [Merge] = []
  private var pairs = PairTable()
  private var symbols: [UInt32] = []

  /// Adds a token of at least two symbols: call by ascending rank, all of one rank before `endRank`.
  ///
  /// `symbols`: the ids of its smallest parts. `isAlone`: no other token has its rank. `splits`: calls back with all its
  /// pairs of tokens. O(n²) in the symbols.
  mutating func add(
    _ product: UInt32, rank: UInt32, isAlone: Bool, symbols parts: some Sequence<UInt32>,
    splits: ((UInt32, UInt32) -> Void) -> Void
  ) {
    symbols.removeAll(keepingCapacity: true)
    symbols += parts
    reduce()
    if isAlone, symbols.count == 2 {
      merges.append(Merge(left: symbols[0], right: symbols[1], product: product, rank: rank))
    } else {
      splits { merges.append(Merge(left: $0, right: $1, product: product, rank: rank)) }
    }
  }

  /// Makes the merges added since the last call known to those that follow.
  mutating func endRank() {
    while pairs.count < merges.count {
      let merge = merges[pairs.count]
      pairs.add(merge.left, merge.right, merge.product, merge.rank)
    }
  }

  /// Applies the merges known so far, best first, ties left first.
  private mutating func reduce() {
    while symbols.count > 1 {
      var best: (rank: UInt32, index: Int, product: UInt32)?
      for index in 0..<symbols.count - 1 {
        guard let (product, rank) = pairs.find(symbols[index], symbols[index + 1]) else { continue }
        if best == nil || rank < (best?.rank ?? 0) { best = (rank, index, product) }
      }
      guard let (_, index, product) = best else { return }
      symbols[index] = product
      symbols.remove(at: index + 1)
    }
  }

  /// (left, right) → (product, rank); open addressing.
  private struct PairTable {
    private var keys = [UInt64](repeating: .max, count: 1 << 12)
    private var values = [(product: UInt32, rank: UInt32)](repeating: (0, 0), count: 1 << 12)
    private(set) var count = 0
    private var used = 0

    func find(_ left: UInt32, _ right: UInt32) -> (product: UInt32, rank: UInt32)? {
      let key = UInt64(left) << 32 | UInt64(right)
      let slot = slot(of: key)
      return keys[slot] == key ? values[slot] : nil
    }

    mutating func add(_ left: UInt32, _ right: UInt32, _ product: UInt32, _ rank: UInt32) {
      count += 1
      let key = UInt64(left) << 32 | UInt64(right)
      let slot = slot(of: key)
      if keys[slot] != key { used += 1 }
      keys[slot] = key
      values[slot] = (product, rank)
      if used * 2 > keys.count { grow() }
    }

    private func slot(of key: UInt64) -> Int {
      let mask = keys.count - 1
      var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 24) & mask
      while keys[slot] != key, keys[slot] != .max { slot = (slot + 1) & mask }
      return slot
    }

    private mutating func grow() {
      let old = zip(keys, values).filter { $0.0 != .max }
      keys = [UInt64](repeating: .max, count: keys.count * 2)
      values = [(product: UInt32, rank: UInt32)](repeating: (0, 0), count: keys.count)
      for (key, value) in old {
        let slot = slot(of: key)
        keys[slot] = key
        values[slot] = value
      }
    }
  }
}

/// Token bytes → position in a list; open addressing over bytes that it does not copy.
struct TokenIndex {
  private var slots: [UInt32]
  private let file: RankFile

  init(_ file: RankFile) {
    self.file = file
    var size = 1024
    while size < file.entries.count * 2 { size *= 2 }
    slots = [UInt32](repeating: 0, count: size)
    for (index, entry) in file.entries.enumerated() {
      let slot = slot(entry.start, entry.length)
      if slots[slot] == 0 { slots[slot] = UInt32(index + 1) }
    }
  }

  /// Position of the token that equals these bytes of the list's own storage. O(length).
  func find(_ start: Int, _ length: Int) -> Int? {
    let found = slots[slot(start, length)]
    return found == 0 ? nil : Int(found) - 1
  }

  private func slot(_ start: Int, _ length: Int) -> Int {
    let mask = slots.count - 1
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in start..<start + length {
      hash = (hash ^ UInt64(file.bytes[index])) &* 0x100_0000_01B3
    }
    var slot = Int(truncatingIfNeeded: hash ^ hash >> 29) & mask
    while slots[slot] != 0 {
      let entry = file.entries[Int(slots[slot]) - 1]
      if entry.length == length, equal(entry.start, start, length) { break }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func equal(_ a: Int, _ b: Int, _ length: Int) -> Bool {
    for offset in 0..<length where file.bytes[a + offset] != file.bytes[b + offset] { return false }
    return true
  }
}
