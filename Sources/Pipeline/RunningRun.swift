import Problems
import Synchronization

extension Run {
  /// Begins the work on threads of its own and returns at once: for programs that wait with `await`.
  ///
  ///     let running = run.begin()
  ///     for await progress in running.progress { print(progress.records) }
  ///     let report = try await running.report
  public func begin() -> RunningRun { RunningRun(self) }
}

/// A run at work: how far it has come, how it ended, and the way to stop it.
public final class RunningRun: Sendable {
  /// How far it has come, after each block; one who reads slowly gets the newest. Ends with the run. To be read once.
  public let progress: AsyncStream<RunProgress>
  private let stop: Stop
  private let outcome = Mutex(Outcome())

  private struct Outcome {
    var result: Result<RunReport, Problem>?
    var waiting: [CheckedContinuation<Result<RunReport, Problem>, Never>] = []
  }

  fileprivate init(_ run: Run) {
    let (progress, source) = AsyncStream.makeStream(
      of: RunProgress.self, bufferingPolicy: .bufferingNewest(1))
    self.progress = progress
    stop = Stop()
    var run = run
    run.stop = stop
    let tell = run.onProgress
    run.onProgress = { progress in
      tell?(progress)
      source.yield(progress)
    }
    let work = run
    Workers.detach { [self] in
      let result: Result<RunReport, Problem>
      do throws(Problem) {
        result = .success(try work.start())
      } catch {
        result = .failure(error)
      }
      source.finish()
      end(with: result)
    }
  }

  /// What became of it, once it has ended. Throws what `Run.start` throws; `.cancelled` after `cancel`, or where the
  /// task that waits is cancelled.
  public var report: RunReport {
    get async throws(Problem) {
      let result = await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let known = outcome.withLock { outcome in
            if outcome.result == nil { outcome.waiting.append(continuation) }
            return outcome.result
          }
          if let known { continuation.resume(returning: known) }
        }
      } onCancel: {
        cancel()
      }
      return try result.get()
    }
  }

  /// Stops it after the blocks in work. Nothing is published; what is made stays, and the same run goes on from there.
  public func cancel() { stop.request() }

  private func end(with result: Result<RunReport, Problem>) {
    let waiting = outcome.withLock { outcome in
      outcome.result = result
      defer { outcome.waiting = [] }
      return outcome.waiting
    }
    for continuation in waiting { continuation.resume(returning: result) }
  }
}

/// Whether a run was told to stop. Shared by its copies.
final class Stop: Sendable {
  private let isRequested = Atomic(false)

  func request() { isRequested.store(true, ordering: .relaxed) }

  func check() throws(Problem) {
    guard isRequested.load(ordering: .relaxed) else { return }
    throw Problem(
      .cancelled, reason: "the run was told to stop: no data set was written",
      remedy: "start the same run again; it resumes where it stopped")
  }
}
