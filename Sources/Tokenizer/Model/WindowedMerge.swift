/// Merges long runs of symbols in windows that stay in the fastest cache, exactly as merging all of them at once: O(n).
///
/// A boundary that no merge crosses when the two tokens beside it are merged alone is not crossed in any longer text either: the merges
/// inside of both happen in the same order there. So the tokens of two windows can be put side by side where the tokens at the seam are
/// such a pair; else some tokens on either side of the seam are merged again, until they are.
/// (The argument is that of rust-gems `bpe`; it needs nothing of the ranks.)
final class WindowedMerge {
  /// Symbols of a window: what merging them needs fits in 32 KiB.
  static let windowCount = 512

  private let space = MergeSpace()
  /// The tokens so far, and how many symbols each is made of.
  private(set) var tokens: [UInt32] = []
  private(set) var spans: [UInt32] = []
  private var nextTokens: [UInt32] = []
  private var nextSpans: [UInt32] = []
  /// Symbols merged so far, those of a second time included.
  private var work = 0

  /// Pairs looked at so far.
  var steps: Int { space.steps }

  /// Merges `symbols` into `tokens`. False where seams take too much work: then all has to be merged at once.
  func merge(_ symbols: UnsafeBufferPointer<UInt32>, pairs: PairTable) -> Bool {
    tokens.removeAll(keepingCapacity: true)
    spans.removeAll(keepingCapacity: true)
    work = 0
    var position = 0
    while position < symbols.count {
      let end = min(position + Self.windowCount, symbols.count)
      unsafe run(symbols, position..<end, pairs)
      nextTokens.removeAll(keepingCapacity: true)
      nextSpans.removeAll(keepingCapacity: true)
      appendResult(to: &nextTokens, &nextSpans)
      unsafe join(symbols, at: position, pairs)
      if work > 64 * symbols.count { return false }
      position = end
    }
    return true
  }

  /// Merges some of the symbols in `space`; lengths count symbols.
  private func run(_ symbols: UnsafeBufferPointer<UInt32>, _ range: Range<Int>, _ pairs: PairTable)
  {
    space.count = 0
    for index in range { unsafe space.append(symbols[index], length: 1) }
    space.mergeAtOnce(pairs: pairs)
    work += range.count
  }

  private func appendResult(to tokens: inout [UInt32], _ spans: inout [UInt32]) {
    // SAFETY: the space holds `count` of both.
    unsafe tokens.append(contentsOf: UnsafeBufferPointer(start: space.symbols, count: space.count))
    unsafe spans.append(contentsOf: UnsafeBufferPointer(start: space.lengths, count: space.count))
  }

  /// Puts the next tokens behind those so far, which end at the symbol `seam`.
  private func join(
    _ symbols: UnsafeBufferPointer<UInt32>, at seam: Int, _ pairs: PairTable
  ) {
    // Tokens on either side that are merged again, and what becomes of them.
    var left = 0
    var right = 0
    var middle: [UInt32] = []
    var middleSpans: [UInt32] = []
    var start = seam
    var stop = seam
    while true {
      let before = left < spans.count ? spans[spans.count - 1 - left] : 0
      let after = right < nextSpans.count ? nextSpans[right] : 0
      let isLeftSound = unsafe isBoundary(
        start, before, middleSpans.first ?? after, symbols, pairs)
      let isRightSound =
        middleSpans.isEmpty
        ? isLeftSound
        : unsafe isBoundary(stop, middleSpans[middleSpans.count - 1], after, symbols, pairs)
      if isLeftSound, isRightSound { break }
      if !isLeftSound { left = min(max(1, left * 2), spans.count) }
      if !isRightSound { right = min(max(1, right * 2), nextSpans.count) }
      start = seam - spans.suffix(left).reduce(0) { $0 + Int($1) }
      stop = seam + nextSpans.prefix(right).reduce(0) { $0 + Int($1) }
      unsafe run(symbols, start..<stop, pairs)
      middle.removeAll(keepingCapacity: true)
      middleSpans.removeAll(keepingCapacity: true)
      appendResult(to: &middle, &middleSpans)
    }
    tokens.removeLast(left)
    spans.removeLast(left)
    tokens += middle
    spans += middleSpans
    tokens += nextTokens[right...]
    spans += nextSpans[right...]
  }

  /// Whether no merge crosses the place before the symbol `index`, of tokens of so many symbols on either side.
  private func isBoundary(
    _ index: Int, _ before: UInt32, _ after: UInt32, _ symbols: UnsafeBufferPointer<UInt32>,
    _ pairs: PairTable
  ) -> Bool {
    guard before > 0, after > 0 else { return true }
    unsafe run(symbols, index - Int(before)..<index + Int(after), pairs)
    var sum: UInt32 = 0
    for token in 0..<space.count {
      sum += unsafe space.lengths[token]
      if sum >= before { return sum == before }
    }
    return false
  }
}
