import InstructionFormat
import JSONText
import Masking
import Pipeline
import Tokenizer

/// Whether the other seam would give a record other ids.
struct SeamCheck {
  private let encoder: RecordEncoder

  init(_ spec: RunSpec, _ tokenizer: BPETokenizer) {
    var other = spec
    other.seam = spec.seam == .split ? .joint : .split
    // A token that straddles is what is looked for.
    other.straddle = .mask
    encoder = RecordEncoder(spec: other, encoder: tokenizer.makeEncoder())
  }

  func differ(_ record: [UInt8], _ own: [[UInt32]]) -> Bool {
    var number = 0
    var differs = false
    do {
      try encoder.encode(record, traced: false) { sample, _, _, _ in
        if number >= own.count || own[number] != sample.tokens { differs = true }
        number += 1
      }
    } catch { return !own.isEmpty }
    return differs || number != own.count
  }
}

/// Whether the template left text of a record out, told by the encoder's ledger before and after it.
struct DroppedText {
  private let before: UInt64

  init(_ encoder: RecordEncoder) { before = Self.dropped(encoder) }

  /// White space at the ends of texts, which many templates trim, does not count.
  func now(_ encoder: RecordEncoder, _ record: [UInt8]) -> Bool {
    let dropped = Self.dropped(encoder) - before
    guard dropped > 0 else { return false }
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    guard let root = try? parser.parse(record) else { return true }
    return dropped > Self.trimmable(root)
  }

  private static func trimmable(_ node: JSONNode) -> UInt64 {
    if let bytes = node.bytes {
      let start = bytes.prefix { $0 <= 0x20 }.count
      return UInt64(
        start + (start < bytes.count ? bytes.reversed().prefix { $0 <= 0x20 }.count : 0))
    }
    return node.elements.reduce(0) { $0 + trimmable($1) }
      + node.members.reduce(0) { $0 + trimmable($1.value) }
  }

  private static func dropped(_ encoder: RecordEncoder) -> UInt64 {
    encoder.ledger.carried.reduce(0) { $0 + $1.fates.dropped }
  }
}
