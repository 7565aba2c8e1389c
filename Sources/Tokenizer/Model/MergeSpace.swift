/// The symbols of one piece while they merge, and the working memory of one worker.
///
/// Short pieces are merged by scanning for the best pair, longer ones with a heap, and those that leave the cache in windows: no piece
/// costs more than O(n log n).
@safe
final class MergeSpace {
  /// Up to this many symbols a scan is faster than a heap.
  static let scanLimit = 64
  /// Ranks below this leave room for a place of a scan.
  static let rankLimit: UInt32 = 1 << 26 - 1
  /// Up to this many a heap is faster than windows.
  static let heapLimit = 2 * WindowedMerge.windowCount

  // SAFETY: `keys` and `products` hold `scanLimit` elements, all others `capacity` (`heap` three times as many), and are allocated by `reserve` and freed in `deinit`;
  // every index is below `count`, which `reserve` keeps below `capacity`.
  private(set) var symbols: UnsafeMutablePointer<UInt32>
  private(set) var lengths: UnsafeMutablePointer<UInt32>
  private var values: UnsafeMutablePointer<UInt64>
  private let keys: UnsafeMutablePointer<UInt32>
  private let products: UnsafeMutablePointer<UInt32>
  private var links: UnsafeMutablePointer<Int32>
  private var heap: UnsafeMutablePointer<UInt64>
  private var capacity: Int
  private var linkCapacity = 0
  /// Symbols of the piece.
  var count = 0
  /// A character had no id, and neither has the unknown token that should stand for it.
  var lacksUnknown = false
  /// Bytes of characters that left nothing: they have no id, and the tokenizer has no token for such.
  var dropped = 0
  /// Pairs looked at so far, for tests that no input is quadratic.
  private(set) var steps = 0
  private var windows: WindowedMerge?

  init() {
    capacity = 256
    unsafe symbols = .allocate(capacity: capacity)
    unsafe lengths = .allocate(capacity: capacity)
    unsafe values = .allocate(capacity: capacity)
    unsafe keys = .allocate(capacity: Self.scanLimit)
    unsafe products = .allocate(capacity: Self.scanLimit)
    linkCapacity = 256
    unsafe links = .allocate(capacity: 2 * linkCapacity)
    unsafe heap = .allocate(capacity: 3 * linkCapacity)
  }

  deinit {
    unsafe symbols.deallocate()
    unsafe lengths.deallocate()
    unsafe values.deallocate()
    unsafe keys.deallocate()
    unsafe products.deallocate()
    unsafe links.deallocate()
    unsafe heap.deallocate()
  }

  /// Makes room for `needed` symbols; keeps those that are there.
  @inline(__always)
  func reserve(_ needed: Int) {
    if needed > capacity { grow(needed) }
  }

  private func grow(_ needed: Int) {
    let next = max(needed, capacity * 2)
    let newSymbols = UnsafeMutablePointer<UInt32>.allocate(capacity: next)
    let newLengths = UnsafeMutablePointer<UInt32>.allocate(capacity: next)
    unsafe newSymbols.update(from: symbols, count: count)
    unsafe newLengths.update(from: lengths, count: count)
    unsafe symbols.deallocate()
    unsafe lengths.deallocate()
    unsafe values.deallocate()
    unsafe symbols = newSymbols
    unsafe lengths = newLengths
    unsafe values = .allocate(capacity: next)
    capacity = next
  }

  /// Adds a symbol.
  @inline(__always)
  func append(_ symbol: UInt32, length: Int) {
    reserve(count + 1)
    unsafe symbols[count] = symbol
    unsafe lengths[count] = UInt32(truncatingIfNeeded: length)
    count += 1
  }

  /// Applies the merges of `pairs` to the symbols, best rank first, of equal ranks the leftmost.
  /// `keepsLengths`: the lengths of merged symbols are added up.
  func merge(pairs: PairTable, keepsLengths: Bool) {
    if count <= MergeSpace.heapLimit || !mergeWindows(pairs: pairs, keepsLengths: keepsLengths) {
      mergeAtOnce(pairs: pairs, keepsLengths: keepsLengths)
    }
  }

  /// The same where the symbols are those of the bytes of `piece`.
  func merge(
    bytes piece: UnsafeBufferPointer<UInt8>, pairs: PairTable, starts: StartSymbols,
    keepsLengths: Bool
  ) {
    guard count > 1 else { return }
    if count <= MergeSpace.scanLimit, pairs.highestRank < MergeSpace.rankLimit {
      scan(
        pairs: pairs, keepsLengths: keepsLengths,
        unsafe BytePairs(values: starts.bytePairs, piece: piece))
    } else {
      merge(pairs: pairs, keepsLengths: keepsLengths)
    }
  }

  /// The same without windows.
  func mergeAtOnce(pairs: PairTable, keepsLengths: Bool = true) {
    if count < 2 { return }
    if count <= MergeSpace.scanLimit, pairs.highestRank < MergeSpace.rankLimit {
      scan(pairs: pairs, keepsLengths: keepsLengths, nil)
    } else {
      mergeLong(pairs: pairs, keepsLengths: keepsLengths)
    }
  }

  private func mergeWindows(pairs: PairTable, keepsLengths: Bool) -> Bool {
    let windows = self.windows ?? WindowedMerge()
    self.windows = windows
    let before = windows.steps
    // SAFETY: `count` symbols are there.
    let isMerged = unsafe windows.merge(
      UnsafeBufferPointer(start: symbols, count: count), pairs: pairs)
    steps &+= windows.steps - before
    guard isMerged else { return false }
    var position = 0
    for (index, span) in windows.spans.enumerated() {
      unsafe symbols[index] = windows.tokens[index]
      guard keepsLengths else { continue }
      var length: UInt32 = 0
      for symbol in position..<position + Int(span) { length &+= unsafe lengths[symbol] }
      position += Int(span)
      unsafe lengths[index] = length
    }
    count = windows.tokens.count
    return true
  }

  /// The bytes that symbols stand for, and what pairs of bytes merge to.
  @safe
  private struct BytePairs {
    // SAFETY: 65,536 values, and a byte for each symbol.
    let values: UnsafeMutablePointer<UInt64>
    let piece: UnsafeBufferPointer<UInt8>
  }

  /// Looks for the best pair again and again. Nothing moves: symbols that are gone leave `alive`, and a key holds a rank and the place where
  /// its pair begins. O(n²) of at most 64 symbols.
  private func scan(pairs: PairTable, keepsLengths: Bool, _ bytePairs: BytePairs?) {
    let n = count
    let symbols = unsafe symbols
    let lengths = unsafe lengths
    let keys = unsafe keys
    let products = unsafe products
    let none = UInt32.max
    @inline(__always)
    func set(_ index: Int, _ value: UInt64) {
      let rank = UInt32(truncatingIfNeeded: value >> 32)
      unsafe keys[index] =
        value == PairTable.none ? none : rank << 6 | UInt32(truncatingIfNeeded: index)
      unsafe products[index] = UInt32(truncatingIfNeeded: value)
    }
    if let bytePairs {
      for index in 0..<n - 1 {
        unsafe set(
          index,
          bytePairs.values[Int(bytePairs.piece[index]) << 8 | Int(bytePairs.piece[index + 1])])
      }
    } else {
      for index in 0..<n - 1 { unsafe set(index, pairs[symbols[index], symbols[index + 1]]) }
    }
    var alive = UInt64.max >> UInt64(truncatingIfNeeded: 64 - n)
    while true {
      var best = none
      for index in 0..<n - 1 { best = unsafe min(best, keys[index]) }
      if best == none { break }
      steps &+= n
      let index = Int(best & 63)
      // The bits above a place are those of the symbols behind it.
      let after = alive & (~1 << UInt64(truncatingIfNeeded: index))
      let right = after.trailingZeroBitCount
      unsafe symbols[index] = products[index]
      if keepsLengths { unsafe lengths[index] &+= lengths[right] }
      alive ^= 1 << UInt64(truncatingIfNeeded: right)
      if right < n - 1 { unsafe keys[right] = none }
      let next = (after & (after &- 1)).trailingZeroBitCount
      let before = alive & ~(~0 << UInt64(truncatingIfNeeded: index))
      // Both look-ups wait for memory at once.
      if before != 0 {
        unsafe pairs.prefetch(symbols[63 - before.leadingZeroBitCount], symbols[index])
      }
      if next < n {
        unsafe set(index, pairs[symbols[index], symbols[next]])
      } else {
        unsafe keys[index] = none
      }
      if before != 0 {
        let left = 63 - before.leadingZeroBitCount
        unsafe set(left, pairs[symbols[left], symbols[index]])
      }
    }
    var kept = 0
    while alive != 0 {
      let index = alive.trailingZeroBitCount
      unsafe symbols[kept] = symbols[index]
      if keepsLengths { unsafe lengths[kept] = lengths[index] }
      kept += 1
      alive &= alive &- 1
    }
    count = kept
  }

  /// Symbols in a linked list, pairs in a heap ordered by (rank, position); outdated entries are skipped when
  /// they come up. O(n log n).
  private func mergeLong(pairs: PairTable, keepsLengths: Bool) {
    let n = count
    reserveLinks(n)
    let symbols = unsafe symbols
    let lengths = unsafe lengths
    let values = unsafe values
    let next = unsafe links
    let previous = unsafe links + linkCapacity
    var heap = unsafe MergeHeap(storage: heap)
    for index in 0..<n {
      unsafe next[index] = Int32(truncatingIfNeeded: index + 1)
      unsafe previous[index] = Int32(truncatingIfNeeded: index - 1)
      let value = unsafe index + 1 < n ? pairs[symbols[index], symbols[index + 1]] : PairTable.none
      unsafe values[index] = value
      if value != PairTable.none { heap.append((value >> 32) << 32 | UInt64(index)) }
    }
    heap.order()
    let removed = Int32.min
    while let top = heap.pop() {
      steps &+= 1
      let index = Int(top & 0xFFFF_FFFF)
      // Outdated where the symbol is gone or now begins another pair.
      guard unsafe next[index] != removed, unsafe values[index] != PairTable.none,
        unsafe values[index] >> 32 == top >> 32
      else { continue }
      let right = unsafe Int(next[index])
      unsafe symbols[index] = UInt32(truncatingIfNeeded: values[index])
      if keepsLengths { unsafe lengths[index] &+= lengths[right] }
      let after = unsafe Int(next[right])
      unsafe next[right] = removed
      unsafe next[index] = Int32(truncatingIfNeeded: after)
      if after < n {
        unsafe previous[after] = Int32(truncatingIfNeeded: index)
        let value = unsafe pairs[symbols[index], symbols[after]]
        unsafe values[index] = value
        if value != PairTable.none { heap.push((value >> 32) << 32 | UInt64(index)) }
      } else {
        unsafe values[index] = PairTable.none
      }
      let before = unsafe Int(previous[index])
      if before >= 0 {
        let value = unsafe pairs[symbols[before], symbols[index]]
        unsafe values[before] = value
        if value != PairTable.none { heap.push((value >> 32) << 32 | UInt64(before)) }
      }
    }
    var index = 0
    var kept = 0
    while index < n {
      unsafe symbols[kept] = symbols[index]
      if keepsLengths { unsafe lengths[kept] = lengths[index] }
      kept += 1
      index = unsafe Int(next[index])
    }
    count = kept
  }

  private func reserveLinks(_ needed: Int) {
    guard needed > linkCapacity else { return }
    unsafe links.deallocate()
    unsafe heap.deallocate()
    linkCapacity = max(needed, linkCapacity * 2)
    unsafe links = .allocate(capacity: 2 * linkCapacity)
    unsafe heap = .allocate(capacity: 3 * linkCapacity)
  }
}

/// A binary min-heap of numbers in memory that its owner provides.
@safe
struct MergeHeap {
  // SAFETY: the storage has room for three entries a symbol: one at first and two for each of fewer merges than symbols.
  private let storage: UnsafeMutablePointer<UInt64>
  private var count = 0

  init(storage: UnsafeMutablePointer<UInt64>) { unsafe self.storage = unsafe storage }

  /// Adds a number without keeping order.
  mutating func append(_ value: UInt64) {
    unsafe storage[count] = value
    count += 1
  }

  /// Makes a heap of what was appended. O(n).
  mutating func order() {
    var index = count / 2 - 1
    while index >= 0 {
      sink(from: index)
      index -= 1
    }
  }

  mutating func push(_ value: UInt64) {
    var index = count
    count += 1
    while index > 0 {
      let parent = (index - 1) / 2
      if unsafe storage[parent] <= value { break }
      unsafe storage[index] = storage[parent]
      index = parent
    }
    unsafe storage[index] = value
  }

  mutating func pop() -> UInt64? {
    guard count > 0 else { return nil }
    let top = unsafe storage[0]
    count -= 1
    if count > 0 {
      unsafe storage[0] = storage[count]
      sink(from: 0)
    }
    return top
  }

  private func sink(from start: Int) {
    let value = unsafe storage[start]
    var index = start
    while true {
      var child = 2 * index + 1
      if child >= count { break }
      if child + 1 < count, unsafe storage[child + 1] < storage[child] { child += 1 }
      if unsafe storage[child] >= value { break }
      unsafe storage[index] = storage[child]
      index = child
    }
    unsafe storage[index] = value
  }
}
