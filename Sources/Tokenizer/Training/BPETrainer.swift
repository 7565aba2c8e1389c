import HeapModule

/// Learns byte-level BPE merges from piece counts.
///
/// Equal to `tokenizers`' `BpeTrainer` (0.23) merge for merge: the pair with the highest count first, ties by the lower
/// ids; a pair found again after it was merged keeps the count it had. Pair counts are kept up to date and the heap is
/// corrected when an entry comes to the top, so a merge touches only the pieces that hold it.
/// O(bytes of distinct pieces × log) time; memory proportional to the distinct pieces.
struct BPETrainer {
  var vocabularySize: Int
  /// A pair that occurs less often is not merged.
  var minimumFrequency: Int
  /// Get the first ids, in this order.
  var specialTokens: [[UInt8]]

  /// What was learned: token strings by id in the byte-level alphabet, and merges by rank.
  struct Vocabulary: Sendable {
    var tokens: [[UInt8]]
    /// Ids of left and right part and of the product.
    var merges: [Merge]
    /// The ids below this are special tokens.
    var specialCount: Int
  }

  struct Merge: Sendable, Hashable {
    var left: UInt32
    var right: UInt32
    var product: UInt32
  }

  /// An entry of the heap. Several may be for the same pair, each with the pieces in which it appeared later.
  private struct Candidate: Comparable {
    var count: Int
    /// left id in the high half, right id in the low one
    var pair: UInt64
    /// Index into `pieceLists`.
    var list: Int

    static func < (a: Candidate, b: Candidate) -> Bool {
      a.count != b.count ? a.count < b.count : a.pair != b.pair ? a.pair > b.pair : a.list > b.list
    }
  }

  func train(_ counts: PieceCounts) -> Vocabulary {
    var tokens: [[UInt8]] = []
    var ids: [[UInt8]: UInt32] = [:]
    func add(_ token: [UInt8]) -> UInt32 {
      if let id = ids[token] { return id }
      let id = UInt32(tokens.count)
      tokens.append(token)
      ids[token] = id
      return id
    }
    for token in specialTokens { _ = add(token) }
    let specialCount = tokens.count
    // The alphabet in the order of its characters, not of the bytes that they stand for.
    var byteIDs = [UInt32](repeating: 0, count: 256)
    for byte in TrainingAlphabet.bytesInCharacterOrder {
      byteIDs[Int(byte)] = add(TrainingAlphabet.character(of: byte))
    }

    var words = Words(counts, byteIDs)
    let wordCounts = words.counts
    var pairs = PairCounts()
    var pieceLists: [[UInt32]] = []
    var lists: [UInt64: Int] = [:]
    for word in 0..<words.count {
      let symbols = words.range(word)
      guard symbols.count > 1 else { continue }
      for index in symbols.lowerBound..<symbols.upperBound - 1 {
        let pair = UInt64(words.symbols[index]) << 32 | UInt64(words.symbols[index + 1])
        pairs.add(wordCounts[word], to: pair)
        note(word, pair, in: &pieceLists, &lists)
      }
    }
    var heap = Heap(lists.map { Candidate(count: pairs[$0.key], pair: $0.key, list: $0.value) })
    lists.removeAll()

    var merges: [Merge] = []
    while tokens.count < vocabularySize, var top = heap.popMax() {
      let count = pairs[top.pair]
      if top.count != count {
        top.count = count
        heap.insert(top)
        continue
      }
      if count < 1 || count < minimumFrequency { break }
      let left = UInt32(truncatingIfNeeded: top.pair >> 32)
      let right = UInt32(truncatingIfNeeded: top.pair)
      let product = add(tokens[Int(left)] + tokens[Int(right)])
      merges.append(Merge(left: left, right: right, product: product))
      for word in pieceLists[top.list] {
        words.merge(Int(word), left, right, into: product) { pair, change in
          pairs.add(change * wordCounts[Int(word)], to: pair)
          if change > 0 { note(Int(word), pair, in: &pieceLists, &lists) }
        }
      }
      pieceLists[top.list] = []
      for (pair, list) in lists where pairs[pair] > 0 {
        heap.insert(Candidate(count: pairs[pair], pair: pair, list: list))
      }
      lists.removeAll(keepingCapacity: true)
    }
    return Vocabulary(tokens: tokens, merges: Self.lastOfEach(merges), specialCount: specialCount)
  }

  /// Adds a word to the list of a pair, once: words come in ascending order.
  private func note(
    _ word: Int, _ pair: UInt64, in pieceLists: inout [[UInt32]], _ lists: inout [UInt64: Int]
  ) {
    let word = UInt32(word)
    if let list = lists[pair] {
      if pieceLists[list].last != word { pieceLists[list].append(word) }
    } else {
      lists[pair] = pieceLists.count
      pieceLists.append([word])
    }
  }

  /// A pair that was merged twice keeps its last rank.
  private static func lastOfEach(_ merges: [Merge]) -> [Merge] {
    var last: [UInt64: Int] = [:]
    for (rank, merge) in merges.enumerated() {
      last[UInt64(merge.left) << 32 | UInt64(merge.right)] = rank
    }
    guard last.count < merges.count else { return merges }
    return merges.enumerated().filter { last[UInt64($1.left) << 32 | UInt64($1.right)] == $0 }.map(
      \.element)
  }
}
