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
    var hasWarned = false
    /// When the first block was made that was not there already.
    var firstMade: ContinuousClock.Instant?
    var lastReused: ContinuousClock.Instant
  }

  static let shownRejects = 5
  private let totalBytes: Int?
  private let isQuiet: Bool
  private let isTerminal: Bool
  private let rejectsFile: String
  private let rejectLimit: RejectLimit
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  /// `totalBytes`: size of all inputs; nil where it is not known (standard input).
  init(totalBytes: Int?, isQuiet: Bool, rejectsFile: String, rejectLimit: RejectLimit) {
    self.rejectLimit = rejectLimit
    self.totalBytes = totalBytes
    self.isQuiet = isQuiet
    self.rejectsFile = rejectsFile
    isTerminal = isatty(STDERR_FILENO) == 1
    state = Mutex(State(last: start, lastReused: start))
  }

  func show(_ progress: RunProgress) {
    guard !isQuiet else { return }
    let now = ContinuousClock.now
    state.withLock { state in
      // What lies in the folder already says nothing of how long the rest takes.
      let isMade = progress.bytes > progress.reused.bytes
      if state.firstMade == nil, isMade { state.firstMade = state.lastReused }
      if !isMade { state.lastReused = now }
      warn(progress, &state)
      guard now - state.last >= (isTerminal ? .milliseconds(100) : .seconds(5)) else { return }
      state.last = now
      let line = ProgressLine(
        progress: progress, totalBytes: totalBytes,
        seconds: (now - (state.firstMade ?? start)) / .seconds(1))
      if isTerminal {
        state.hasLine = true
        // A line in the last column would wrap.
        write("\r\u{1B}[K\(line.text(columns: Self.columns - 1))")
      } else {
        write("\(line.text)\n")
      }
    }
  }

  /// Columns of the terminal, as they are now.
  private static var columns: Int {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return 80
    }
    return Int(size.ws_col)
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
      let isLeftOut = Problem.Kind(rawValue: reject.reason)?.isLeftOut ?? false
      let text =
        " \(String(decoding: file, as: UTF8.self)):\(reject.line): \(reject.message)\(remedy)"
      write(
        Paint.error(isLeftOut ? "left out" : "rejected", .doubtful)
          + VisibleText.escaped(text, limit: Self.longestReject) + "\n")
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

  /// As many records tell what share of all is rejected.
  private static let tellingRecords = 1000

  /// Says once that rejects go beyond their limit, while there is more to come.
  private func warn(_ progress: RunProgress, _ state: inout State) {
    guard !state.hasWarned, !rejectLimit.allows(progress.rejected, of: progress.records),
      progress.records >= Self.tellingRecords, totalBytes.map({ progress.fileBytes < $0 }) ?? true
    else { return }
    state.hasWarned = true
    clear(&state)
    let reasons = progress.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = reasons.prefix(3).map { "\(Format.count($0.value)) \($0.key)" }
    let more = reasons.count > shown.count ? ", …" : ""
    // A little more than was seen, as the rest may be a little worse.
    let enough = rejectLimit.raised(
      toAllow: progress.rejected + progress.rejected / 10, of: progress.records)
    write(
      Paint.error("warning:", .bad)
        + " \(Format.count(progress.rejected)) of \(Format.count(progress.records)) records so far are rejected, more than "
        + "--max-rejects \(rejectLimit) allows: \(shown.joined(separator: ", "))\(more). Unless that changes, no data set is written; "
        + "shards are kept, and the same command with --max-rejects \(enough) goes on from them\n")
  }

  private func write(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll(Array(text.utf8))
  }
}
