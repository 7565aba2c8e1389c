extension BPETrainer {
  /// The distinct pieces as symbols, in one array; merging shortens a word in place.
  struct Words {
    private(set) var symbols: [UInt32]
    private var starts: [Int]
    private var lengths: [Int]
    let counts: [Int]

    init(_ pieces: PieceCounts, _ byteIDs: [UInt32]) {
      symbols = pieces.bytes.map { byteIDs[Int($0)] }
      starts = pieces.pieces.map(\.start)
      lengths = pieces.pieces.map(\.length)
      counts = pieces.pieces.map(\.count)
    }

    var count: Int { starts.count }

    func range(_ word: Int) -> Range<Int> { starts[word]..<starts[word] + lengths[word] }

    /// Merges every (left, right) of a word, left to right, and reports each pair that it breaks (-1) or makes (+1).
    mutating func merge(
      _ word: Int, _ left: UInt32, _ right: UInt32, into product: UInt32,
      _ changed: (UInt64, Int) -> Void
    ) {
      let start = starts[word]
      let end = start + lengths[word]
      var read = start
      var write = start
      while read < end {
        guard symbols[read] == left, read + 1 < end, symbols[read + 1] == right else {
          symbols[write] = symbols[read]
          read += 1
          write += 1
          continue
        }
        if write > start {
          changed(Self.pair(symbols[write - 1], left), -1)
          changed(Self.pair(symbols[write - 1], product), 1)
        }
        if read + 2 < end {
          changed(Self.pair(right, symbols[read + 2]), -1)
          changed(Self.pair(product, symbols[read + 2]), 1)
        }
        symbols[write] = product
        read += 2
        write += 1
      }
      lengths[word] = write - start
    }

    private static func pair(_ left: UInt32, _ right: UInt32) -> UInt64 {
      UInt64(left) << 32 | UInt64(right)
    }
  }

  /// Occurrences of each pair. Open addressing; a pair once seen stays.
  struct PairCounts {
    private static let free = UInt64.max
    private var keys = [UInt64](repeating: free, count: 1 << 12)
    private var counts = [Int](repeating: 0, count: 1 << 12)
    private var used = 0

    subscript(pair: UInt64) -> Int {
      let slot = slot(of: pair)
      return keys[slot] == pair ? counts[slot] : 0
    }

    mutating func add(_ change: Int, to pair: UInt64) {
      let slot = slot(of: pair)
      if keys[slot] == pair {
        counts[slot] += change
        return
      }
      keys[slot] = pair
      counts[slot] = change
      used += 1
      if used * 3 > keys.count * 2 { grow() }
    }

    private func slot(of pair: UInt64) -> Int {
      let mask = keys.count - 1
      var slot = Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 20) & mask
      while keys[slot] != pair, keys[slot] != Self.free { slot = (slot + 1) & mask }
      return slot
    }

    private mutating func grow() {
      let (oldKeys, oldCounts) = (keys, counts)
      keys = [UInt64](repeating: Self.free, count: oldKeys.count * 2)
      counts = [Int](repeating: 0, count: oldKeys.count * 2)
      for (key, count) in zip(oldKeys, oldCounts) where key != Self.free {
        let slot = slot(of: key)
        keys[slot] = key
        counts[slot] = count
      }
    }
  }
}
