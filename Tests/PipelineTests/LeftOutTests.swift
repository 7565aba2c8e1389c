import Files
import Masking
import Problems
import ShardWriter
import TestSupport
import Testing

@testable import Pipeline

@Suite("Records that the user's lengths leave out") struct LeftOutTests {
  /// Runs over 200 texts, 10 of which have 91 tokens and one none.
  static func run(_ policy: TruncationPolicy) throws -> RunReport {
    let folder = try TemporaryFolder()
    var lines = ""
    for index in 0..<200 {
      let text = index == 7 ? "" : String(repeating: "x", count: index % 20 == 0 ? 90 : 20)
      lines += "{\"text\":\"\(text)\"}\n"
    }
    let input = try folder.write("a.jsonl", Array(lines.utf8))
    var spec = RunTests.spec()
    spec.truncation.policy = policy
    return try RunTests.run([input], to: folder.file("out"), spec: spec) {
      $0.rejectLimit = .count(1)
    }
  }

  @Test("are counted apart, use up no limit of rejects, and come with the length that keeps 99 %")
  func apart() throws {
    let report = try Self.run(.drop)
    let totals = report.totals
    #expect(report.rejected == ["empty-text": 1])
    #expect(report.leftOut == ["too-long": 10])
    #expect(totals.records == totals.accepted + 1 + 10)
    #expect(report.warnings.count == 1)
    let warning = Surface.command.spell(report.warnings.first ?? "")
    #expect(
      warning.contains("10 records (5.0 %)") && warning.contains("--context-length 96"),
      "\(warning)")
  }

  @Test("samples that lose the token that ends them are said loudly too")
  func ends() throws {
    let report = try Self.run(.right)
    #expect(report.leftOut.isEmpty && report.totals.counters["terminators_cut"] == 10)
    #expect(report.warnings.first?.contains("10 samples") == true, "\(report.warnings)")
  }

  @Test("steps of length are powers of two and one and a half of them")
  func steps() {
    let steps = [1: 2, 2: 2, 3: 3, 4: 4, 5: 6, 6: 6, 7: 8, 91: 96, 97: 128, 1025: 1536, 1537: 2048]
    for (length, step) in steps { #expect(NeededLength.step(length) == step, "\(length)") }
  }
}
