#if !LIBFUZZER
  import Files
  import Synchronization

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #else
    import Darwin
  #endif

  /// Ends the process where an input takes more than it may.
  final class Watch: Sendable {
    private let seconds: Int
    private let mebibytes: Int

    /// When the input at hand was begun; nil between inputs.
    private let begun = Mutex<(time: ContinuousClock.Instant, work: Int, memory: Int)?>(nil)

    init(seconds: Int, mebibytes: Int) {
      self.seconds = seconds
      self.mebibytes = mebibytes
      Task.detached { [self] in
        while true {
          try? await Task.sleep(for: .milliseconds(20))
          checkTime()
        }
      }
    }

    func begin() { begun.withLock { $0 = (.now, Self.work(), Self.memory()) } }
    func end() {
      checkTime()
      begun.withLock { $0 = nil }
    }

    private func checkTime() {
      guard let (time, work, memory) = begun.withLock({ $0 }) else { return }
      let taken = (Self.memory() - memory) >> 20
      check(taken < mebibytes, "the input takes \(taken) MiB")
      // Other work on the machine is not the input's; one that waits for something is ended too.
      let isLate =
        Self.work() - work >= seconds * 1_000_000 || .now - time >= .seconds(10 * seconds)
      check(!isLate, "the input takes more than \(seconds) s")
    }

    /// Microseconds of the processor that this process took.
    private static func work() -> Int { Int(clock()) * 1_000_000 / Int(CLOCKS_PER_SEC) }

    /// Resident bytes, where the system tells them as Linux does.
    private static func memory() -> Int {
      guard let text = try? FileSystem.contents(of: "/proc/self/statm") else { return 0 }
      let words = String(decoding: text, as: UTF8.self).split(separator: " ")
      return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
    }
  }
#endif
