import ArgumentParser
import Files
import Pipeline
import Problems
import Tokenizer

/// What `prep diff --records` takes for a spec: a folder that `prep run` wrote, or a run file.
enum ComparedSpec {
  static func load(_ path: String) throws -> (spec: RunSpec, tokenizer: BPETokenizer) {
    if FileSystem.kind(of: path) == .folder {
      let run = try StoredRun(path, tokenizer: nil)
      return (run.spec, run.tokenizer)
    }
    // A run file may leave out what it has of its own: inputs and an output. Its own output wins over this one.
    let arguments = try Recipe.expanded(["run", "--recipe", path]).dropFirst()
    let command: RunCommand
    do {
      command = try RunCommand.parse(["--output=unused"] + arguments + ["unused"])
    } catch {
      throw Problem(
        .option, Place(file: path), reason: RunCommand.message(for: error),
        remedy: "prep show --recipe writes a run file")
    }
    return try command.options().resolve()
  }
}
