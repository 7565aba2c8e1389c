/// A word of an escaped text as jinja2's `urlize` reads it: brackets before it, what may be an address, and punctuation behind it.
struct WordAddress {
  enum Kind: Equatable {
    case text
    /// Whether it says `http://` or `https://` itself.
    case web(hasScheme: Bool)
    /// How long `mailto:` before it is: 0 without.
    case mail(prefix: Int)
    case scheme
  }

  private let bytes: [UInt8]
  private(set) var middle: Range<Int>

  /// Past the white space, or past the word, that begins at a place of a text.
  static func end(_ bytes: [UInt8], _ start: Int) -> Int {
    let isSpace = PythonText.isSpace(PythonText.code(bytes, start))
    var index = PythonText.scalarEnd(bytes, start)
    while index < bytes.count, PythonText.isSpace(PythonText.code(bytes, index)) == isSpace {
      index = PythonText.scalarEnd(bytes, index)
    }
    return index
  }

  init(_ bytes: [UInt8], _ word: Range<Int>) {
    self.bytes = bytes
    var (start, end) = (word.lowerBound, word.upperBound)
    func stands(_ text: StaticString, _ place: Int) -> Bool {
      guard place >= word.lowerBound, place + text.utf8CodeUnitCount <= word.upperBound else {
        return false
      }
      return unsafe bytes[place..<place + text.utf8CodeUnitCount].elementsEqual(
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
    while start < end {
      if bytes[start] == UInt8(ascii: "(") || bytes[start] == UInt8(ascii: "<") {
        start += 1
      } else if stands("&lt;", start) {
        start += 4
      } else {
        break
      }
    }
    while end > start {
      if ")>.,".utf8.contains(bytes[end - 1]) {
        end -= 1
      } else if end - 4 >= start, stands("&gt;", end - 4) {
        end -= 4
      } else {
        break
      }
    }
    middle = start..<end
    // Brackets that were opened within are closed within.
    for (opening, closing): (StaticString, StaticString) in [
      ("(", ")"), ("<", ">"), ("&lt;", "&gt;"),
    ] {
      func count(_ text: StaticString, _ range: Range<Int>) -> Int {
        range.count { stands(text, $0) && $0 + text.utf8CodeUnitCount <= range.upperBound }
      }
      let opened = count(opening, middle)
      guard opened > count(closing, middle) else { continue }
      var left = min(opened, count(closing, middle.upperBound..<word.upperBound))
      var place = middle.upperBound
      while left > 0 {
        if stands(closing, place) {
          left -= 1
          place += closing.utf8CodeUnitCount
          middle = middle.lowerBound..<place
        } else {
          place += 1
        }
      }
    }
  }

  func kind(_ schemes: [[UInt8]]) -> Kind {
    let text = bytes[middle]
    let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
    if AddressPattern.isWeb(scalars) {
      return .web(
        hasScheme: text.starts(with: "https://".utf8) || text.starts(with: "http://".utf8))
    }
    if text.starts(with: "mailto:".utf8), AddressPattern.isMail(scalars[7...]) {
      return .mail(prefix: 7)
    }
    if !text.starts(with: "www.".utf8), !text.starts(with: "@".utf8),
      !text.contains(UInt8(ascii: ":")),
      AddressPattern.isMail(scalars[...])
    {
      return .mail(prefix: 0)
    }
    return schemes.contains { text.count > $0.count && text.starts(with: $0) } ? .scheme : .text
  }

  /// The first `count` characters, counted from the end where it is below zero; all of them where there are no more.
  func start(_ count: Int) -> Range<Int> {
    var places: [Int] = []
    var index = middle.lowerBound
    while index < middle.upperBound {
      places.append(index)
      index = PythonText.scalarEnd(bytes, index)
    }
    guard places.count > count else { return middle }
    let kept = count < 0 ? max(0, places.count + count) : count
    return middle.lowerBound..<places[kept]
  }
}

/// The two expressions of jinja2 that say what an address is, for a word without white space.
enum AddressPattern {
  /// `_http_re`, which ignores case.
  static func isWeb(_ text: [UnicodeScalar]) -> Bool {
    if let rest = scheme(text) {
      if let end = numbersEnd(text, rest) ?? groupsEnd(text, rest), isTail(text, end) {
        return true
      }
      if isHost(text, rest, isTop: isTop) { return true }
    }
    if matches(text, 0, "www."), isHost(text, 4, isTop: isTop) { return true }
    return isPlainDomain(text)
  }

  /// `^\S+@\w[\w.-]*\.\w+$`
  static func isMail(_ text: ArraySlice<UnicodeScalar>) -> Bool {
    guard let end = text.lastIndex(where: { !isWord($0) }), text[end] == ".",
      end < text.endIndex - 1
    else { return false }
    // Before the last dot: an @, a word's character, and then more of them, dots and dashes.
    var place = end - 1
    while place > text.startIndex, isWord(text[place]) || text[place] == "." || text[place] == "-" {
      place -= 1
    }
    return place > text.startIndex && text[place] == "@" && place + 1 < end
      && isWord(text[place + 1])
  }

  private static func isWord(_ scalar: UnicodeScalar) -> Bool {
    scalar == "_" || PythonText.isAlphanumeric(scalar)
  }

  /// A letter in the manner of `[a-z]` where case is ignored.
  private static func isLetter(_ scalar: UnicodeScalar) -> Bool {
    (0x61...0x7A).contains(scalar.value | 0x20) && scalar.isASCII
      || "\u{130}\u{131}\u{17F}\u{212A}".unicodeScalars.contains(scalar)
  }

  private static func isDigit(_ scalar: UnicodeScalar) -> Bool {
    scalar.properties.numericType == .decimal
  }

  /// Whether a lower-case text stands at a place.
  private static func matches(_ text: [UnicodeScalar], _ start: Int, _ wanted: String) -> Bool {
    var place = start
    for scalar in wanted.unicodeScalars {
      guard place < text.count else { return false }
      let own = text[place]
      let isSame =
        own == scalar
        || (own.isASCII && (0x41...0x5A).contains(own.value) && own.value | 0x20 == scalar.value)
        || (scalar == "s" && own == "\u{17F}")
        || (scalar == "i" && (own == "\u{130}" || own == "\u{131}"))
      guard isSame else { return false }
      place += 1
    }
    return true
  }

  /// Past `http://` or `https://`.
  private static func scheme(_ text: [UnicodeScalar]) -> Int? {
    matches(text, 0, "http://") ? 7 : matches(text, 0, "https://") ? 8 : nil
  }

  /// Whether from a place on stands nothing but a port and a path.
  private static func isTail(_ text: [UnicodeScalar], _ start: Int) -> Bool {
    var place = start
    if place < text.count, text[place] == ":" {
      let digits = text[(place + 1)...].prefix { isDigit($0) }.count
      guard (1...5).contains(digits) else { return false }
      place += 1 + digits
    }
    return place == text.count || "/?#".unicodeScalars.contains(text[place])
  }

  /// Whether a name of parts between dots begins at a place, the last of which passes, and a port and a path stand behind it.
  private static func isHost(
    _ text: [UnicodeScalar], _ start: Int, isTop: (ArraySlice<UnicodeScalar>) -> Bool
  ) -> Bool {
    var place = start
    while true {
      let end = text[place...].firstIndex { !isWord($0) && $0 != "%" && $0 != "-" } ?? text.count
      if isTop(text[place..<end]), isTail(text, end) { return true }
      guard end > place, end < text.count, text[end] == "." else { return false }
      place = end + 1
    }
  }

  private static func isTop(_ name: ArraySlice<UnicodeScalar>) -> Bool {
    if (2...63).contains(name.count), name.allSatisfy(isLetter) { return true }
    return (6...63).contains(name.count) && matches(Array(name), 0, "xn--")
      && name.dropFirst(4).allSatisfy { isWord($0) || $0 == "%" }
  }

  private static let plainTops = ["com", "net", "int", "edu", "gov", "org", "info", "mil"]

  /// A name without a scheme: parts of two characters or more, and one of the oldest top domains.
  private static func isPlainDomain(_ text: [UnicodeScalar]) -> Bool {
    var place = 0
    while true {
      let end = text[place...].firstIndex { !isWord($0) && $0 != "%" && $0 != "-" } ?? text.count
      if place > 0,
        plainTops.contains(where: { $0.utf8.count == end - place && matches(text, place, $0) }),
        isTail(text, end)
      {
        return true
      }
      guard (2...63).contains(end - place), end < text.count, text[end] == "." else { return false }
      place = end + 1
    }
  }

  /// Past four numbers between dots.
  private static func numbersEnd(_ text: [UnicodeScalar], _ start: Int) -> Int? {
    var place = start
    for number in 0..<4 {
      if number > 0 {
        guard place < text.count, text[place] == "." else { return nil }
        place += 1
      }
      let digits = text[place...].prefix { isDigit($0) }.count
      guard (1...3).contains(digits) else { return nil }
      place += digits
    }
    return place
  }

  /// Past `[…]` of three to eight groups of up to four digits between colons: `\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}]`.
  private static func groupsEnd(_ text: [UnicodeScalar], _ start: Int) -> Int? {
    guard start < text.count, text[start] == "[", let end = text[start...].firstIndex(of: "]")
    else { return nil }
    let groups = text[(start + 1)..<end].split(separator: ":", omittingEmptySubsequences: false)
    guard groups.count >= 3 else { return nil }
    let hex = { (scalar: UnicodeScalar) in
      isDigit(scalar) || (scalar.isASCII && (0x61...0x66).contains(scalar.value | 0x20))
    }
    guard groups.allSatisfy({ $0.allSatisfy(hex) }), groups.prefix(2).allSatisfy({ $0.count <= 4 })
    else { return nil }
    // The groups behind the first two may stand without a colon between them: each takes four digits and a colon, six of them at most.
    var needed = 0
    for (place, group) in groups.enumerated().dropFirst(2) {
      let hasColon = place < groups.count - 1
      needed += max(hasColon ? 1 : 0, (group.count + 3) / 4)
    }
    return needed <= 6 ? end + 1 : nil
  }
}
