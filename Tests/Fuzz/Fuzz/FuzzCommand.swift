// Reads inputs that nobody would write, made from those of Tests/Fuzz/Corpus and Tests/Fuzz/Found.
//
// usage: Fuzz TARGET [--runs N] [--seed N]   makes N inputs
//        Fuzz TARGET FILE…                   reads these
//        Fuzz                                lists the targets
// --keep FOLDER: where the input at hand lies; --seconds N, --mebibytes N: what it may take (10, 512).
// Built with --sanitize fuzzer and -D LIBFUZZER, libFuzzer has the command line: see Scripts/fuzz.
#if !LIBFUZZER
  import Problems

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #else
    import Darwin
  #endif

  @main
  struct FuzzCommand {
    private var arguments = Array(CommandLine.arguments.dropFirst())

    static func main() {
      var command = FuzzCommand()
      command.run()
    }

    private mutating func run() {
      guard let name = arguments.first,
        let kind = fuzzTargets.first(where: { $0.name == name })
      else {
        for target in fuzzTargets { print(target.name) }
        exit(arguments.isEmpty ? 0 : 64)
      }
      arguments.removeFirst()
      let runs = value(of: "--runs").flatMap(Int.init) ?? 1000
      let seed = value(of: "--seed").flatMap(UInt64.init) ?? 1
      let seconds = value(of: "--seconds").flatMap(Int.init) ?? 10
      let mebibytes = value(of: "--mebibytes").flatMap(Int.init) ?? 512
      let keep = value(of: "--keep")
      do throws(Problem) {
        let run = try SeededRun(
          kind, keep: keep, watch: Watch(seconds: seconds, mebibytes: mebibytes))
        try arguments.isEmpty ? run.make(runs, seed: seed) : run.read(files: arguments)
      } catch {
        print("\(name): \(error)")
        exit(1)
      }
    }

    /// Takes an option and its value out of the arguments.
    private mutating func value(of option: String) -> String? {
      guard let place = arguments.firstIndex(of: option), place + 1 < arguments.count else {
        return nil
      }
      defer { arguments.removeSubrange(place...place + 1) }
      return arguments[place + 1]
    }
  }
#endif
