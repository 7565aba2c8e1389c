import Files
import Input
import Problems
import ShardWriter
import TestSupport
import Testing

@testable import Pipeline

@Suite("A run that is waited for") struct RunningRunTests {
  private func prepared(_ folder: TemporaryFolder) throws -> Run {
    let input = try folder.write("a.jsonl", Array(RunTests.records(400).utf8))
    var run = Run(
      spec: RunTests.spec(), inputs: try InputFiles.resolve([input]), output: "\(folder.path)/out"
    ) {
      ByteEncoder()
    }
    run.rejectLimit = .share(0.1)
    return run
  }

  @Test("tells its progress and its report, to everybody who asks")
  func report() async throws {
    let folder = try TemporaryFolder()
    let running = try prepared(folder).begin()
    var seen: [Int] = []
    for await progress in running.progress { seen.append(progress.records) }
    async let first = running.report
    async let second = running.report
    let reports = try await [first, second]
    #expect(reports[0] == reports[1])
    #expect(reports[0].totals.records == 400)
    #expect(seen == seen.sorted() && seen.last == 400)
  }

  @Test("is cancelled with nothing published, and the same run goes on")
  func cancel() async throws {
    let folder = try TemporaryFolder()
    var run = try prepared(folder)
    let whole = try RunTests.run([run.inputs[0].path], to: "\(folder.path)/whole")
    // After the first block.
    run.onProgress = { [stop = run.stop] _ in stop.request() }
    let stopped = #expect(throws: Problem.self) { try run.start() }
    #expect(stopped?.kind == .cancelled)
    #expect(FileSystem.kind(of: "\(run.output)/manifest.sqlite") == nil)

    run.onProgress = nil
    let begun = run.begin()
    begun.cancel()
    // Told before its first block, or after its last.
    let told: Problem.Kind?
    do throws(Problem) {
      _ = try await begun.report
      told = nil
    } catch {
      told = error.kind
    }
    #expect(told == nil || told == .cancelled)
    let report = try await run.begin().report
    #expect(report.manifest.digest == whole.manifest.digest)
    #expect(report.blocksReused >= 1)
  }

  @Test("stops where the task that waits is cancelled")
  func task() async throws {
    let folder = try TemporaryFolder()
    let run = try prepared(folder)
    let waiting = Task { () throws(Problem) in try await run.begin().report }
    waiting.cancel()
    // Cancelled before it begins to wait, or done by then.
    switch await waiting.result {
    case .success(let report): #expect(report.totals.records == 400)
    case .failure(let error): #expect((error as? Problem)?.kind == .cancelled)
    }
  }
}
