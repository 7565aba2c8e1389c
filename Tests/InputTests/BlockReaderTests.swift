import Files
import Problems
import TestSupport
import Testing

@testable import Input

@Suite("Blocks of whole records") struct BlockReaderTests {
  struct Read: Equatable {
    var records: [String] = []
    var lines: [Int] = []
    var offsets: [Int] = []
    var blocks = 0
    var problems: [String] = []
  }

  /// Reads a text as a file; all blocks together.
  static func read(
    _ bytes: [UInt8], name: String = "a.jsonl", blockSize: Int = 1 << 20, limit: Int = 1 << 20
  ) throws -> Read {
    let folder = try TemporaryFolder()
    let path = try folder.write(name, bytes)
    let files = try InputFiles.resolve([path])
    let reader = BlockReader(files: files, blockSize: blockSize, maximumRecordSize: limit)
    let block = Block()
    var read = Read()
    var nextOffset = 0
    var nextLine = 1
    while try reader.next(into: block) {
      read.blocks += 1
      #expect(Int(block.source.byteOffset) == nextOffset)
      #expect(Int(block.source.firstLine) == nextLine)
      nextOffset += Int(block.source.byteCount)
      var cursor = RecordCursor(block)
      while let place = cursor.next() {
        read.records.append(
          unsafe String(decoding: block.bytes[place.start..<place.end], as: UTF8.self))
        read.lines.append(Int(block.source.firstLine) + place.line)
        read.offsets.append(Int(block.source.byteOffset) + place.start)
      }
      for problem in block.problems {
        read.problems.append(problem.kind.rawValue)
        read.lines.append(Int(block.source.firstLine) + problem.line)
        read.offsets.append(Int(block.source.byteOffset) + problem.start)
      }
      if block.source.isLastOfInput { break }
      let text = bytes[..<min(bytes.count, nextOffset)]
      nextLine = 1 + text.count { $0 == 10 }
    }
    if !name.hasSuffix(".gz"), !name.hasSuffix(".zst") { #expect(nextOffset == bytes.count) }
    return read
  }

  static func read(
    _ text: String, name: String = "a.jsonl", blockSize: Int = 1 << 20, limit: Int = 1 << 20
  ) throws -> Read {
    try read(Array(text.utf8), name: name, blockSize: blockSize, limit: limit)
  }

  @Test("lines with BOM, CRLF, blank lines and no last newline")
  func lines() throws {
    let read = try Self.read("\u{FEFF}{\"a\":1}\r\n\r\n  \n{\"b\":2}\n{\"c\":3}")
    #expect(read.records == ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"])
    #expect(read.lines == [1, 4, 5])
    #expect(read.offsets == [3, 17, 25])
  }

  @Test("blocks of any size hold the same records at the same places")
  func blockSizes() throws {
    let text = (0..<50).map { "{\"n\":\(String(repeating: "9", count: $0 % 13))1}\n" }.joined()
    let whole = try Self.read(text)
    #expect(whole.records.count == 50)
    for size in [1, 2, 7, 16, 64, 100, 1000] {
      var read = try Self.read(text, blockSize: size)
      #expect(read.blocks == (size <= 7 ? 50 : read.blocks))
      read.blocks = 1
      #expect(read == whole)
    }
  }

  @Test("JSON files: an array's elements, an object alone, objects one after the other")
  func values() throws {
    let array = " [\n {\"a\": [1, \"]}\\\"\"]},\n {\"b\": 2}\n ]\n"
    for size in [1, 5, 20, 1000] {
      let read = try Self.read(array, name: "a.json", blockSize: size)
      #expect(read.records == ["{\"a\": [1, \"]}\\\"\"]}", "{\"b\": 2}"])
      #expect(read.lines == [2, 3])
    }
    #expect(try Self.read("{\n\"a\": 1\n}", name: "a.json").records == ["{\n\"a\": 1\n}"])
    let many = try Self.read("{\"a\":1}\n{\"b\":2}\n", name: "a.json")
    #expect(many.records == ["{\"a\":1}", "{\"b\":2}"])
    #expect(many.lines == [1, 2])
    #expect(try Self.read("\u{FEFF}[{\"a\":1}]", name: "a.json").records == ["{\"a\":1}"])
  }

  @Test("a JSON array that is cut off or broken loses no record silently")
  func brokenValues() throws {
    let open = try Self.read("[{\"a\":1},{\"b\":2}", name: "a.json")
    #expect(open.records.count == 2)
    #expect(open.problems == ["invalid-json"])
    let inside = try Self.read("[{\"a\":1},{\"b\":", name: "a.json")
    #expect(inside.records == ["{\"a\":1}", "{\"b\":"])
    let quote = try Self.read("[\n{\"a\":\"x},\n{\"b\":2}\n]", name: "a.json")
    #expect(quote.records == ["{\"a\":\"x},\n", "{\"b\":2}"])
    #expect(
      try Self.read("[1, true {\"a\":1}]", name: "a.json").records == ["1", "true", "{\"a\":1}"])
  }

  @Test(
    "a record beyond the limit is named, and those around it are read",
    arguments: [1, 10, 64, 5000])
  func tooLarge(blockSize: Int) throws {
    let long = "{\"x\":\"" + String(repeating: "y", count: 100_000) + "\"}"
    let lines = try Self.read("{\"a\":1}\n\(long)\n{\"b\":2}\n", blockSize: blockSize, limit: 50)
    #expect(lines.records == ["{\"a\":1}", "{\"b\":2}"])
    #expect(lines.problems == ["too-large"])
    #expect(Set(lines.lines) == [1, 2, 3])
    #expect(Set(lines.offsets) == [0, 8, 8 + long.utf8.count + 1])
    let values = try Self.read(
      "[{\"a\":1},\n\(long),\n{\"b\":2}]", name: "a.json", blockSize: blockSize, limit: 50)
    #expect(values.records == ["{\"a\":1}", "{\"b\":2}"])
    #expect(values.problems == ["too-large"])
    let last = try Self.read("{\"a\":1}\n\(long)", blockSize: blockSize, limit: 50)
    #expect(last.records == ["{\"a\":1}"])
    #expect(last.problems == ["too-large"])
  }

  @Test("an empty file is one empty block")
  func empty() throws {
    for name in ["a.jsonl", "a.json"] {
      #expect(try Self.read("", name: name) == Read(blocks: 1))
      #expect(try Self.read("\n \n", name: name).records == [])
    }
  }

  @Test(
    "folders are read recursively and in order, patterns are expanded, what is missing is named")
  func inputs() throws {
    let folder = try TemporaryFolder()
    for name in [
      "b.jsonl", "a.ndjson", "sub/c.json", "sub/d.jsonl.gz", "notes.txt", ".hidden",
    ] {
      _ = try folder.write(name, [])
    }
    let base = folder.path
    #expect(
      try InputFiles.resolve([base]).map(\.path)
        == ["a.ndjson", "b.jsonl", "sub/c.json", "sub/d.jsonl.gz"].map { "\(base)/\($0)" })
    #expect(try InputFiles.resolve(["\(base)/*.jsonl"]).map(\.path) == ["\(base)/b.jsonl"])
    #expect(try InputFiles.resolve(["-"]) == [InputFile(path: "-", form: .lines)])
    let error = #expect(throws: Problem.self) { try InputFiles.resolve(["\(base)/none.jsonl"]) }
    #expect(error?.description == "\(base)/none.jsonl: no such file or folder (check the path)")
  }
}
