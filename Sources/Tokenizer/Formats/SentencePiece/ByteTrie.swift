/// A set of byte strings that answers which of them is the longest prefix of a text.
struct ByteTrie: Sendable {
  /// node << 8 | byte → node
  private var edges: [UInt64: Int] = [:]
  /// First step by byte, -1 where no string begins so.
  private var roots = [Int](repeating: -1, count: 256)
  private var isEnd: [Bool] = [false]

  init(_ strings: [[UInt8]]) {
    for string in strings where !string.isEmpty { insert(string) }
  }

  private mutating func insert(_ string: [UInt8]) {
    var node = 0
    for byte in string {
      if let next = edges[UInt64(node) << 8 | UInt64(byte)] {
        node = next
        continue
      }
      let next = isEnd.count
      isEnd.append(false)
      edges[UInt64(node) << 8 | UInt64(byte)] = next
      if node == 0 { roots[Int(byte)] = next }
      node = next
    }
    isEnd[node] = true
  }

  /// Length of the longest string that begins at `position`; 0 where none does. O(that length).
  func longestMatch(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int {
    guard position < text.count else { return 0 }
    var node = unsafe roots[Int(text[position])]
    var length = 0
    var index = position + 1
    while node >= 0 {
      if isEnd[node] { length = index - position }
      guard index < text.count else { break }
      node = unsafe edges[UInt64(node) << 8 | UInt64(text[index])] ?? -1
      index += 1
    }
    return length
  }
}
