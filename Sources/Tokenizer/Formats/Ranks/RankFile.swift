import Files
import Problems

/// A `.tiktoken` file: a line a token, its bytes in base64, a space and its rank, which is its id too.
///
/// Source of the format: `tiktoken.load.load_tiktoken_bpe` (0.14). A line that is only `=` stands for the empty token, as
/// Python's decoder reads it.
struct RankFile: Sendable {
  /// A token's bytes are `bytes[start..<start + length]`.
  struct Entry: Sendable {
    var start: Int
    var length: Int
    var rank: UInt32
  }

  private(set) var bytes: [UInt8] = []
  /// By ascending rank; ranks are unique, but may leave gaps.
  private(set) var entries: [Entry] = []

  /// O(size of the file).
  init(parsing text: [UInt8], file: String) throws(Problem) {
    bytes.reserveCapacity(text.count / 2)
    entries.reserveCapacity(text.count / 12)
    var line = 0
    var position = 0
    while position < text.count {
      line += 1
      var end = position
      while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
      var last = end
      if last > position, text[last - 1] == UInt8(ascii: "\r") { last -= 1 }
      if last > position { try parseLine(text, position..<last, line: line, file: file) }
      position = end + 1
    }
    guard !entries.isEmpty else {
      throw Problem(
        file: file, reason: "holds no tokens",
        remedy: "give a rank file: a line a token, base64 and rank")
    }
    var ascending = true
    for index in entries.indices.dropFirst() where entries[index - 1].rank >= entries[index].rank {
      ascending = false
    }
    if !ascending {
      entries.sort { $0.rank < $1.rank }
      for index in entries.indices.dropFirst() where entries[index - 1].rank == entries[index].rank
      {
        throw Problem(
          file: file, reason: "two tokens have rank \(entries[index].rank)",
          remedy: "every token needs a rank of its own")
      }
    }
  }

  /// A token list that is read from another format, by ascending rank.
  init(tokens: [(bytes: [UInt8], rank: UInt32)]) {
    for (token, rank) in tokens {
      entries.append(Entry(start: bytes.count, length: token.count, rank: rank))
      bytes += token
    }
  }

  func token(_ entry: Entry) -> ArraySlice<UInt8> {
    bytes[entry.start..<entry.start + entry.length]
  }

  /// Highest rank + 1.
  var idCount: Int { entries.last.map { Int($0.rank) + 1 } ?? 0 }

  /// Depends on every token and rank and on nothing else of the file (FNV-1a over lengths, bytes and ranks).
  var fingerprint: UInt64 {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for entry in entries {
      state = (state ^ UInt64(entry.rank)) &* 0x100_0000_01B3
      state = (state ^ UInt64(entry.length)) &* 0x100_0000_01B3
      for byte in token(entry) { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return state
  }

  private mutating func parseLine(_ text: [UInt8], _ range: Range<Int>, line: Int, file: String)
    throws(Problem)
  {
    func malformed(_ reason: String) -> Problem {
      Problem(
        file: file, line: line, reason: reason,
        remedy: "a line of a rank file is a token in base64, a space and its rank")
    }
    guard let space = text[range].firstIndex(of: UInt8(ascii: " ")) else {
      throw malformed("there is no space in the line")
    }
    let start = bytes.count
    guard Base64.decode(text[range.lowerBound..<space], into: &bytes) else {
      throw malformed("the token is not base64")
    }
    var rank = 0
    let digits = text[(space + 1)..<range.upperBound]
    guard !digits.isEmpty, digits.count <= 9 else {
      throw malformed("the rank is not a number below 10^9")
    }
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else {
        throw malformed("the rank is not a number")
      }
      rank = rank * 10 + Int(digit - UInt8(ascii: "0"))
    }
    entries.append(Entry(start: start, length: bytes.count - start, rank: UInt32(rank)))
  }
}
