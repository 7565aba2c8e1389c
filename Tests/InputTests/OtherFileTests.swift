import Files
import Problems
import SystemPackage
import TestSupport
import Testing

@testable import Input

@Suite("Files that are not read") struct OtherFileTests {
  static func resolve(_ names: [String], skip: Bool = false) throws -> [String] {
    let folder = try TemporaryFolder()
    for name in names { _ = try folder.write(name, Array("{\"a\": 1}\n".utf8)) }
    return try InputFiles.resolve([folder.path], skipOtherFiles: skip).map {
      String($0.path.dropFirst(folder.path.utf8.count + 1))
    }
  }

  @Test(
    "data of a folder that would be passed over stops the run by name",
    arguments: [
      "b.xlsx", "b.orc", "b.jsonl.bz2", "b.jsonl.xz", "b.jsonlines", "sub/b.avro", "b.CSV.xz",
      "b.tar.gz", "b.gz", "b.zst", "b.jsonl.bak", "b.jsonl~", "b.jsonl.gz.part", "b.jsonl.1",
      ".b.jsonl.Xy12", ".b.csv",
      "b", "b.data", "b.txt",
    ])
  func data(name: String) throws {
    let error = #expect(throws: Problem.self) { try Self.resolve(["a.jsonl", name]) }
    #expect(error?.kind == .inputNotRead && error?.reason.contains(name) == true)
    #expect(error?.text(for: .command).contains("--skip-other-files") == true)
    #expect(try Self.resolve(["a.jsonl", name], skip: true) == ["a.jsonl"])
  }

  @Test("notes and hidden files beside the data are not data")
  func notes() throws {
    let names = [
      "a.jsonl", "README.md", "run.sh", "a.py", "a.ipynb", ".a.jsonl.crc", "a.json.lock",
      "._a.jsonl",
      ".cache/b.jsonl", ".gitattributes",
    ]
    #expect(try Self.resolve(names) == ["a.jsonl"])
  }

  @Test(
    "what a file begins with tells where its name does not",
    arguments: [
      ("notes.txt", "Some words.\n", false), ("LICENSE", "MIT\n", false), ("empty", "", false),
      ("notes", "[x] done\n", false),
      ("part-00000", "{\"task\": 1}\n", true), ("b.txt", " [ {\"a\": 1}]", true),
      ("b.data", "PAR1...", true),
    ])
  func beginnings(name: String, text: String, isData: Bool) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(name, Array(text.utf8))
    #expect(OtherFile.looksLikeData(name, at: path) == isData)
  }

  @Test("tables of a folder are read with its other files")
  func tables() throws {
    let names = ["a.jsonl", "b.csv", "c.parquet", "d.TSV.gz", "e.feather", "sub/f.arrow"]
    #expect(try Self.resolve(names) == names)
    #expect(InputFiles.form(of: "c.parquet") == .table && InputFiles.form(of: "a.jsonl") == .lines)
    #expect(InputFiles.form(of: "c.parquet.zst") == nil)
  }

  @Test(
    "of a folder that datasets saved its rows are read, not its settings; several splits are refused"
  )
  func savedTable() throws {
    let names = ["dataset_info.json", "state.json", "data-00000.arrow", "cache-1.arrow"]
    #expect(try Self.resolve(names) == ["data-00000.arrow"])
    let error = #expect(throws: Problem.self) {
      try Self.resolve(["dataset_dict.json", "train/state.json", "test/state.json"])
    }
    #expect(error?.kind == .inputUnsupported && error?.reason.contains("test, train") == true)
  }

  @Test(
    "a value that spans lines is known in a file of lines",
    arguments: [
      ("{\n  \"task\": 1\n}\n", true), ("[\n  {\"task\": 1},\n {}]\n", true),
      ("\u{FEFF}{\r\n\t\"a\": 1}", true), ("[\n{\n\"a\": 1}]", true),
      ("{\n{\"task\": 1}\n", false), ("{\"a\":\n", false), ("[\n", false), ("", false),
      ("{\"task\": 1}\n{\n\"a\"\n", false), ("[\n{\"a\": 1}\n{\"a\": 2}\n", false),
    ])
  func spread(text: String, isSpread: Bool) {
    let bytes = Array(text.utf8)
    #expect(unsafe bytes.withUnsafeBufferPointer { unsafe SpreadValue.begins($0) } == isSpread)
  }

  @Test("a file that grows or shrinks while it is read is an error")
  func changed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.jsonl", [UInt8](repeating: 0x20, count: 1 << 20))
    let source = try ByteSource(InputFile(path: path, form: .lines))
    let file = try FileDescriptor.open(FilePath(path), .writeOnly, options: .append)
    try file.closeAfter { _ = try file.writeAll([0x20]) }
    var bytes = [UInt8](repeating: 0, count: 1 << 19)
    let error = #expect(throws: Problem.self) {
      while unsafe try bytes.withUnsafeMutableBytes({ unsafe try source.read(into: $0) }) > 0 {}
    }
    #expect(error?.kind == .inputChanged)
  }

  @Test("the name of a hub's data set is answered with how to fetch it")
  func hub() {
    #expect(OtherFile.remedy(missing: "allenai/tulu-3")?.contains("hf download") == true)
    for path in ["a.jsonl", "a/b/c", "/a/b", "a/b.jsonl", "../a", "a/", "a b/c"] {
      #expect(OtherFile.remedy(missing: path) == nil, "\(path)")
    }
  }
}
