#if !LIBFUZZER
  import Files
  import Problems
  import Synchronization
  import TestSupport

  /// Makes inputs from a seed, and reads them one after the other: the same ones wherever it runs. One that takes too
  /// long, or too much memory, ends the process, as a trap does; the input is then in the folder that is named.
  struct SeededRun {
    let kind: any FuzzTarget.Type
    let target: any FuzzTarget
    /// Where the input at hand lies, so that it is there after a crash.
    let current: String
    let keep: String

    private let watch: Watch

    /// `watch`: what an input may take.
    init(_ kind: any FuzzTarget.Type, keep: String?, watch: Watch) throws(Problem) {
      self.watch = watch
      self.kind = kind
      target = try kind.init()
      self.keep = keep ?? ".build/fuzz"
      try AtomicFile.makeFolder(self.keep)
      current = "\(kind.name).current"
    }

    func make(_ runs: Int, seed: UInt64) throws(Problem) {
      let inputs = try corpus(of: kind, target)
      var refused = 0
      for input in inputs where try read(input) != nil { refused += 1 }
      var generator = SeededGenerator(seed)
      let words = kind.words.map { Array($0.utf8) }
      var accepted = 0
      for _ in 0..<runs {
        let input = kind.grammar.change(
          inputs.randomElement(using: &generator) ?? [], others: inputs, words: words,
          using: &generator)
        if try read(input) == nil { accepted += 1 }
      }
      try AtomicFile.remove(AtomicFile.path(keep, current))
      print(
        "\(kind.name): \(inputs.count) inputs, \(refused) of them refused; \(runs) changed ones, "
          + "\(accepted) of them accepted; slowest \(slowest.load(ordering: .relaxed)) ms")
    }

    func read(files: [String]) throws(Problem) {
      for file in files {
        let refusal = try read(ReadableFile(file).readAll())
        print("\(file): \(refusal.map { "refused: \($0)" } ?? "accepted")")
      }
    }

    /// Why an input is refused; nil where it is accepted.
    private func read(_ input: [UInt8]) throws(Problem) -> Problem? {
      try AtomicFile.write(input, name: current, in: keep)
      let clock = ContinuousClock()
      let start = clock.now
      watch.begin()
      defer {
        watch.end()
        let time = Int((clock.now - start) / .milliseconds(1))
        let known = slowest.max(time, ordering: .relaxed)
        if time > max(known.oldValue, 1000) {
          try? AtomicFile.write(input, name: "\(kind.name).slow", in: keep)
        }
      }
      do throws(Problem) {
        try target.read(input)
        return nil
      } catch {
        check(!error.reason.isEmpty, "a refusal without a reason")
        return error
      }
    }
  }

  /// Milliseconds of the slowest input.
  private let slowest = Atomic(0)
#endif
