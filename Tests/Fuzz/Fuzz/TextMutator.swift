/// Changes texts by their words and brackets, so that most of what comes out can still be read.
struct TextMutator {
  let words: [[UInt8]]

  private static let numbers = [
    "0", "-1", "1", "2", "7", "64", "65536", "2147483648", "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616", "1e308", "0.5", "1000000",
  ].map { Array($0.utf8) }
  private static let texts = [
    "\u{0}", "\\u0000", "é", "\u{202E}", "𝄞", "\u{FEFF}", "\\ud800", "\n", "\"", "'",
  ].map {
    Array($0.utf8)
  }

  /// One of the changes, at random; at most `limit` bytes. `other`: an input to take parts from.
  func change(
    _ input: [UInt8], other: [UInt8], limit: Int, using generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    let tokens = Self.tokens(of: input)
    guard !tokens.isEmpty else { return words.randomElement(using: &generator) ?? [0x61] }
    let group = Self.group(tokens, in: input, using: &generator)
    var output = input
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: output.removeSubrange(group)
    case 1: output.insert(contentsOf: input[group], at: group.upperBound)
    case 2:
      let others = Self.tokens(of: other)
      guard !others.isEmpty else { break }
      output.replaceSubrange(group, with: other[Self.group(others, in: other, using: &generator)])
    case 3, 4:
      guard let word = words.randomElement(using: &generator) else { break }
      output.insert(contentsOf: word, at: group.lowerBound)
    case 5:
      let digits = tokens.filter { input[$0.lowerBound] >= 0x30 && input[$0.lowerBound] <= 0x39 }
      let place = digits.randomElement(using: &generator) ?? group
      output.replaceSubrange(place, with: Self.numbers.randomElement(using: &generator) ?? [])
    case 6:
      let second = Self.group(tokens, in: input, using: &generator)
      guard group.upperBound <= second.lowerBound else { break }
      output =
        Array(input[..<group.lowerBound]) + input[second]
        + input[group.upperBound..<second.lowerBound]
        + input[group] + input[second.upperBound...]
    case 7:
      output.insert(
        contentsOf: Self.texts.randomElement(using: &generator) ?? [],
        at: Int.random(in: 0...input.count, using: &generator))
    case 8:
      // Nested or repeated, up to thousands of times.
      let count = min(1 << Int.random(in: 1...13, using: &generator), limit / max(1, group.count))
      output.replaceSubrange(group, with: Array(repeatElement(input[group], count: count).joined()))
    default:
      output[Int.random(in: output.indices, using: &generator)] ^=
        1 << UInt8.random(in: 0..<8, using: &generator)
    }
    return Array(output.prefix(limit))
  }

  /// A token, a few of them, or a bracket with all that it holds.
  private static func group(
    _ tokens: [Range<Int>], in bytes: [UInt8], using generator: inout some RandomNumberGenerator
  ) -> Range<Int> {
    let first = Int.random(in: tokens.indices, using: &generator)
    let start = tokens[first].lowerBound
    let pairs: [UInt8: UInt8] = [0x28: 0x29, 0x5B: 0x5D, 0x7B: 0x7D]
    if let closing = pairs[bytes[start]] {
      var depth = 0
      for token in tokens[first...] {
        let byte = bytes[token.lowerBound]
        depth += byte == bytes[start] ? 1 : byte == closing ? -1 : 0
        if depth == 0 { return start..<token.upperBound }
      }
    }
    let last = min(tokens.count - 1, first + Int.random(in: 0..<4, using: &generator))
    return start..<tokens[last].upperBound
  }

  /// Words, quoted texts, runs of white space, and all other bytes one by one.
  private static func tokens(of bytes: [UInt8]) -> [Range<Int>] {
    var tokens: [Range<Int>] = []
    var index = 0
    func isWord(_ byte: UInt8) -> Bool {
      (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x5F
        || byte >= 0x80
    }
    while index < bytes.count {
      let start = index
      index += 1
      if isWord(bytes[start]) {
        while index < bytes.count, isWord(bytes[index]) { index += 1 }
      } else if bytes[start] <= 0x20 {
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
      } else if bytes[start] == 0x22 || bytes[start] == 0x27 {
        var end = index
        while end < bytes.count, bytes[end] != bytes[start], end - start < 200 {
          end += bytes[end] == 0x5C ? 2 : 1
        }
        if end < bytes.count, bytes[end] == bytes[start] { index = end + 1 }
      }
      tokens.append(start..<index)
    }
    return tokens
  }
}
