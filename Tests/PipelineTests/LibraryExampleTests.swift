import Input
import InstructionFormat
import Masking
import Pipeline
import Problems
import ShardWriter
import TestSupport
import Testing
import Tokenizer

@Suite("The library in a dozen lines") struct LibraryExampleTests {
  @Test("load a tokenizer, encode a record, write and read a shard")
  func example() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(
      "in.jsonl", Array("{\"task\": \"Add 1 and 2.\", \"response\": \"3\"}\n".utf8))
    let output = "\(folder.path)/out"

    let tokenizer = try BPETokenizer.load("gpt2")
    let encoder = try RecordEncoder(tokenizer: tokenizer)
    let row = try encoder.encode(#"{"task": "Add 1 and 2.", "response": "3"}"#)[0]

    let run = Run(spec: encoder.spec, inputs: try InputFiles.resolve([input]), output: output) {
      tokenizer.makeEncoder()
    }
    let report = try run.start()
    let data = try DataSet(output)
    let stored = try data.row(0)

    #expect(report.totals.rows == 1)
    #expect(stored.tokens == row.tokens)
    #expect(tokenizer.decode(row.tokens) == "Add 1 and 2.\n\n3<|endoftext|>")
    #expect(row.labels(paddedTo: 12).suffix(6) == [18, 50256, -100, -100, -100, -100])
    #expect(row.attentionMask(paddedTo: 12) == [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0])
  }

  @Test("a tokenizer takes and gives texts, a template a conversation")
  func texts() throws {
    let tokenizer = try BPETokenizer.load("gpt2")
    #expect(tokenizer.decode(try tokenizer.encode("Grüße, 世界")) == "Grüße, 世界")

    let template = try #require(try ChatTemplate.builtIn("chatml"))
    let record = #"{"messages": [{"role": "user", "content": "Hi"}]}"#
    let turn = "<|im_start|>user\nHi<|im_end|>\n"
    #expect(try template.render(record) == turn)
    #expect(
      try template.render(record, addGenerationPrompt: true) == turn + "<|im_start|>assistant\n")
    let refused = #expect(throws: Problem.self) { try template.render(#"{"messages": 3}"#) }
    #expect(refused?.kind == .wrongType)
  }
}
