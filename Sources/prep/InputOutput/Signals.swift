#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the process does about signals.
enum Signals {
  /// A file beyond the limit on sizes is an error of the write, told with its remedy, and not the end of the process.
  static func reportLargeFiles() { _ = signal(SIGXFSZ, SIG_IGN) }

  /// On Ctrl-C, says that nothing is lost; the process then ends as it would have.
  static func explainInterruption() {
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { number in
        // Only what is safe in a handler: one write of static bytes.
        let text: StaticString =
          "\nprep: stopped; the same command resumes where it stopped, no data set was written\n"
        _ = unsafe write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        _ = signal(number, SIG_DFL)
        raise(number)
      }
    }
  }
}
