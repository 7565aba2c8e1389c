import Masking

@testable import ShardWriter

/// A small generator with a seed (SplitMix64), so that a failing case can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension RowBatch {
  /// Rows of up to `maxSegments` samples with any runs, weights and origins.
  static func random(
    rows: Int, spec: ShardSpec, maxSegments: Int = 3, maxTokens: Int = 60, weights: Bool = false,
    using generator: inout SeededGenerator
  ) -> RowBatch {
    var batch = RowBatch()
    for _ in 0..<rows {
      batch.beginRow()
      for segment in 0..<Int.random(in: 1...maxSegments, using: &generator) {
        if segment > 0 {
          batch.appendPadding(toMultipleOf: spec.segmentAlignment, pad: spec.padID)
        }
        let tokens = (0..<Int.random(in: 1...maxTokens, using: &generator)).map { _ in
          UInt32.random(in: 0..<UInt32(spec.idCount), using: &generator)
        }
        var runs: [SupervisedRun] = []
        var start = Int.random(in: 0..<tokens.count, using: &generator)
        while start < tokens.count {
          let count = Int.random(in: 1...tokens.count - start, using: &generator)
          runs.append(SupervisedRun(start: UInt32(start), count: UInt32(count)))
          start += count + Int.random(in: 0...5, using: &generator)
        }
        batch.appendSegment(
          tokens: tokens, runs: runs,
          weights: weights ? runs.map { _ in Float.random(in: 0...2, using: &generator) } : [],
          origin: SampleOrigin(
            line: .random(in: 0...UInt32.max, using: &generator),
            byteOffset: .random(in: 0...9999, using: &generator),
            sampleIndex: .random(in: 0...3, using: &generator)))
      }
    }
    return batch
  }
}

extension ShardSpec {
  static func test(idCount: Int = 50257, alignment: Int = 1, json: String = #"{"k":1}"#)
    -> ShardSpec
  {
    ShardSpec(
      json: Array(json.utf8), contextLength: 256, padID: 0, idCount: idCount,
      segmentAlignment: alignment)
  }
}

extension BlockSource {
  static func test(
    input: Int = 0, of inputs: Int = 1, block: Int = 0, last: Bool = true, key: UInt64 = 7
  ) -> BlockSource {
    BlockSource(
      input: input, inputCount: inputs, block: block, isLastOfInput: last,
      file: Array("data-\(input).jsonl".utf8), byteOffset: UInt64(block) * 1000, byteCount: 1000,
      firstLine: UInt64(block) * 10 + 1, key: Digest128(low: key, high: 1))
  }
}

extension Totals {
  static func test(rows: Int, rejects: Int = 0) -> Totals {
    var totals = Totals()
    totals.records = UInt64(rows + rejects)
    totals.accepted = UInt64(rows)
    totals.samples = UInt64(rows)
    totals.truncated = 1
    totals.counters = ["truncated.prompt": 1]
    return totals
  }
}

extension Reject {
  static func test(_ line: UInt64) -> Reject {
    Reject(
      line: line, offset: line * 100, reason: "invalid-json", field: nil,
      message: "a \"quote\"\nand é", remedy: "mend it")
  }
}

/// A folder under the system's temporary one; removed with what it holds when let go.
final class TemporaryFolder {
  let path: String

  init() throws {
    let name = "prep-test-\(UInt64.random(in: 0...UInt64.max))"
    path = "/tmp/" + name
    try AtomicFile.makeFolder(path)
  }

  func file(_ name: String) -> String { AtomicFile.path(path, name) }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    for name in (try? AtomicFile.names(in: path)) ?? [] {
      let inner = AtomicFile.path(path, name)
      if FileSystem.remove(inner) != nil { remove(inner) }
    }
    _ = FileSystem.removeFolder(path)
  }
}
