import Testing

@testable import Tokenizer

@Suite("GPT-2, embedded")
struct GPT2Tests {
  @Test("known texts have the known ids")
  func knownIDs() throws {
    let tokenizer = try BPETokenizer.load("gpt2")
    let encoder = tokenizer.makeEncoder()
    #expect(try encoder.encode("Hello world") == [15496, 995])
    #expect(
      try encoder.encode("Hello<|endoftext|> world\n\n  x") == [15496, 50256, 995, 628, 220, 2124])
    #expect(tokenizer.idCount == 50257)
    #expect(tokenizer.specials.eos?.id == 50256)
    #expect(tokenizer.id(of: Array("Ġthe".utf8)) == 262)
    #expect(tokenizer.text(of: 262) == Array("Ġthe".utf8))
    #expect(tokenizer.bytes(of: 262) == Array(" the".utf8))
    #expect(tokenizer.decode([15496, 50256, 995], skipSpecials: true) == "Hello world")
  }

  @Test("special text in a literal range is plain text")
  func literal() throws {
    let encoder = try BPETokenizer.load("gpt2").makeEncoder()
    let text = Array("a<|endoftext|>b<|endoftext|>".utf8)
    let plain = try encoder.encode(text, literal: [0..<text.count])
    #expect(!plain.contains(50256))
    #expect(try encoder.encode(text, literal: [0..<5]).filter { $0 == 50256 }.count == 1)
  }

  @Test("tokens that share a character share its range")
  func ranges() throws {
    let encoder = try BPETokenizer.load("gpt2").makeEncoder()
    let text = Array("a ✨b".utf8)
    let (ids, ranges) = try encoder.encodeWithRanges(text)
    #expect(ids.count == ranges.count)
    #expect(ranges.first == 0..<1)
    #expect(ranges.last == 5..<6)
    #expect(ranges.contains(1..<5) || ranges.contains(2..<5))
  }
}
