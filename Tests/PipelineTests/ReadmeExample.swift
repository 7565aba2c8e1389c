import PrepKit
import TestSupport
import Testing

/// The Swift of README.md, which `test_readme.py` compares with this.
@Suite("The README's example")
struct ReadmeExample {
  @Test("encodes a record and reads a shard")
  func example() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(
      "in.jsonl", Array(#"{"task": "a", "response": "b"}"#.utf8))
    let output = folder.path + "/out"
    let (spec, tokenizer) = try RunOptions().resolve()
    let run = Run(spec: spec, inputs: try InputFiles.resolve([input]), output: output) {
      tokenizer.makeEncoder()
    }
    #expect(try run.start().totals.rows == 1)
    try encodeAndRead(output)
  }

  @Test("runs over files while others wait")
  func waited() async throws {
    let folder = try TemporaryFolder()
    let paths = [
      try folder.write("chats.jsonl", Array(#"{"task": "a", "response": "b"}"#.utf8))
    ]
    let output = "\(folder.path)/shards"
    let (spec, tokenizer) = try RunOptions().resolve()
    let run = Run(spec: spec, inputs: try InputFiles.resolve(paths), output: output) {
      tokenizer.makeEncoder()
    }
    let running = run.begin()
    for await progress in running.progress { print(progress.records, "records") }
    let report = try await running.report
    #expect(report.totals.rows == 1)
  }

  func encodeAndRead(_ output: String) throws {
    var options = RunOptions()
    options.tokenizer = "gpt2"
    let (spec, tokenizer) = try options.resolve()
    let encoder = RecordEncoder(spec: spec, encoder: tokenizer.makeEncoder())
    for row in try encoder.encode(#"{"task": "Add 2 and 3.", "response": "5"}"#) {
      print(row.tokens, row.labels(paddedTo: 16), row.attentionMask(paddedTo: 16))
    }
    let shards = try DataSet(output)  // the folder that prep run wrote
    let first = try shards.row(0)
    print(shards.count, first.tokens.count, first.supervisedCount)
  }
}
