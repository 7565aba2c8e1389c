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

  @Test("every example of help is a command line that can be read")
  func examples() throws {
    var count = 0
    for command in [Prep.self] + Prep.configuration.subcommands {
      let lines = command.configuration.discussion.split(separator: "\n")
      let examples = lines.filter { $0.contains("prep ") && $0.hasPrefix("  ") }
      #expect(examples.count == 3, "\(command)")
      for line in examples {
        #expect(line.count <= 78, "\(line)")
        // Of a pipe the last command.
        let last = line.split(separator: "|").last { $0.contains("prep ") } ?? line
        var words: [String] = []
        for (number, part) in last.split(separator: "\"", omittingEmptySubsequences: false)
          .enumerated()
        {
          words += number % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }
        let arguments = words.prefix { $0 != ">" }.dropFirst()
        #expect(throws: Never.self, "\(line)") { try Prep.parseAsRoot(Array(arguments)) }
        count += 1
      }
    }
    #expect(count == 57)
  }

  @Test(
    "options of other tools find those of prep",
    arguments: [
      ("max_length", "--context-length"), ("max-seq-length", "--context-length"),
      ("seq_len", "--context-length"), ("train.max_seq_length", "--context-length"),
      ("cutoff_len", "--context-length"), ("sample_packing", "--pack"),
      ("dataset_num_proc", "--threads"), ("model_name_or_path", "--tokenizer"),
      ("train_on_inputs", "--loss all"), ("mask_history", "--loss last"),
      ("dataset_text_field", "--field text=NAME"), ("overwrite_cache", "--overwrite"),
    ])
  func otherNames(name: String, meant: String) {
    #expect(OtherNames.option(name) == meant)
    #expect(
      WrongCommand.hint(arguments: ["run", "a.jsonl", "-o", "o", "--\(name)", "1"])?
        .hasSuffix("Did you mean \(meant)?") == true)
  }

  @Test("what is named instead is there")
  func namedInstead() {
    let help = Prep.helpMessage(for: RunCommand.self)
    for meant in OtherNames.meantOptions where meant.hasPrefix("--") {
      let name = meant.prefix { $0 != " " && $0 != "," }
      #expect(help.contains("\(name) ") || help.contains("\(name)\n"), "\(name)")
    }
    let commands = Prep.configuration.subcommands.compactMap { $0.configuration.commandName }
    for meant in OtherNames.meantCommands { #expect(commands.contains(meant)) }
    for name in commands {
      #expect(OtherNames.command(name) == nil || OtherNames.command(name) == name)
    }
  }

  @Test("few bytes of a block without a unit are taken for a sample's length")
  func blockSize() {
    for (text, isRefused) in [("1024", true), ("65536", false), ("4KiB", false), ("4096", true)] {
      let arguments = ["run", "a.jsonl", "-o", "o", "--block-size", text]
      #expect(((try? Prep.parseAsRoot(arguments)) == nil) == isRefused, "\(text)")
    }
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
