import Problems

extension SentencePieceModel {
  /// Tokens by id: the texts of the pieces.
  var tokens: RankFile {
    RankFile(tokens: pieces.enumerated().map { ($1.text, UInt32($0)) })
  }

  /// The merges that SentencePiece makes: any two neighbours whose concatenation is a piece, highest score first, ties
  /// left first. User-defined pieces are cut out before, so nothing merges to them.
  func merges(file: String) throws(Problem) -> [ConcatenationMerges.Merge] {
    let mergeable = RankFile(
      tokens: pieces.enumerated().compactMap { $1.kind == .normal ? ($1.text, UInt32($0)) : nil })
    let index = TokenIndex(mergeable)
    let order = mergeable.entries.indices.sorted {
      let (a, b) = (mergeable.entries[$0], mergeable.entries[$1])
      let (x, y) = (pieces[Int(a.rank)].score, pieces[Int(b.rank)].score)
      return x != y ? x > y : a.rank < b.rank
    }
    var result = ConcatenationMerges()
    var rank: UInt32 = 0
    var start = 0
    while start < order.count {
      let score = pieces[Int(mergeable.entries[order[start]].rank)].score
      var end = start + 1
      while end < order.count, pieces[Int(mergeable.entries[order[end]].rank)].score == score {
        end += 1
      }
      for position in order[start..<end] {
        let entry = mergeable.entries[position]
        let cuts = Self.characterEnds(mergeable, entry)
        guard cuts.count > 1 else { continue }
        var symbols: [UInt32] = []
        var from = 0
        for cut in cuts {
          guard let found = index.find(entry.start + from, cut - from) else {
            throw Problem(
              file: file, reason: "piece \(entry.rank) has a character that is no piece of its own",
              remedy: "such a model is not supported")
          }
          symbols.append(mergeable.entries[found].rank)
          from = cut
        }
        result.add(entry.rank, rank: rank, isAlone: end == start + 1, symbols: symbols) { body in
          for cut in cuts.dropLast() {
            guard let left = index.find(entry.start, cut),
              let right = index.find(entry.start + cut, entry.length - cut)
            else { continue }
            body(mergeable.entries[left].rank, mergeable.entries[right].rank)
          }
        }
      }
      result.endRank()
      rank += 1
      start = end
    }
    return result.merges
  }

  /// Where the characters of a piece end.
  private static func characterEnds(_ file: RankFile, _ entry: RankFile.Entry) -> [Int] {
    var ends: [Int] = []
    for offset in 1..<max(1, entry.length) where file.bytes[entry.start + offset] & 0xC0 != 0x80 {
      ends.append(offset)
    }
    ends.append(entry.length)
    return ends
  }
}
