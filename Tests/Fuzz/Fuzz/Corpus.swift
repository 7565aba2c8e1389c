import Files
import Problems

/// A file of Tests/Fuzz/Corpus, from the project's folder.
func corpusFile(_ path: String) throws(Problem) -> [UInt8] {
  try ReadableFile("Tests/Fuzz/Corpus/\(path)").readAll()
}

/// The inputs of a target: its own, those of its folder, and those that once were a fault.
func corpus(of kind: any FuzzTarget.Type, _ target: any FuzzTarget) throws(Problem) -> [[UInt8]] {
  var inputs = try target.seeds
  for folder in ["Tests/Fuzz/Corpus/\(kind.name)", "Tests/Fuzz/Found/\(kind.name)"] {
    for name in try AtomicFile.names(in: folder)?.sorted() ?? [] {
      inputs.append(try ReadableFile(AtomicFile.path(folder, name)).readAll())
    }
  }
  guard !inputs.isEmpty else {
    throw Problem(
      .option, reason: "there is no input for \(kind.name)",
      remedy: "run it from the project's folder")
  }
  return inputs
}

extension Grammar {
  /// Changes an input in one to four places.
  func change(
    _ input: [UInt8], others: [[UInt8]], words: [[UInt8]],
    using generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var output = input
    for _ in 0..<max(1, Int.random(in: -2...4, using: &generator)) {
      let other = others.randomElement(using: &generator) ?? input
      switch self {
      case .text:
        output = TextMutator(words: words).change(
          output, other: other, limit: 1 << 16, using: &generator)
      case .binary:
        output = BinaryMutator().change(output, other: other, limit: 1 << 16, using: &generator)
      case .fields:
        output = FieldMutator().change(output, other: other, limit: 1 << 16, using: &generator)
      }
    }
    return output
  }
}
