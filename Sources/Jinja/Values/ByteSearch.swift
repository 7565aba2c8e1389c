#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension UnsafeBufferPointer<UInt8> {
  /// Where `pattern` first stands. O(n + m): a scan for its first byte, and Knuth, Morris and Pratt's search
  /// once that has compared too much in vain.
  package func firstIndex(of pattern: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let text = baseAddress, let first = unsafe pattern.first,
      let wanted = pattern.baseAddress
    else { return pattern.isEmpty ? 0 : nil }
    var position = 0
    var budget = 4 * count + 256
    while position + pattern.count <= count {
      // SAFETY: the candidates lie at least a pattern's length before the end.
      guard
        let found = unsafe memchr(
          text + position, Int32(first), count - pattern.count - position + 1)
      else { return nil }
      position = unsafe UnsafeRawPointer(found) - UnsafeRawPointer(text)
      if unsafe memcmp(text + position, wanted, pattern.count) == 0 { return position }
      budget -= pattern.count
      position += 1
      if budget < 0 { return unsafe searchWithBorders(pattern, from: position) }
    }
    return nil
  }

  private func searchWithBorders(_ pattern: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    // The longest border of each start of the pattern.
    var borders = Array(repeating: 0, count: pattern.count)
    var border = 0
    for index in pattern.indices.dropFirst() {
      while border > 0, unsafe pattern[border] != pattern[index] { border = borders[border - 1] }
      if unsafe pattern[border] == pattern[index] { border += 1 }
      borders[index] = border
    }
    var matched = 0
    for index in start..<count {
      while matched > 0, unsafe pattern[matched] != self[index] { matched = borders[matched - 1] }
      if unsafe pattern[matched] == self[index] { matched += 1 }
      if matched == pattern.count { return index - matched + 1 }
    }
    return nil
  }
}
