import Problems
import Testing

@testable import JSONText

@Suite("A parsed JSON text")
struct JSONNodeTests {
  let parser = JSONParser()

  @Test("keeps the order of keys, and the last of duplicate keys wins a lookup")
  func membersKeepOrder() throws {
    let root = try parser.parse(#"{"b": 1, "a": [true, null], "b": "x\u00e9"}"#.utf8)
    #expect(root.members.map(\.key.string) == ["b", "a", "b"])
    #expect(root["b"]?.string == "xé")
    #expect(root["a"]?.elements.map(\.kind) == [.bool, .null])
    #expect(root["a"]?.count == 2)
    #expect(root["missing"] == nil)
  }

  @Test("reads integers of 64 bits, signed and unsigned, and doubles")
  func numbers() throws {
    let root = try parser.parse("[-9223372036854775808, 18446744073709551615, 1.5, 7]".utf8)
    let values = Array(root.elements)
    #expect(values[0].int == .min)
    #expect(values[1].int == nil)
    #expect(values[1].uint == .max)
    #expect(values[2].double == 1.5)
    #expect(values[2].int == nil)
    #expect(values[3].double == 7)
  }

  @Test("walks over nested values of every kind without entering them")
  func skipsNested() throws {
    let root = try parser.parse(#"[{"a": [1, {"b": 2.5}]}, "s", [], {}, -1, 3]"#.utf8)
    #expect(root.elements.map(\.kind) == [.object, .string, .array, .object, .int, .int])
  }

  @Test("is a string of bytes, NUL and escapes included")
  func bytes() throws {
    let root = try parser.parse(#""a\u0000\n\ud83d\ude00""#.utf8)
    #expect(root.bytes == [0x61, 0, 0x0A, 0xF0, 0x9F, 0x98, 0x80])
    #expect(root.int == nil && root.bool == nil && root.double == nil)
  }

  @Test("of another kind has no elements and no members")
  func otherKinds() throws {
    let root = try parser.parse("3".utf8)
    #expect(Array(root.elements).isEmpty)
    #expect(Array(root.members).isEmpty)
  }
}

@Suite("A text that is not JSON")
struct JSONDiagnosisTests {
  static let cases: [(text: [UInt8], reason: String, byteOffset: Int)] = [
    (Array(#"{"a": 1"#.utf8), "the JSON ends too early: expected a comma or } after the member", 7),
    (Array(#"{"a" 1}"#.utf8), "expected a colon after the key, found \"1\"", 5),
    (Array(#"{a: 1}"#.utf8), "expected a key in double quotes, found \"a\"", 1),
    (Array(#"{"a": NaN}"#.utf8), "NaN and Infinity are not JSON", 6),
    (Array(#"{"a": 'x'}"#.utf8), "a string in single quotes is not JSON", 6),
    (Array(#"[1, 2"#.utf8), "the JSON ends too early: expected a comma or ] after the element", 5),
    (Array(#"[1, ]"#.utf8), "expected a value, found \"]\"", 4),
    (Array(#"{"a": 1} x"#.utf8), "text after the end of the JSON value", 9),
    (Array(#""\ud800""#.utf8), "a lone surrogate escape is not a character", 1),
    (Array(#""\udc00x""#.utf8), "a lone surrogate escape is not a character", 1),
    (Array(#""\x""#.utf8), "an unknown escape in a string", 1),
    ([0x22, 0x61, 0xFF, 0x22], "invalid UTF-8", 2),
    ([0x22, 0xED, 0xA0, 0x80, 0x22], "invalid UTF-8", 1),
    ([0x22, 0x09, 0x22], "a control character (byte 0x09) stands unescaped in a string", 1),
    (Array(#"01"#.utf8), "a number starts with a zero", 0),
    (Array("123456789012345678901234567890".utf8), "an integer does not fit 64 bits", 0),
    (Array("[1e999]".utf8), "a number does not fit a 64-bit float", 1),
    (Array(#""abc"#.utf8), "a string has no end", 0),
    (Array("".utf8), "the JSON ends too early: a value is missing", 0),
    (Array("tru".utf8), "expected true", 0),
  ]

  @Test("is refused with the reason and the byte", arguments: cases)
  func refused(_ text: [UInt8], _ reason: String, _ byteOffset: Int) {
    let padded = text + [UInt8](repeating: 0, count: JSONParser.padding)
    let error = #expect(throws: Problem.self) {
      unsafe try padded.withUnsafeBufferPointer { bytes in
        _ = unsafe try JSONParser().parse(
          padded: UnsafeBufferPointer(rebasing: bytes[..<text.count]))
      }
    }
    #expect(error?.reason == reason && error?.byteOffset == byteOffset)
  }

  @Test("an integer beyond 64 bits of a file of settings is a double")
  func largeInteger() throws {
    let parser = JSONParser()
    let root = try parser.parse(
      #"{"a": [1000000000000000019884624838656, -99999999999999999999], "b": 1}"#.utf8)
    #expect(root["a"]?.elements.map(\.double) == [1e30, -1e20])
    #expect(root["b"]?.int == 1)
    #expect(throws: Problem.self) { try parser.parse("[1000000000000000019884624838656".utf8) }
  }

  @Test("is refused where it nests deeper than simdjson reads, without a crash")
  func deep() {
    let text = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(throws: Problem.self) { try JSONParser().parse(text) }
  }

  @Test("agrees with simdjson on which short texts are JSON")
  func agreesWithSimdjson() throws {
    // Every text of up to four of these fragments: what simdjson refuses, the diagnosis must
    // explain with a reason of its own, not with simdjson's.
    let fragments = ["{", "}", "[", "]", ",", ":", "\"a\"", "1", "-", ".5", "null", " "]
    var texts = [""]
    for _ in 0..<4 { texts += texts.flatMap { text in fragments.map { text + $0 } } }
    let parser = JSONParser()
    var accepted = 0
    for text in Set(texts) {
      do throws(Problem) {
        _ = try parser.parse(text.utf8)
        accepted += 1
      } catch {
        #expect(error.reason.first?.isLowercase == true || error.reason.hasPrefix("NaN"))
      }
    }
    #expect(accepted > 10)
  }
}
