/// Text of others that is shown on a terminal: what would move the cursor, change colours or turn the direction of
/// writing is written as an escape instead.
public enum VisibleText {
  /// The text with control characters, bidirectional overrides and line separators as `\u{1B}`, cut in the middle
  /// where it has more than `limit` bytes. O(n).
  public static func escaped(_ text: String, limit: Int = .max) -> String {
    var shown = text
    if text.utf8.count > limit {
      let half = limit / 2
      // Cutting a `String` view of bytes at a scalar's edge.
      let head = String(decoding: text.utf8.prefix(half), as: UTF8.self)
      let tail = String(decoding: text.utf8.suffix(half), as: UTF8.self)
      shown = "\(head) … \(text.utf8.count - 2 * half) bytes … \(tail)"
    }
    guard shown.unicodeScalars.contains(where: isHidden) else { return shown }
    var escaped = ""
    for scalar in shown.unicodeScalars {
      if isHidden(scalar) {
        escaped += escape(scalar)
      } else {
        escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// Whether a scalar changes how others are shown, or cannot be seen.
  public static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0: true
    // Soft hyphen, zero-width space, word joiner, byte order mark.
    case 0xAD, 0x200B, 0x2060, 0xFEFF: true
    // Direction marks, embeddings, overrides and isolates; line and paragraph separators.
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    }
  }
}
