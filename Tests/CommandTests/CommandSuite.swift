import ArgumentParser
import Testing

@testable import prep

@Suite("Words of the command line")
struct CommandSuite {
  @Test(
    "sizes are numbers with a binary or decimal unit",
    arguments: [
      ("65536", 65536), ("64KiB", 65536), ("16MiB", 16 << 20), ("16mib", 16 << 20), ("2M", 2 << 20),
      ("1GB", 1_000_000_000), ("7B", 7),
    ])
  func sizes(text: String, bytes: Int) {
    #expect(ByteSize(argument: text)?.bytes == bytes)
  }

  @Test(
    "what is no size is refused", arguments: ["", "0", "-1", "1.5M", "MiB", "x", "99999999999GiB"])
  func notSizes(text: String) {
    #expect(ByteSize(argument: text) == nil)
  }

  @Test("a size is shown in the unit that it was given in")
  func sizeText() {
    #expect(ByteSize(bytes: 16 << 20).description == "16MiB")
    #expect(ByteSize(bytes: 1000).description == "1000")
  }

  @Test("numbers of rows: one, a span with its end, all")
  func ranges() throws {
    #expect(IndexRange(argument: "3")?.range == 3..<4)
    #expect(IndexRange(argument: "2..5")?.range == 2..<6)
    #expect(IndexRange(argument: "all")?.range.lowerBound == 0)
    for text in ["", "-1", "5..2", "..", "1..", "a", "1...3", "9223372036854775807"] {
      #expect(IndexRange(argument: text) == nil, "\(text)")
    }
    #expect(
      try IndexRange.span(1, 9).resolve(count: 4, of: "d", unit: "row") == 1..<4)
    #expect(throws: (any Error).self) {
      try IndexRange.single(4).resolve(count: 4, of: "d", unit: "row")
    }
  }

  @Test("figures as people read them")
  func figures() {
    #expect(Format.count(1_234_567) == "1,234,567")
    #expect(Format.count(-1000) == "-1,000")
    #expect(Format.bytes(999) == "999 B")
    #expect(Format.bytes(12_345_678) == "12.3 MB")
    #expect(Format.percent(0.625) == "62.5 %")
    #expect(Format.time(59.9) == "0:59")
    #expect(Format.time(3723) == "1:02:03")
    #expect(Format.time(.infinity) == "0:00")
    #expect(Format.decimal(-1.005, places: 1) == "-1.0")
  }

  @Test("a wrong command line is a usage error that says what to write")
  func usage() {
    func message(_ arguments: [String]) -> String {
      do {
        _ = try Prep.parseAsRoot(arguments)
        return ""
      } catch {
        return Prep.message(for: error)
      }
    }
    #expect(
      message(["run", "a.jsonl", "--output", "o", "--field", "x"])
        == "--field x: give role=name, the role one of task, context, response, text, messages, system, "
        + "history, tools, documents, role, content")
    #expect(
      message(["run", "a.jsonl", "--output", "o", "--max-rejects", "x%"])
        .contains("--max-rejects x%: give a share such as 1%, or a number"))
    #expect(message(["run", "--output", "o"]) == "Missing expected argument '<input> ...'")
    #expect(
      message(["run", "a", "--output", "o", "--partition", "4/4"])
        == "--partition: give i/n, such as 0/4, with i below n")
    #expect(
      message(["run", "a", "--output", "o", "--pack-align", "8"]) == "--pack-align goes with --pack"
    )
  }
}
