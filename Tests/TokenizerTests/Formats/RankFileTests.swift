import Problems
import Testing

@testable import Tokenizer

@Suite("Rank files")
struct RankFileTests {
  @Test("tokens and ranks, in any order, with CRLF, without a last line feed, and the empty token")
  func reads() throws {
    let file = try RankFile(parsing: Array("IQ== 0\r\n4r2X 2\nIg== 1\n= 7".utf8), file: "x")
    #expect(
      file.entries.map { Array(file.token($0)) } == [[0x21], [0x22], [0xE2, 0xBD, 0x97], []])
    #expect(file.entries.map(\.rank) == [0, 1, 2, 7])
    #expect(file.idCount == 8)
  }

  @Test(
    "a malformed file is refused with its line",
    arguments: [
      (
        "IQ== 0\nIg==\n",
        "x:2: there is no space in the line (a line of a rank file is a token in base64, a space and its rank)"
      ),
      (
        "I*== 0\n",
        "x:1: the token is not base64 (a line of a rank file is a token in base64, a space and its rank)"
      ),
      (
        "IQ 0\n",
        "x:1: the token is not base64 (a line of a rank file is a token in base64, a space and its rank)"
      ),
      (
        "IQ== 1x\n",
        "x:1: the rank is not a number (a line of a rank file is a token in base64, a space and its rank)"
      ),
      (
        "IQ== \n",
        "x:1: the rank is not a number below 10^9 (a line of a rank file is a token in base64, a space and its rank)"
      ),
      ("IQ== 0\nIg== 0\n", "x: two tokens have rank 0 (every token needs a rank of its own)"),
      ("", "x: holds no tokens (give a rank file: a line a token, base64 and rank)"),
    ])
  func refuses(text: String, message: String) {
    do throws(Problem) {
      _ = try RankFile(parsing: Array(text.utf8), file: "x")
      Issue.record("accepted \(text)")
    } catch {
      #expect(error.description == message)
    }
  }

  @Test("the fingerprint depends on tokens and ranks, not on the order of lines")
  func fingerprint() throws {
    let one = try RankFile(parsing: Array("IQ== 0\nIg== 1\n".utf8), file: "x").fingerprint
    #expect(try RankFile(parsing: Array("Ig== 1\r\nIQ== 0".utf8), file: "x").fingerprint == one)
    #expect(try RankFile(parsing: Array("Ig== 0\nIQ== 1\n".utf8), file: "x").fingerprint != one)
  }

  @Test("the special tokens of Llama 4 have the ids of its tokenizer")
  func llama4() throws {
    let encoding = try #require(RankEncoding.named("llama4", count: 200_000))
    #expect(encoding.specials.count == 2048)
    let ids = Dictionary(uniqueKeysWithValues: encoding.specials.map { ($0.text, $0.id) })
    #expect(ids["<|begin_of_text|>"] == 200_000)
    #expect(ids["<|header_start|>"] == 200_005)
    #expect(ids["<|python_start|>"] == 200_016)
    #expect(ids["<|finetune_right_pad|>"] == 200_018)
    #expect(ids["<|image_start|>"] == 200_080)
    #expect(ids["<|image|>"] == 200_090)
    #expect(ids["<|patch|>"] == 200_092)
    #expect(ids["<|reasoning_thinking_end|>"] == 201_143)
  }
}
