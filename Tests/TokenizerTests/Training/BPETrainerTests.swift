import Testing

@testable import Tokenizer

@Suite("BPE trainer")
struct BPETrainerTests {
  /// Counts every pair of every piece again for each merge; the oracle of the incremental trainer.
  private func naive(_ pieces: [([UInt8], Int)], vocabularySize: Int, minimumFrequency: Int)
    -> [BPETrainer.Merge]
  {
    var ids: [UInt8: UInt32] = [:]
    var tokens: [[UInt8]] = []
    for byte in TrainingAlphabet.bytesInCharacterOrder {
      ids[byte] = UInt32(tokens.count)
      tokens.append([byte])
    }
    var words = pieces.map { ($0.0.map { ids[$0] ?? 0 }, $0.1) }
    var merges: [BPETrainer.Merge] = []
    while tokens.count < vocabularySize {
      var counts: [UInt64: Int] = [:]
      for (word, count) in words {
        for (left, right) in zip(word, word.dropFirst()) {
          counts[UInt64(left) << 32 | UInt64(right), default: 0] += count
        }
      }
      guard
        let best = counts.max(by: { $0.value != $1.value ? $0.value < $1.value : $0.key > $1.key }),
        best.value >= max(1, minimumFrequency)
      else { break }
      let (left, right) = (UInt32(best.key >> 32), UInt32(truncatingIfNeeded: best.key))
      let product = UInt32(tokens.count)
      tokens.append(tokens[Int(left)] + tokens[Int(right)])
      merges.append(.init(left: left, right: right, product: product))
      words = words.map { word, count in
        var merged: [UInt32] = []
        var index = 0
        while index < word.count {
          if index + 1 < word.count, word[index] == left, word[index + 1] == right {
            merged.append(product)
            index += 2
          } else {
            merged.append(word[index])
            index += 1
          }
        }
        return (merged, count)
      }
    }
    return merges
  }

  private func counts(_ pieces: [([UInt8], Int)]) -> PieceCounts {
    var counts = PieceCounts()
    for (piece, count) in pieces {
      unsafe piece.withUnsafeBufferPointer { unsafe counts.add($0, count: count) }
    }
    return counts
  }

  @Test("merges equal those of a trainer that counts everything again for each merge")
  func equalsNaive() {
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for round in 0..<60 {
      var distinct: [[UInt8]: Int] = [:]
      // Different products of the same text (ab|c, a|bc) are where the two rules differ: few rounds of merges here.
      for _ in 0..<20 {
        distinct[(0..<1 + next(6)).map { _ in UInt8(97 + next(10)) }, default: 0] += 1 + next(9)
      }
      let pieces = distinct.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
        ($0.key, $0.value)
      }
      let trainer = BPETrainer(
        vocabularySize: 256 + 4, minimumFrequency: round % 3, specialTokens: [])
      #expect(
        trainer.train(counts(pieces)).merges
          == naive(pieces, vocabularySize: 256 + 4, minimumFrequency: round % 3), "round \(round)")
    }
  }

  @Test(
    "special tokens have the first ids, then the alphabet by its characters, then products by rank")
  func ids() {
    let trained = BPETrainer(
      vocabularySize: 260, minimumFrequency: 2, specialTokens: [Array("<|end|>".utf8)]
    )
    .train(counts([(Array("abab".utf8), 3), (Array("abc".utf8), 1)]))
    #expect(trained.specialCount == 1)
    #expect(trained.tokens[0] == Array("<|end|>".utf8))
    #expect(trained.tokens[1] == [UInt8(ascii: "!")])
    #expect(trained.tokens[256] == Array("Ń".utf8))
    #expect(trained.tokens[257...] == [Array("ab".utf8), Array("abab".utf8)])
    #expect(trained.merges.map(\.product) == [257, 258])
  }

  @Test("counting in blocks and merging equals counting at once")
  func blocks() {
    let pieces = (0..<5000).map { (Array("piece\($0 % 1700)".utf8), 1 + $0 % 7) }
    var joined = counts(Array(pieces[..<1234]))
    joined.merge(counts(Array(pieces[1234...])))
    let whole = counts(pieces)
    #expect(joined.pieces.count == 1700)
    #expect(joined.bytes == whole.bytes)
    #expect(joined.pieces.map(\.count) == whole.pieces.map(\.count))
  }
}
