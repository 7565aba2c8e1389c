import JSONText
import Masking
import Tokenizer

/// One row to be shown: its tokens, their labels, and who wrote them.
struct InspectedRow {
  var row: Row
  /// Who wrote each token; empty where it is not known.
  var authors: [String] = []
  /// Where its records stand, one a segment.
  var places: [Place]
  var contextLength: Int
  var padID: UInt32
  /// What was cut off its sample, where that is known.
  var cut: Truncation.Cut?

  struct Place {
    var file: String
    /// From 1.
    var line: Int
    /// In bytes (decompressed).
    var offset: Int
  }

  var paddingCount: Int { max(0, contextLength - row.tokens.count) }

  /// One JSON object and a line end.
  func write(to writer: inout JSONWriter, tokenizer: BPETokenizer, padded: Bool) {
    let length = padded ? contextLength : row.tokens.count
    writer.beginObject()
    writer.key("input_ids")
    writer.ints(row.inputIDs(paddedTo: length, pad: padID))
    writer.key("labels")
    writer.ints(row.labels(paddedTo: length))
    writer.key("attention_mask")
    writer.ints(row.attentionMask(paddedTo: length))
    writer.key("tokens")
    writer.beginArray()
    for id in row.tokens { writer.string(TokenText.plain(id, tokenizer)) }
    writer.endArray()
    writer.key("source")
    if places.count == 1 {
      write(places[0], to: &writer)
    } else {
      writer.beginArray()
      for place in places { write(place, to: &writer) }
      writer.endArray()
      writer.key("segment_lengths")
      writer.ints(row.segmentLengths)
      writer.key("position_ids")
      writer.ints(row.positionIDs(paddedTo: length))
    }
    if !row.runWeights.isEmpty {
      writer.key("loss_weights")
      writer.beginArray()
      var weights = [Float](repeating: 0, count: length)
      for (run, weight) in zip(row.runs, row.runWeights) {
        for position in Int(run.start)..<Int(run.start + run.count) { weights[position] = weight }
      }
      for weight in weights { writer.double(Double(weight)) }
      writer.endArray()
    }
    writer.endObject()
    writer.newline()
  }

  private func write(_ place: Place, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("file")
    writer.string(place.file)
    writer.key("line")
    writer.int(place.line)
    writer.key("offset")
    writer.int(place.offset)
    writer.endObject()
  }
}

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
