/// Open rows by the room that is left in them.
///
/// A stack of rows for each room size, and a bitmap of two levels that finds the smallest nonempty
/// size from a given one on: O(1) for capacities up to 4,096, one step more for each 4,096 beyond.
struct RoomIndex {
  /// The row on top of each size's stack, -1 where there is none.
  private var tops: [Int]
  /// The row below each row on its stack.
  private var below: [Int] = []
  /// Bit `room` is set where a row has that room.
  private var words: [UInt64]
  /// Bit `word` is set where `words[word]` is not zero.
  private var summary: [UInt64]

  init(capacity: Int) {
    tops = Array(repeating: -1, count: capacity + 1)
    words = Array(repeating: 0, count: capacity / 64 + 1)
    summary = Array(repeating: 0, count: capacity / 4096 + 1)
  }

  mutating func insert(row: Int, room: Int) {
    if row >= below.count {
      below.append(contentsOf: repeatElement(-1, count: row + 1 - below.count))
    }
    below[row] = tops[room]
    tops[room] = row
    words[room / 64] |= 1 << UInt64(room % 64)
    summary[room / 4096] |= 1 << UInt64(room / 64 % 64)
  }

  /// Removes and returns a row with the least room that is at least `length`.
  mutating func takeFullest(fitting length: Int) -> (row: Int, room: Int)? {
    guard let room = firstRoom(from: length) else { return nil }
    let row = tops[room]
    tops[room] = below[row]
    if tops[room] < 0 {
      words[room / 64] &= ~(1 << UInt64(room % 64))
      if words[room / 64] == 0 { summary[room / 4096] &= ~(1 << UInt64(room / 64 % 64)) }
    }
    return (row, room)
  }

  private func firstRoom(from length: Int) -> Int? {
    let word = length / 64
    let inWord = words[word] >> UInt64(length % 64)
    if inWord != 0 { return length + inWord.trailingZeroBitCount }
    let next = word + 1
    guard next < words.count else { return nil }
    let inSummary = summary[next / 64] >> UInt64(next % 64)
    if inSummary != 0 { return room(inWord: next + inSummary.trailingZeroBitCount) }
    for index in summary.indices.dropFirst(next / 64 + 1) where summary[index] != 0 {
      return room(inWord: index * 64 + summary[index].trailingZeroBitCount)
    }
    return nil
  }

  private func room(inWord word: Int) -> Int { word * 64 + words[word].trailingZeroBitCount }
}
