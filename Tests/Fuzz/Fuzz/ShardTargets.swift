import Files
import InstructionFormat
import Masking
import Pipeline
import Problems
import ShardWriter
import TestSupport
import Tokenizer

/// What a shard holds once its checksums are right: header, index, rows, classes. The first byte of an input says which.
struct ShardTarget: FuzzTarget {
  static let name = "shard"
  static let grammar = Grammar.binary

  init() throws(Problem) {}

  var seeds: [[UInt8]] {
    get throws(Problem) {
      var generator = SeededGenerator(11)
      var seeds: [[UInt8]] = []
      func add(_ rows: Rows, _ spec: ShardSpec) throws(Problem) {
        for (part, content) in try ShardPart.contents(of: rows, spec: spec) {
          seeds.append([part.rawValue] + content)
        }
      }
      for (alignment, weights) in [(1, false), (8, true)] {
        let spec = ShardSpec.test(alignment: alignment)
        try add(.random(rows: 5, spec: spec, weights: weights, using: &generator), spec)
      }
      // Of a conversation the classes of its tokens are known.
      var options = RunOptions()
      options.use(template: "chatml")
      options.contextLength = 64
      let (spec, tokenizer) = try options.resolve()
      let rows = try RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder()).encode(
        #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"},{"role":"assistant","content":"d","weight":2}]}"#
      )
      try add(rows, spec.shardSpec)
      return seeds
    }
  }

  func read(_ input: [UInt8]) throws(Problem) {
    guard let first = input.first,
      let part = ShardPart(rawValue: first % UInt8(ShardPart.allCases.count))
    else { return }
    for alignment in [1, 8] {
      try part.read(Array(input.dropFirst()), spec: .test(alignment: alignment))
    }
  }
}

/// `manifest.sqlite`.
struct ManifestTarget: FuzzTarget {
  static let name = "manifest"
  static let grammar = Grammar.binary

  init() throws(Problem) {}

  var seeds: [[UInt8]] {
    get throws(Problem) {
      var generator = SeededGenerator(12)
      let spec = ShardSpec.test()
      var manifest = ManifestBuilder()
      for block in 0..<3 {
        let rows = Rows.random(rows: 4, spec: spec, using: &generator)
        let shard = try ShardFileWriter(spec: spec).encode(
          rows, source: .test(block: block, last: block == 2), totals: .test(rows: 4),
          rejects: RejectLines(file: Array("data-0.jsonl".utf8), level: 1))
        try manifest.add(shard.summary)
      }
      return [try manifest.finish().encoded()]
    }
  }

  func read(_ input: [UInt8]) throws(Problem) {
    _ = try Manifest(decoding: input)
  }
}
