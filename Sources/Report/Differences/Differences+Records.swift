import Input
import Masking
import Pipeline
import Problems
import ShardWriter
import Tokenizer

extension Differences {
  /// One of two ways to encode records.
  public struct Way {
    let spec: RunSpec
    let tokenizer: BPETokenizer

    public init(_ spec: RunSpec, _ tokenizer: BPETokenizer) {
      self.spec = spec
      self.tokenizer = tokenizer
    }
  }

  /// The records of files, each encoded in two ways. A record that one way rejects has samples only in the other, with the
  /// reason; those that both reject are counted.
  public init(
    _ files: [InputFile], _ first: Way, _ second: Way, exampleLimit: Int
  ) throws {
    self.init(exampleLimit: exampleLimit)
    self.files = files.map(\.path)
    let encoders = [first, second].map {
      RecordEncoder(spec: $0.spec, encoder: $0.tokenizer.makeEncoder())
    }
    for (input, file) in files.enumerated() {
      var unreadable = 0
      defer { neitherCount += unreadable }
      let count = { (_: Problem) in
        unreadable += 1
        return true
      }
      unsafe try RecordReader([file]).read(unreadable: count) { record, place in
        let bytes = unsafe Array(record)
        let one = Self.samples(of: bytes, at: place, input: input, encoders[0])
        let other = Self.samples(of: bytes, at: place, input: input, encoders[1])
        if one.samples.isEmpty, other.samples.isEmpty { neitherCount += 1 }
        for index in 0..<max(one.samples.count, other.samples.count) {
          let left = index < one.samples.count ? one.samples[index] : nil
          let right = index < other.samples.count ? other.samples[index] : nil
          compare(left, right, reason: left == nil ? one.reason : other.reason)
        }
        return true
      }
    }
  }

  private static func samples(
    of record: [UInt8], at place: Place, input: Int, _ encoder: RecordEncoder
  ) -> (samples: [PlacedSample], reason: String?) {
    var samples: [PlacedSample] = []
    do throws(Problem) {
      try encoder.encode(record) { sample, _, _, index in
        samples.append(
          PlacedSample(
            source: PlacedSample.Source(
              input: input, offset: UInt64(place.byteOffset ?? 0), index: UInt32(index)),
            line: UInt64(place.line ?? 0), tokens: sample.tokens, runs: sample.runs,
            weights: sample.weights.isEmpty
              ? [Float](repeating: 1, count: sample.runs.count) : sample.weights))
      }
    } catch {
      return ([], error.text(for: .command))
    }
    return (samples, nil)
  }
}
