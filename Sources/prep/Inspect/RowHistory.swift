import Input
import InstructionFormat
import Masking
import Pipeline
import Tokenizer

/// Who wrote a token, and why it is or is not learned.
struct TokenOrigin {
  /// A place in the record (`messages[3].content`), `template`, …
  var author: String
  var reason: String
  /// Bytes of the rendered text that it stands for; nil for padding.
  var bytes: Range<Int>?
  /// Both in the words of the picture.
  var shown: String

  static let padding = TokenOrigin(author: "padding", reason: "padding", shown: "padding")
}

/// Finds out who wrote the tokens of stored rows: encodes their records again, where the input is
/// still there and gives the same tokens.
final class RowHistory {
  private let encoder: RecordEncoder

  init(spec: RunSpec, tokenizer: BPETokenizer) {
    encoder = RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder())
  }

  /// One for each token, or none where it cannot be known.
  func origins(of shown: ShownRow, samples: [Int]) -> [TokenOrigin] {
    let ranges = shown.row.samples
    let tokens = shown.row.tokens
    var origins: [TokenOrigin] = []
    for (number, place) in shown.places.enumerated() {
      guard number < ranges.count else { return [] }
      let range = ranges[number]
      let stored = tokens[range]
      origins += repeatElement(.padding, count: range.lowerBound - origins.count)
      guard let record = try? RecordLocation.record(at: place.offset, of: place.file) else {
        return []
      }
      var found: [TokenOrigin]?
      try? encoder.encode(record) { sample, rendered, _, index in
        guard index == samples[number] else { return }
        // A split row holds a part of its sample.
        let all = sample.tokens
        guard let part = Self.firstRange(of: stored, in: all) else { return }
        found = Array(Self.origins(of: sample, rendered)[part])
      }
      guard let found else { return [] }
      origins += found
    }
    origins += repeatElement(.padding, count: max(0, tokens.count - origins.count))
    return origins
  }

  private static func firstRange(of part: ArraySlice<UInt32>, in all: [UInt32]) -> Range<Int>? {
    guard part.count <= all.count else { return nil }
    for start in 0...(all.count - part.count)
    where all[start..<start + part.count].elementsEqual(part) {
      return start..<start + part.count
    }
    return nil
  }

  /// One for each token of an encoded record.
  static func origins(of sample: borrowing MaskedSample, _ rendered: borrowing RenderedRecord)
    -> [TokenOrigin]
  {
    let all = rendered.segments.map { segment in
      let reason = segment.reason.description
      let author = rendered.name(of: segment.source)
      let shown =
        switch segment.source {
        case .field where author != reason, .derived, .endToken, .beginningToken:
          "\(reason) (\(author))"
        default: reason
        }
      return TokenOrigin(author: author, reason: reason, shown: shown)
    }
    return sample.traces.map { trace in
      var origin = all[trace.segment]
      origin.bytes = trace.range
      return origin
    }
  }
}
