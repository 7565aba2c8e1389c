import Input
import InstructionFormat
import Masking
import Pipeline
import Tokenizer

/// Finds out who wrote the tokens of stored rows: encodes their records again, where the input is
/// still there and gives the same tokens.
final class RowHistory {
  private let encoder: RecordEncoder

  init(spec: RunSpec, tokenizer: BPETokenizer) {
    encoder = RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder())
  }

  /// A word for each token, or nothing where it cannot be known.
  func authors(of shown: ShownRow, samples: [Int]) -> [String] {
    let ranges = shown.row.samples
    let tokens = shown.row.tokens
    var authors: [String] = []
    for (number, place) in shown.places.enumerated() {
      guard number < ranges.count else { return [] }
      let range = ranges[number]
      let stored = tokens[range]
      authors += repeatElement("padding", count: range.lowerBound - authors.count)
      guard let record = try? RecordLocation.record(at: place.offset, of: place.file) else {
        return []
      }
      var found: [String]?
      try? encoder.encode(record) { sample, rendered, _, index in
        guard index == samples[number] else { return }
        // A split row holds a part of its sample.
        let all = sample.tokens
        guard let part = Self.firstRange(of: stored, in: all) else { return }
        found = Array(Self.authors(of: sample, rendered)[part])
      }
      guard let found else { return [] }
      authors += found
    }
    authors += repeatElement("padding", count: max(0, tokens.count - authors.count))
    return authors
  }

  private static func firstRange(of part: ArraySlice<UInt32>, in all: [UInt32]) -> Range<Int>? {
    guard part.count <= all.count else { return nil }
    for start in 0...(all.count - part.count)
    where all[start..<start + part.count].elementsEqual(part) {
      return start..<start + part.count
    }
    return nil
  }

  /// A word for each token of an encoded record: why it is or is not learned, and whose text it is.
  static func authors(of sample: borrowing MaskedSample, _ rendered: borrowing RenderedRecord)
    -> [String]
  {
    let names = rendered.segments.map { segment in
      let reason = segment.reason.description
      let source = rendered.name(of: segment.source)
      switch segment.source {
      case .field where source != reason, .derived: return "\(reason) (\(source))"
      case .endToken, .beginningToken: return "\(reason) (\(source))"
      default: return reason
      }
    }
    return sample.traces.map { names[$0.segment] }
  }
}
