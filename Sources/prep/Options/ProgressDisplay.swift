import Pipeline
import Problems
import ShardWriter
import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a person sees of a run while it goes: one line that changes on a terminal, a plain line every
/// few seconds elsewhere, and the first rejects.
final class ProgressDisplay: Sendable {
  private struct State {
    var last: ContinuousClock.Instant
    var rejectsShown = 0
    var rejectsHidden = 0
    var hasLine = false
  }

  static let shownRejects = 5
  private let totalBytes: Int?
  private let isQuiet: Bool
  private let isTerminal: Bool
  private let rejectsFile: String
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  /// `totalBytes`: size of all inputs; nil where it is not known (standard input).
  init(totalBytes: Int?, isQuiet: Bool, rejectsFile: String) {
    self.totalBytes = totalBytes
    self.isQuiet = isQuiet
    self.rejectsFile = rejectsFile
    isTerminal = isatty(STDERR_FILENO) == 1
    state = Mutex(State(last: start))
  }

  func show(_ progress: RunProgress) {
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    state.withLock { state in
      guard now - state.last >= (isTerminal ? .milliseconds(100) : .seconds(5)) else { return }
      state.last = now
      let line = line(progress, elapsed: (now - start) / .seconds(1))
      if isTerminal {
        state.hasLine = true
        write("\r\u{1B}[K\(line)")
      } else {
        write("\(line)\n")
      }
    }
  }

  /// Bytes of a line about a reject.
  private static let longestReject = 1200

  func show(file: [UInt8], _ reject: Reject) {
    guard !isQuiet else { return }
    state.withLock { state in
      guard state.rejectsShown < Self.shownRejects else {
        state.rejectsHidden += 1
        return
      }
      state.rejectsShown += 1
      clear(&state)
      let remedy = reject.remedy.isEmpty ? "" : " (\(reject.remedy))"
      let isLeftOut = Problem.Kind(rawValue: reject.reason)?.isOfLength ?? false
      let text =
        "\(isLeftOut ? "left out" : "rejected") \(String(decoding: file, as: UTF8.self)):\(reject.line): \(reject.message)\(remedy)"
      write(VisibleText.escaped(text, limit: Self.longestReject) + "\n")
    }
  }

  /// Ends the line that changes.
  func close() {
    guard !isQuiet else { return }
    state.withLock { state in
      clear(&state)
      if state.rejectsHidden > 0 {
        write("rejected … and more, see \(VisibleText.escaped(rejectsFile))\n")
      }
    }
  }

  private func clear(_ state: inout State) {
    if state.hasLine { write("\r\u{1B}[K") }
    state.hasLine = false
  }

  private func line(_ progress: RunProgress, elapsed: Double) -> String {
    let seconds = max(elapsed, 1e-3)
    var parts = [
      "\(Format.count(progress.rows)) rows",
      "\(Format.count(Int(Double(progress.rows) / seconds))) rows/s",
      "\(Format.bytes(Int(Double(progress.bytes) / seconds)))/s",
      "\(Format.count(progress.rejected)) rejected",
    ]
    if progress.leftOut > 0 { parts.append("\(Format.count(progress.leftOut)) left out") }
    if let totalBytes, totalBytes > 0, progress.fileBytes > 0 {
      let share = min(1, Double(progress.fileBytes) / Double(totalBytes))
      parts.insert("\(Int(share * 100)) %", at: 0)
      parts.append("\(Format.time(seconds / share - seconds)) left")
    }
    return parts.joined(separator: "  ")
  }

  private func write(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll(Array(text.utf8))
  }
}
