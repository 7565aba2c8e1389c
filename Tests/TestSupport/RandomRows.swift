import Files
import Masking
import Problems
import ShardWriter

/// A small generator with a seed (SplitMix64), so that a failing case can be repeated.
package struct SeededGenerator: RandomNumberGenerator {
  package var state: UInt64

  package init(_ seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension Rows {
  /// Rows of up to `maxSamples` samples with any runs, weights and places.
  package static func random(
    rows count: Int, spec: ShardSpec, maxSamples: Int = 3, maxTokens: Int = 60,
    weights: Bool = false,
    using generator: inout SeededGenerator
  ) -> Rows {
    var rows = Rows()
    for _ in 0..<count {
      rows.beginRow()
      for _ in 0..<Int.random(in: 1...maxSamples, using: &generator) {
        let tokens = (0..<Int.random(in: 1...maxTokens, using: &generator)).map { _ in
          UInt32.random(in: 0..<UInt32(spec.idCount), using: &generator)
        }
        var runs: [Range<Int>] = []
        var start = Int.random(in: 0..<tokens.count, using: &generator)
        while start < tokens.count {
          let end = start + Int.random(in: 1...tokens.count - start, using: &generator)
          runs.append(start..<end)
          start = end + Int.random(in: 0...5, using: &generator)
        }
        rows.appendSample(
          tokens, runs: runs,
          weights: weights ? runs.map { _ in Float.random(in: 0...2, using: &generator) } : [],
          place: SamplePlace(
            line: .random(in: 0...UInt32.max, using: &generator),
            byteOffset: .random(in: 0...9999, using: &generator),
            sampleIndex: .random(in: 0...3, using: &generator)),
          alignment: spec.sampleAlignment, pad: spec.padID)
      }
    }
    return rows
  }
}

extension ShardSpec {
  package static func test(idCount: Int = 50257, alignment: Int = 1, json: String = #"{"k":1}"#)
    -> ShardSpec
  {
    ShardSpec(
      json: Array(json.utf8), contextLength: 256, padID: 0, idCount: idCount,
      sampleAlignment: alignment)
  }
}

extension BlockSource {
  package static func test(
    input: Int = 0, of inputs: Int = 1, block: Int = 0, last: Bool = true, key: UInt64 = 7
  ) -> BlockSource {
    BlockSource(
      input: input, inputCount: inputs, block: block, isLastOfInput: last,
      file: Array("data-\(input).jsonl".utf8), byteOffset: UInt64(block) * 1000, byteCount: 1000,
      firstLine: UInt64(block) * 10 + 1, key: Digest128(low: key, high: 1))
  }
}

extension Totals {
  package static func test(rows: Int, rejects: Int = 0) -> Totals {
    var totals = Totals()
    totals.records = UInt64(rows + rejects)
    totals.accepted = UInt64(rows)
    totals.samples = UInt64(rows)
    totals.truncated = 1
    totals.counters = ["truncated.prompt": 1]
    return totals
  }
}

extension ShardFileWriter {
  package func encode(
    _ rows: Rows, source: BlockSource, totals: Totals, rejects: [Reject] = []
  ) throws(Problem) -> EncodedShard {
    var lines = RejectLines(file: source.file, level: 1)
    for reject in rejects { try lines.append(reject) }
    return try encode(rows, source: source, totals: totals, rejects: lines)
  }
}

extension Reject {
  package static func test(_ line: UInt64) -> Reject {
    Reject(
      line: line, offset: line * 100, reason: "invalid-json", field: nil,
      message: "a \"quote\"\nand é", remedy: "mend it")
  }
}
