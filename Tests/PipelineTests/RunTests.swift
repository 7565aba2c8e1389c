import Files
import Input
import InstructionFormat
import JSONText
import Masking
import Problems
import ShardWriter
import TestSupport
import Testing

@testable import Pipeline

/// A tokenizer for tests: each byte is a token.
final class ByteEncoder: TextEncoder {
  func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32]
  ) {
    for byte in unsafe Array(text) { ids.append(UInt32(byte)) }
  }

  func appendIDs(
    of text: UnsafeBufferPointer<UInt8>, literal: [Range<Int>], continues: Bool,
    to ids: inout [UInt32], ranges: inout [Range<UInt32>]
  ) {
    for (index, byte) in unsafe Array(text).enumerated() {
      ids.append(UInt32(byte))
      ranges.append(UInt32(index)..<UInt32(index) + 1)
    }
  }
}

@Suite("Files to shards") struct RunTests {
  static func spec(contextLength: Int = 64, blockSize: Int = 500) -> RunSpec {
    var spec = RunSpec(
      tokenizer: "bytes", tokenizerDigest: Digest128(low: 1, high: 2), idCount: 257,
      end: RunSpec.Token(text: Array("</s>".utf8), ids: [256]), padID: 256,
      contextLength: contextLength)
    spec.blockSize = blockSize
    return spec
  }

  static func records(_ count: Int) -> String {
    (0..<count).map { number in
      let words = String(repeating: "word ", count: number % 7)
      return number % 50 == 49
        ? "{\"task\":\"broken\"\n"
        : "{\"task\":\"T\(number)\",\"context\":\"\(words)\",\"response\":\"R\(number)\"}\n"
    }.joined()
  }

  static func run(
    _ inputs: [String], to output: String, spec: RunSpec = spec(),
    _ change: (inout Run) -> Void = { _ in }
  ) throws -> RunReport {
    var run = Run(spec: spec, inputs: try InputFiles.resolve(inputs), output: output) {
      ByteEncoder()
    }
    run.rejectLimit = .share(0.1)
    change(&run)
    return try run.start()
  }

  @Test("rows are those of each record, in order; counts add up")
  func rows() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(200).utf8))
    let report = try Self.run([input], to: "\(folder.path)/out")
    let totals = report.totals
    #expect(totals.records == 200)
    #expect(totals.accepted == 196)
    #expect(totals.rejected == ["invalid-json": 4])
    #expect(totals.accepted + totals.rejectedCount == totals.records)
    #expect(report.manifest.shards.count > 5)

    let data = try DataSet("\(folder.path)/out")
    let encoder = RecordEncoder(spec: Self.spec(), encoder: ByteEncoder())
    var row = 0
    for (line, text) in Self.records(200).split(separator: "\n").enumerated() {
      guard let expected = try? encoder.encode(String(text)).first else { continue }
      let stored = try data.row(row)
      #expect(stored.tokens == expected.tokens)
      #expect(stored.runs == expected.runs)
      #expect(try data.places(ofRow: row).first?.line == UInt64(line + 1))
      row += 1
    }
    #expect(row == data.count)
  }

  @Test("any number of threads, block after block or resumed: the same digest and files")
  func deterministic() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(300).utf8))
    let one = try Self.run([input], to: "\(folder.path)/1") { $0.threads = 1 }
    for threads in [2, 7] {
      let other = try Self.run([input], to: "\(folder.path)/\(threads)") { $0.threads = threads }
      #expect(other.manifest == one.manifest)
    }
    let again = try Self.run([input], to: "\(folder.path)/1")
    #expect(again.manifest == one.manifest)
    #expect(again.blocksReused == one.manifest.shards.count)
  }

  @Test("a run that stopped goes on, and makes anew what is damaged")
  func resume() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(300).utf8))
    let whole = try Self.run([input], to: "\(folder.path)/whole")
    let output = "\(folder.path)/stopped"
    _ = try Self.run([input], to: output)
    TemporaryFolder.remove("\(output)/manifest.sqlite")
    TemporaryFolder.remove("\(output)/shard-00000-00003.zst")
    _ = try folder.write("stopped/shard-00000-00005.zst", [1, 2, 3])
    let resumed = try Self.run([input], to: output)
    #expect(resumed.manifest == whole.manifest)
    #expect(resumed.blocksReused == whole.manifest.shards.count - 2)
  }

  @Test("partitions hold disjoint shards, byte for byte those of the whole run")
  func partitions() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(300).utf8))
    let whole = try Self.run([input], to: "\(folder.path)/whole")
    var found: [String: Digest128] = [:]
    for index in 0..<3 {
      let part = try Self.run([input], to: "\(folder.path)/\(index)") {
        $0.partition = Manifest.Partition(index: index, count: 3)
      }
      for shard in part.manifest.shards {
        #expect(found.updateValue(shard.fileDigest, forKey: shard.name) == nil)
      }
    }
    #expect(
      found
        == Dictionary(uniqueKeysWithValues: whole.manifest.shards.map { ($0.name, $0.fileDigest) }))
  }

  @Test("another spec or other input in the folder is refused, unless it is to be replaced")
  func otherRun() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(100).utf8))
    let other = try folder.write("b.jsonl", Array(Self.records(90).utf8))
    let output = "\(folder.path)/out"
    _ = try Self.run([input], to: output)
    let spec = Self.spec(contextLength: 32)
    let first = #expect(throws: Problem.self) { try Self.run([input], to: output, spec: spec) }
    #expect(first?.description.contains("holds shards of another spec") == true)
    let second = #expect(throws: Problem.self) { try Self.run([other], to: output) }
    #expect(
      second?.text(for: .command)
        == "\(output): the folder holds the finished run of other input (choose another --output, or "
        + "replace it with --overwrite)")
    let replaced = try Self.run([other], to: output, spec: spec) {
      $0.overwrite = true
      $0.rejectLimit = .share(1)
    }
    #expect(replaced.totals.records == 90)
  }

  @Test("too many rejects: no data set was written, the same run with a higher limit goes on")
  func rejectLimit() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(100).utf8))
    let output = "\(folder.path)/out"
    let error = #expect(throws: Problem.self) {
      try Self.run([input], to: output) { $0.rejectLimit = .share(0.01) }
    }
    #expect(
      error?.text(for: .command)
        == "2 of 100 records were rejected, more than --max-rejects 1%: no data set was written (see "
        + "\(output)/rejects.jsonl and fix them; or go on without them: shards are kept, and the same run with "
        + "--max-rejects 2% finishes in seconds)")
    #expect(throws: Problem.self) { try DataSet(output) }
    let report = try Self.run([input], to: output) { $0.rejectLimit = .count(2) }
    #expect(report.blocksReused == report.manifest.shards.count)
  }

  @Test("the first record that is too long ends the run, where that is asked for")
  func errorPolicy() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(
      "a.jsonl",
      Array(
        "{\"text\":\"short\"}\n{\"text\":\"\(String(repeating: "x", count: 70))\"}\n".utf8))
    var spec = Self.spec()
    spec.truncation.policy = .error
    let error = #expect(throws: Problem.self) {
      try Self.run([input], to: "\(folder.path)/out", spec: spec)
    }
    #expect(
      error?.text(for: .command)
        == "\(input):2: the sample has 71 tokens, more than 64 (raise --context-length, or use --truncate "
        + "right)")
    spec.truncation.policy = .drop
    let report = try Self.run([input], to: "\(folder.path)/dropped", spec: spec) {
      $0.rejectLimit = .count(0)
    }
    #expect(report.totals.rejected == ["too-long": 1])
    #expect(report.totals.accepted == 1)
  }

  @Test("packed rows hold the same samples")
  func packing() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(300).utf8))
    let plain = try Self.run([input], to: "\(folder.path)/plain")
    var spec = Self.spec()
    spec.packing = .whole
    let packed = try Self.run([input], to: "\(folder.path)/packed", spec: spec)
    #expect(packed.totals.tokens == plain.totals.tokens)
    #expect(packed.totals.supervisedTokens == plain.totals.supervisedTokens)
    #expect(packed.totals.samples == plain.totals.samples)
    #expect(packed.totals.rows < plain.totals.rows)
  }

  @Test("what is missing of a finished folder is made again by the same run, to the byte")
  func recovery() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(120).utf8))
    let output = "\(folder.path)/out"
    let digest = try Self.run([input], to: output).manifest.digest
    func contents() throws -> [String: [UInt8]] {
      var contents: [String: [UInt8]] = [:]
      for name in try AtomicFile.names(in: output) ?? [] {
        contents[name] = try ReadableFile(AtomicFile.path(output, name)).readAll()
      }
      return contents
    }
    let whole = try contents()
    #expect(whole.count > 4)
    for (name, bytes) in whole {
      try AtomicFile.remove(AtomicFile.path(output, name))
      #expect(try Self.run([input], to: output).manifest.digest == digest)
      #expect(try contents() == whole, "\(name) removed")
      try AtomicFile.write(bytes.dropLast(), name: name, in: output)
      #expect(try Self.run([input], to: output).manifest.digest == digest)
      #expect(try contents() == whole, "\(name) cut")
      // A byte that is wrong is found where every byte is read.
      var changed = bytes
      changed[bytes.count / 2] ^= 1
      try AtomicFile.write(changed, name: name, in: output)
      #expect(try Self.run([input], to: output) { $0.verify = true }.manifest.digest == digest)
      #expect(try contents() == whole, "\(name) changed")
    }
    // Other input is refused, even where a shard is missing, and leaves the folder as it is.
    try AtomicFile.remove(AtomicFile.path(output, "shard-00000-00000.zst"))
    let before = try contents()
    let other = try folder.write("b.jsonl", Array(Self.records(119).utf8))
    #expect(throws: Problem.self) { try Self.run([other], to: output) }
    #expect(try contents() == before)
  }

  @Test("a folder with files of others is refused as output, unless they are hidden")
  func foreignFiles() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(10).utf8))
    _ = try folder.write("out/.keep", [1])
    _ = try Self.run([input], to: "\(folder.path)/out")
    _ = try folder.write("mine/notes.txt", [1])
    let problem = #expect(throws: Problem.self) { try Self.run([input], to: "\(folder.path)/mine") }
    #expect(problem?.reason == "the folder holds files that prep did not write: notes.txt")
    #expect(try AtomicFile.names(in: "\(folder.path)/mine") == ["notes.txt"])
    _ = try Self.run([input], to: "\(folder.path)/mine") { $0.overwrite = true }
    #expect(try AtomicFile.names(in: "\(folder.path)/mine")?.contains("notes.txt") == true)
  }

  @Test("parts of one input that was changed in between are not merged")
  func changedBetweenParts() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(120).utf8))
    _ = try Self.run([input], to: "\(folder.path)/p0") { $0.partition = .init(index: 0, count: 2) }
    _ = try folder.write("a.jsonl", Array(("\n" + Self.records(120)).utf8))
    _ = try Self.run([input], to: "\(folder.path)/p1") { $0.partition = .init(index: 1, count: 2) }
    let problem = #expect(throws: Problem.self) {
      try DataSetMerge.merge(["\(folder.path)/p0", "\(folder.path)/p1"], into: "\(folder.path)/m")
    }
    #expect(problem?.reason.contains("were not cut from the same bytes of input 0") == true)
  }

  @Test("parts of which an option had nothing to act on are not merged")
  func unusedInAllParts() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write("a.jsonl", Array(Self.records(120).utf8))
    func merge(_ name: String, change: (inout RunSpec) -> Void) throws -> Manifest {
      var spec = Self.spec()
      change(&spec)
      let parts = try (0..<2).map { index in
        let path = "\(folder.path)/\(name)\(index)"
        _ = try Self.run([input], to: path, spec: spec) {
          $0.partition = .init(index: index, count: 2)
        }
        return path
      }
      return try PartitionMerge.merge(parts, into: "\(folder.path)/\(name)")
    }
    #expect(try merge("whole") { _ in }.totals.records == 120)
    let problem = #expect(throws: Problem.self) {
      try merge("named") { $0.fields = RecordFields(schema: .auto, given: [.system: "persona"]) }
    }
    #expect(problem?.kind == .optionUnused)
    #expect(FileSystem.kind(of: "\(folder.path)/named") == nil)
  }

  @Test("nor where the change kept the length, in either's blocks")
  func changedInPlace() throws {
    let folder = try TemporaryFolder()
    let records = Self.records(120)
    func part(_ index: Int, of records: String) throws -> String {
      let input = try folder.write("a.jsonl", Array(records.utf8))
      let path = "\(folder.path)/p\(index)"
      _ = try Self.run([input], to: path) {
        $0.partition = .init(index: index, count: 2)
        $0.overwrite = true
      }
      return path
    }
    let parts = [try part(0, of: records), try part(1, of: records)]
    let merged = try DataSetMerge.merge(parts, into: "\(folder.path)/m")
    #expect(
      try Self.run(["\(folder.path)/a.jsonl"], to: "\(folder.path)/whole").manifest == merged)
    for change in ["R0\"", "R118\""] {
      let other = records.replacing(change, with: change.replacing("R", with: "Q"))
      #expect(other.utf8.count == records.utf8.count)
      _ = try part(1, of: other)
      let problem = #expect(throws: Problem.self) {
        try DataSetMerge.merge(parts, into: "\(folder.path)/n")
      }
      #expect(problem?.reason.hasPrefix("the input was changed between the parts") == true)
      #expect(FileSystem.kind(of: "\(folder.path)/n") == nil)
    }
    // A manifest that was made anew from the shards alone does not know the other part's blocks.
    _ = try part(1, of: records)
    let rebuilt = try DataSetVerifier.rebuildManifest(parts[0])
    #expect(try Manifest(folder: parts[0]) == rebuilt)
    #expect(try DataSetMerge.merge(parts, into: "\(folder.path)/o") == merged)
  }
}
