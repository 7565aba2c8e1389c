import Masking
import Problems
import ShardWriter
import Testing
import Tokenizer

@testable import Pipeline

@Suite("The table of options") struct RunOptionTests {
  @Test("declares each option once, under a name that texts refer to")
  func names() {
    let names = RunOption.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(RunOption.named("context-length")?.type == .number(1...1 << 24))
    #expect(RunOption.named("context-length")?.standard == "1024")
    #expect(RunOption.named("straddle")?.type == .choice(["mask", "supervise", "error"]))
    #expect(RunOption.named("output") == nil)
    for option in RunOption.all { #expect(!option.help.isEmpty, "\(option.name.rawValue)") }
  }

  @Test(
    "a spec that cannot be used is refused before any work, with the option's name",
    arguments: [
      (#"{"context-length": -5}"#, #""context-length" must be from 1 to 16777216 (it is -5)"#),
      (
        #"{"context-length": "8"}"#,
        #""context-length" must be a number from 1 to 16777216"#
      ),
      (#"{"level": 30}"#, #""level" must be from 1 to 19 (it is 30)"#),
      (#"{"pack-align": 8}"#, #""pack-align" goes with "pack""#),
      (
        #"{"pack": true, "pack-align": 2000}"#,
        #""pack-align" must be from 1 to the context length"#
      ),
      (#"{"truncate": "up"}"#, #""truncate" must be one of right, left, keep-response"#),
      (#"{"parse-special": 1}"#, #""parse-special" must be true or false"#),
      (#"{"field": "a=b"}"#, #""field" must be a list of texts name=value"#),
      (#"{"field": ["a=b"]}"#, #""field": there is no role a"#),
      (
        #"{"contex-length": 8}"#,
        #"the spec has "contex-length", which is no option that decides rows (did you mean "context-length"?)"#
      ),
      (#"[]"#, "the spec is not a JSON object"), (#"{"#, "the spec is not JSON"),
    ])
  func refused(json: String, message: String) {
    let error = #expect(throws: Problem.self) { try RunOptions(json: json.utf8) }
    #expect(error?.kind == .option)
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test("a length out of range throws wherever it is given")
  func outOfRange() throws {
    var options = RunOptions()
    options.contextLength = -5
    #expect(throws: Problem.self) { try options.resolve() }
    let tokenizer = try BPETokenizer.load("gpt2")
    #expect(throws: Problem.self) { try RecordEncoder(tokenizer: tokenizer, contextLength: -5) }
  }

  @Test("the stored spec has its members in order, and reads back as it was written")
  func stored() throws {
    let json =
      #"{"tokenizer": "gpt2", "context-length": 99, "prompt-length": 7, "truncate": "left", "seam": "joint", "#
      + #""straddle": "error", "pack": "split", "field": ["task=q"], "parse-special": true, "level": 5, "#
      + #""block-size": 1000, "max-record-size": 2000, "template": "chatml", "schema": "instruction"}"#
    let (spec, tokenizer) = try RunOptions(json: json.utf8).resolve()
    let stored = String(decoding: spec.json, as: UTF8.self)
    #expect(try RunSpec(json: spec.json, tokenizer: tokenizer).json == spec.json)
    for member in [
      #""context_length":99"#, #""prompt_length":7"#, #""response_length":null"#,
      #""truncate":"left""#, #""seam":"joint""#, #""straddle":"error""#, #""packing":"split""#,
      #""fields":{"task":"q"}"#, #""parse_special":true"#, #""level":5"#, #""block_size":1000"#,
      #""max_record_size":2000"#, #""render":"chat""#, #""schema":"instruction""#, #""format":1"#,
      #""segment_alignment":1"#, #""tokenizer":"gpt2""#,
    ] { #expect(stored.contains(member), "\(member)") }
  }

  @Test("a name that nearly is one finds it")
  func nearNames() {
    let names = RunOption.all.map(\.name.rawValue)
    #expect(NearName.of("contxt-length", among: names) == "context-length")
    #expect(NearName.of("truncation", among: names) == "truncate")
    #expect(NearName.of("xyz", among: names) == nil)
  }
}
