#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Finds which of some texts occur in a text, leftmost first and of those the longest: a trie over bytes.
struct TokenMatcher: Sendable {
  struct Match: Equatable {
    var range: Range<Int>
    /// What the text stands for.
    var value: Int
  }

  private struct Node: Sendable {
    /// Children are `edges[first..<first + count]`, by byte.
    var first: Int32 = 0
    var count: Int32 = 0
    var value: Int32 = -1
  }

  private struct Edge: Sendable {
    var byte: UInt8
    var node: Int32
  }

  private var nodes: [Node] = []
  private var edges: [Edge] = []
  /// Child of the root by byte, -1 where no text begins so.
  private var roots = [Int32](repeating: -1, count: 256)
  /// The one byte that all texts begin with.
  private var onlyFirst: UInt8?
  let isEmpty: Bool

  /// Texts are not empty; of equal ones the last counts. O(bytes × log texts).
  init(_ texts: [(text: [UInt8], value: Int)]) {
    isEmpty = texts.isEmpty
    let sorted = texts.enumerated().sorted {
      $0.element.text.lexicographicallyPrecedes($1.element.text)
        || $0.element.text == $1.element.text && $0.offset < $1.offset
    }.map(\.element)
    nodes = [Node()]
    build(0, sorted[...], depth: 0)
    for edge in edges[Int(nodes[0].first)..<Int(nodes[0].first + nodes[0].count)] {
      roots[Int(edge.byte)] = edge.node
    }
    let firsts = (0..<256).filter { roots[$0] >= 0 }
    onlyFirst = firsts.count == 1 ? UInt8(firsts[0]) : nil
  }

  /// Adds the children of a node for texts that share `depth` bytes.
  private mutating func build(
    _ root: Int, _ texts: ArraySlice<(text: [UInt8], value: Int)>, depth: Int
  ) {
    // A stack in place of recursion: texts may be long.
    var work: [(node: Int, texts: ArraySlice<(text: [UInt8], value: Int)>, depth: Int)] = [
      (root, texts, depth)
    ]
    while let (node, texts, depth) = work.popLast() {
      var rest = texts
      while let text = rest.first, text.text.count == depth {
        nodes[node].value = Int32(text.value)
        rest.removeFirst()
      }
      var groups: [(byte: UInt8, texts: ArraySlice<(text: [UInt8], value: Int)>)] = []
      while let text = rest.first {
        let byte = text.text[depth]
        let end = rest.firstIndex { $0.text[depth] != byte } ?? rest.endIndex
        groups.append((byte, rest[rest.startIndex..<end]))
        rest = rest[end...]
      }
      nodes[node].first = Int32(edges.count)
      nodes[node].count = Int32(groups.count)
      for group in groups {
        edges.append(Edge(byte: group.byte, node: Int32(nodes.count)))
        work.append((nodes.count, group.texts, depth + 1))
        nodes.append(Node())
      }
    }
  }

  /// The first match at or after `start`; nil where there is none. O(bytes passed over × longest text).
  func firstMatch(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Match? {
    guard !isEmpty else { return nil }
    var position = start
    while position < text.count {
      if let onlyFirst {
        // SAFETY: searches from `position` to the end of the buffer.
        guard let base = text.baseAddress,
          let found = unsafe memchr(base + position, Int32(onlyFirst), text.count - position)
        else { return nil }
        position = unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
      } else {
        unsafe roots.withUnsafeBufferPointer { roots in
          while position < text.count, unsafe roots[Int(text[position])] < 0 { position += 1 }
        }
        if position == text.count { return nil }
      }
      if let match = unsafe longestMatch(in: text, at: position) { return match }
      position += 1
    }
    return nil
  }

  /// The longest text that begins at `position`.
  private func longestMatch(in text: UnsafeBufferPointer<UInt8>, at position: Int) -> Match? {
    var node = unsafe Int(roots[Int(text[position])])
    var found: Match?
    var index = position + 1
    while node >= 0 {
      let here = nodes[node]
      if here.value >= 0 { found = Match(range: position..<index, value: Int(here.value)) }
      guard index < text.count, here.count > 0 else { break }
      node = unsafe child(here, text[index])
      index += 1
    }
    return found
  }

  @inline(__always)
  private func child(_ node: Node, _ byte: UInt8) -> Int {
    var low = Int(node.first)
    var high = low + Int(node.count)
    while low < high {
      let middle = (low + high) / 2
      if edges[middle].byte < byte { low = middle + 1 } else { high = middle }
    }
    guard low < Int(node.first) + Int(node.count), edges[low].byte == byte else { return -1 }
    return Int(edges[low].node)
  }
}
