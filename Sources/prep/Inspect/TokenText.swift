import Tokenizer

/// The text of a token, for reading.
enum TokenText {
  /// Its bytes as text; what is not UTF-8 by itself becomes U+FFFD.
  static func plain(_ id: UInt32, _ tokenizer: BPETokenizer) -> [UInt8] {
    tokenizer.bytes(of: id) ?? []
  }

  /// On one line, with spaces, line ends, controls and broken characters to be seen.
  static func visible(_ bytes: [UInt8]) -> String {
    var text = ""
    var index = 0
    while index < bytes.count {
      let rest = bytes[index...]
      let length = rest.first.map { $0 < 0x80 ? 1 : $0 < 0xE0 ? 2 : $0 < 0xF0 ? 3 : 4 } ?? 1
      if let scalar = String(validating: rest.prefix(length), as: UTF8.self), length <= rest.count {
        for character in scalar.unicodeScalars { text += visible(character) }
        index += length
      } else {
        let digits = String(bytes[index], radix: 16, uppercase: true)
        text += "\\x" + (digits.count < 2 ? "0" : "") + digits
        index += 1
      }
    }
    return text
  }

  private static func visible(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x20: "·"
    case 0x0A: "⏎"
    case 0x0D: "\\r"
    case 0x09: "\\t"
    case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF:
      "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    default:
      scalar.properties.generalCategory == .nonspacingMark
        ? "◌\(scalar)" : String(Character(scalar))
    }
  }

  /// At the left of so many columns of a terminal; cut where it has more.
  static func left(_ text: String, _ width: Int) -> String {
    var text = text
    if self.width(text) > width {
      while self.width(text) > width - 1 { text.removeLast() }
      text += "…"
    }
    return text + String(repeating: " ", count: max(0, width - self.width(text)))
  }

  /// At the right of so many columns, of ASCII.
  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// Columns that a terminal gives it, about.
  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar.value {
      case 0x0300...0x036F, 0xFE00...0xFE0F, 0x200D: sum
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
        sum + 2
      default: sum + (scalar.properties.generalCategory == .nonspacingMark ? 0 : 1)
      }
    }
  }
}
