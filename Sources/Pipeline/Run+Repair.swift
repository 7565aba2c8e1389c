import Files
import Input
import Problems
import ShardWriter
import Tokenizer

extension Run {
  /// Makes again what is missing or damaged in a finished data set, from the inputs of its run under the
  /// names that it gave them. Shards are the truth: a damaged manifest is made from them first.
  ///
  /// `tokenizer`: where the tokenizer is now; nil for where the run found it. Throws where the inputs or
  /// the tokenizer are not there any more, or not those of the run.
  public static func repair(
    _ folder: String, tokenizer path: String? = nil, threads: Int = 1
  ) throws(Problem) -> RunReport {
    let manifest: Manifest
    do throws(Problem) {
      manifest = try Manifest(folder: folder)
    } catch {
      guard error.kind == .damaged else { throw error }
      manifest = try DataSetVerifier.rebuildManifest(folder)
    }
    let json = manifest.spec.json
    let (name, options) = RunSpec.tokenizer(in: json) ?? ("gpt2", TokenizerOptions())
    let tokenizer = try BPETokenizer.load(path ?? name, options: options)
    let names = manifest.inputs.map { String(decoding: $0.file, as: UTF8.self) }
    guard !names.contains("") else {
      throw Problem(
        .unusable, Place(file: folder),
        reason: "this part of a run has no block of some input, so their names are not known",
        remedy: "run the same prep run again")
    }
    var run = Run(
      spec: try RunSpec(json: json, tokenizer: tokenizer), inputs: try InputFiles.resolve(names),
      output: folder
    ) { tokenizer.makeEncoder() }
    run.threads = threads
    // The run was published once, so its rejects were within their limit.
    run.rejectLimit = .share(1)
    run.partition = manifest.partition
    run.verify = true
    return try run.start()
  }
}
