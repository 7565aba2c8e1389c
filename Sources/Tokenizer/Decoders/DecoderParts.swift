import Patterns

/// `<0x41>`: a token of byte fallback.
package enum ByteToken {
  /// The byte that the token's string stands for, nil if it is another token. `<0x+1>` reads as 1, as in the reference.
  package static func byte(of token: some Collection<UInt8>) -> UInt8? {
    let token = Array(token)
    guard token.count == 6, token.starts(with: [0x3C, 0x30, 0x78]), token[5] == 0x3E else {
      return nil
    }
    if token[3] == UInt8(ascii: "+") { return digit(token[4]) }
    guard let high = digit(token[3]), let low = digit(token[4]) else { return nil }
    return high << 4 | low
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x41...0x46: character - 0x41 + 10
    case 0x61...0x66: character - 0x61 + 10
    default: nil
    }
  }
}

extension ByteAlphabet {
  /// The bytes that a token's string stands for; its own bytes if some character is not in the alphabet.
  package static func bytes(of token: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = 0
    while index < token.count {
      let scalar = token.scalar(at: index)
      guard let byte = byte(of: scalar.value) else { return token }
      bytes.append(byte)
      index += scalar.length
    }
    return bytes
  }
}

/// Text out of bytes that may not be UTF-8, as Rust's `String::from_utf8_lossy` makes it: one U+FFFD for each maximal
/// part of a sequence that could have been valid.
enum UTF8Repair {
  static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

  static func isValid(_ bytes: [UInt8]) -> Bool {
    var index = 0
    while index < bytes.count {
      let (length, isValid) = sequence(bytes, at: index)
      guard isValid else { return false }
      index += length
    }
    return true
  }

  static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    guard !isValid(bytes) else { return bytes }
    var text: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let (length, isValid) = sequence(bytes, at: index)
      if isValid { text += bytes[index..<index + length] } else { text += replacement }
      index += length
    }
    return text
  }

  /// How many bytes at the end may be the start of a character that is not complete.
  static func incompleteTail(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let start = bytes.count - back
      let lead = bytes[start]
      if lead & 0xC0 == 0x80 { continue }
      guard lead >= 0xC2, needed(lead) > back else { return 0 }
      return sequence(bytes, at: start).length == back ? back : 0
    }
    return 0
  }

  private static func needed(_ lead: UInt8) -> Int {
    lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1
  }

  /// The length of the sequence at `index`, or of the longest part of one that is cut short.
  private static func sequence(_ bytes: [UInt8], at index: Int) -> (length: Int, isValid: Bool) {
    let lead = bytes[index]
    if lead < 0x80 { return (1, true) }
    guard 0xC2...0xF4 ~= lead else { return (1, false) }
    let low: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
    let high: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
    let total = needed(lead)
    var length = 1
    while length < total {
      guard index + length < bytes.count else { return (length, false) }
      let byte = bytes[index + length]
      guard length == 1 ? low...high ~= byte : 0x80...0xBF ~= byte else { return (length, false) }
      length += 1
    }
    return (total, true)
  }
}

/// The tidying of spaces that the `WordPiece` and `CTC` decoders do.
enum WordPieceCleanup {
  private static let rules: [(from: String, to: String)] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]

  static func cleaned(_ text: [UInt8]) -> [UInt8] {
    rules.reduce(text) { $0.replacing(Array($1.from.utf8), by: Array($1.to.utf8)) }
  }
}

extension [UInt8] {
  /// The text with each place of `part` replaced. An empty part is found before each character and at the end, as in Rust.
  func replacing(_ part: [UInt8], by content: [UInt8]) -> [UInt8] {
    var replaced: [UInt8] = []
    guard !part.isEmpty else {
      var index = 0
      while index < count {
        let length = scalar(at: index).length
        replaced += content
        replaced += self[index..<index + length]
        index += length
      }
      return replaced + content
    }
    var last = 0
    unsafe withUnsafeBufferPointer { text in
      unsafe part.forEachOccurrence(in: text) { match in
        replaced += self[last..<match.lowerBound]
        replaced += content
        last = match.upperBound
      }
    }
    return last == 0 ? self : replaced + self[last...]
  }
}
