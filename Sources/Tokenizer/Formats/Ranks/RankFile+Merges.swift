import Problems

extension RankFile {
  /// The merges that `tiktoken` makes: any two neighbours whose bytes are a token, lowest rank first.
  /// Throws where a byte has no token, which `tiktoken` cannot encode either. O(bytes of all tokens × their length).
  func merges(file: String) throws(Problem) -> [ConcatenationMerges.Merge] {
    let index = TokenIndex(self)
    var ofByte = [UInt32?](repeating: nil, count: 256)
    for entry in entries where entry.length == 1 { ofByte[Int(bytes[entry.start])] = entry.rank }
    var bytesIDs = [UInt32](repeating: 0, count: 256)
    for byte in 0..<256 {
      guard let id = ofByte[byte] else {
        throw Problem(
          file: file, reason: "there is no token for the byte 0x\(String(byte, radix: 16))",
          remedy: "a rank file has a token for each of the 256 bytes")
      }
      bytesIDs[byte] = id
    }
    var result = ConcatenationMerges()
    for entry in entries where entry.length > 1 {
      result.add(
        entry.rank, rank: entry.rank, isAlone: true,
        symbols: token(entry).lazy.map { bytesIDs[Int($0)] }
      ) { body in
        for length in 1..<entry.length {
          guard let left = index.find(entry.start, length),
            let right = index.find(entry.start + length, entry.length - length)
          else { continue }
          body(entries[left].rank, entries[right].rank)
        }
      }
      result.endRank()
    }
    return result.merges
  }
}
