import Problems
import Testing

@testable import Tokenizer

@Suite("Merges of vocabularies that name none")
struct ConcatenationMergesTests {
  /// Merges by looking concatenations up, as `tiktoken` does.
  private func naive(_ piece: [UInt8], _ ranks: [[UInt8]: UInt32]) -> [UInt32] {
    var parts = piece.map { [$0] }
    while true {
      var best: (rank: UInt32, index: Int)?
      for index in parts.indices.dropLast() {
        guard let rank = ranks[parts[index] + parts[index + 1]] else { continue }
        if best == nil || rank < (best?.rank ?? 0) { best = (rank, index) }
      }
      guard let (_, index) = best else { return parts.map { ranks[$0] ?? .max } }
      parts[index] += parts.remove(at: index + 1)
    }
  }

  private func merged(_ piece: [UInt8], _ ids: [UInt32], _ merges: [ConcatenationMerges.Merge])
    -> [UInt32]
  {
    var parts = piece.map { ids[Int($0)] }
    var table: [UInt64: ConcatenationMerges.Merge] = [:]
    for merge in merges { table[UInt64(merge.left) << 32 | UInt64(merge.right)] = merge }
    while true {
      var best: (rank: UInt32, index: Int, product: UInt32)?
      for index in parts.indices.dropLast() {
        guard let merge = table[UInt64(parts[index]) << 32 | UInt64(parts[index + 1])] else {
          continue
        }
        if best == nil || merge.rank < (best?.rank ?? 0) {
          best = (merge.rank, index, merge.product)
        }
      }
      guard let (_, index, product) = best else { return parts }
      parts[index] = product
      parts.remove(at: index + 1)
    }
  }

  @Test("any vocabulary, trained or not, merges as by looking concatenations up")
  func equalsNaive() throws {
    var state: UInt64 = 9
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<150 {
      var tokens = (0..<256).map { [UInt8($0)] }
      let letters = 2 + next(3)
      for _ in 0..<4 + next(30) {
        let token = (0..<2 + next(4)).map { _ in UInt8(97 + next(letters)) }
        if !tokens.contains(token) {
          tokens.insert(token, at: next(2) == 0 ? tokens.count : next(tokens.count))
        }
      }
      let file = RankFile(tokens: tokens.enumerated().map { ($1, UInt32($0)) })
      let ranks = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, UInt32($0)) })
      let ids = (0..<256).map { ranks[[UInt8($0)]] ?? .max }
      let merges = try file.merges(file: "x")
      for _ in 0..<60 {
        let piece = (0..<1 + next(12)).map { _ in UInt8(97 + next(letters)) }
        #expect(merged(piece, ids, merges) == naive(piece, ranks), "\(piece) \(tokens[256...])")
      }
    }
  }

  @Test("a byte without a token is refused")
  func missingByte() {
    let file = RankFile(tokens: (0..<255).map { ([UInt8($0)], UInt32($0)) })
    do throws(Problem) {
      _ = try file.merges(file: "x.tiktoken")
      Issue.record("accepted")
    } catch {
      #expect(
        error.description
          == "x.tiktoken: there is no token for the byte 0xff (a rank file has a token for each of the 256 bytes)"
      )
    }
  }
}
