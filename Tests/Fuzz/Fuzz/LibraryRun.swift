#if LIBFUZZER
  import CFuzzer
  import Files
  import Problems
  import TestSupport

  /// Inputs made by libFuzzer, which goes where an input reaches code that none reached before. FUZZ_TARGET names the target,
  /// and FUZZ_FOLDER the folder of inputs where those go that the project has.
  struct LibraryRun {
    let kind: any FuzzTarget.Type
    let target: any FuzzTarget
    let inputs: [[UInt8]]
    let words: [[UInt8]]

    init() throws(Problem) {
      let name = FileSystem.environment("FUZZ_TARGET") ?? ""
      guard let kind = fuzzTargets.first(where: { $0.name == name }) else {
        throw Problem(.option, reason: "FUZZ_TARGET names no target: \(name)")
      }
      self.kind = kind
      target = try kind.init()
      inputs = try corpus(of: kind, target)
      words = kind.words.map { Array($0.utf8) }
      guard let folder = FileSystem.environment("FUZZ_FOLDER") else { return }
      for (number, input) in inputs.enumerated() {
        try AtomicFile.write(input, name: "seed-\(number)", in: folder)
      }
    }

    // SAFETY: set once, before libFuzzer hands over an input, and used on its one thread.
    nonisolated(unsafe) static var shared: LibraryRun?
  }

  @_cdecl("LLVMFuzzerInitialize")
  public func initialize(
    _ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?
  ) -> CInt {
    do throws(Problem) {
      unsafe LibraryRun.shared = try LibraryRun()
    } catch {
      fatalError("\(error)")
    }
    return 0
  }

  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    do throws(Problem) { try unsafe LibraryRun.shared?.target.read(input) } catch {}
    return 0
  }

  /// Three changes of four by the grammar of the target, one by libFuzzer's own.
  @_cdecl("LLVMFuzzerCustomMutator")
  public func changeInput(
    _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: UInt32
  ) -> Int {
    guard seed % 4 != 0, let run = unsafe LibraryRun.shared else {
      return unsafe LLVMFuzzerMutate(data, size, limit)
    }
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    var generator = SeededGenerator(UInt64(seed))
    let output = run.kind.grammar.change(
      input, others: run.inputs, words: run.words, using: &generator
    ).prefix(limit)
    for (index, byte) in output.enumerated() { unsafe data[index] = byte }
    return output.count
  }
#endif
