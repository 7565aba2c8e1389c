import Files
import InstructionFormat
import Masking
import Pipeline
import Problems
import Report
import ShardWriter
import Tokenizer

/// What a folder says of the run that wrote it, whether it was finished or not.
struct StoredRun {
  let folder: String
  let spec: RunSpec
  let tokenizer: BPETokenizer
  /// Names of the input files, as they were given.
  let inputs: [String]
  let totals: Totals
  /// Names of the shards, and what came of the block of each.
  let shards: [(name: String, source: BlockSource, totals: Totals)]
  /// nil where the run was not finished.
  let digest: Digest128?

  /// `tokenizer`: where it is now; nil for where the run found it.
  init(_ folder: String, tokenizer: String?, options: TokenizerOptions = TokenizerOptions())
    throws(Problem)
  {
    self.folder = folder
    let names = try AtomicFile.names(in: folder) ?? []
    if names.contains(Manifest.fileName) {
      let manifest = try Manifest(folder: folder)
      (spec, self.tokenizer) = try Self.load(manifest.spec, tokenizer, options)
      inputs = manifest.inputs.map { String(decoding: $0.file, as: UTF8.self) }
      totals = manifest.totals
      shards = manifest.shards.map { ($0.name, $0.source, $0.totals) }
      digest = manifest.digest
      return
    }
    var headers: [(name: String, header: ShardHeader)] = []
    for name in names.sorted() where name.hasPrefix("shard-") && name.hasSuffix(".zst") {
      headers.append((name, try ShardReader(AtomicFile.path(folder, name)).header))
    }
    guard let first = headers.first?.header else {
      throw Problem(
        .unusable, Place(file: folder), reason: "it holds no shards",
        remedy: "give a folder that prep run wrote")
    }
    (spec, self.tokenizer) = try Self.load(first.spec, tokenizer, options)
    var inputs: [String] = []
    var totals = Totals()
    for (_, header) in headers {
      let name = String(decoding: header.source.file, as: UTF8.self)
      if inputs.last != name { inputs.append(name) }
      totals += header.totals
    }
    self.inputs = inputs
    self.totals = totals
    shards = headers.map { ($0.name, $0.header.source, $0.header.totals) }
    digest = nil
  }

  private static func load(
    _ stored: ShardSpec, _ tokenizer: String?, _ options: TokenizerOptions
  ) throws(Problem) -> (RunSpec, BPETokenizer) {
    let (name, said) = RunSpec.tokenizer(in: stored.json) ?? ("gpt2", TokenizerOptions())
    let loaded = try BPETokenizer.load(
      tokenizer ?? name, options: options.isEmpty ? said : options)
    return (try RunSpec(json: stored.json, tokenizer: loaded), loaded)
  }

  /// Name of the file that the printed command takes a template from, where it came from a file.
  static let templateFile = "template.jinja"

  /// The command's arguments, `prep` and `run` first.
  var arguments: [String] {
    get throws(Problem) {
      var arguments = ["prep", "run"] + inputs + ["--output", folder]
      for (name, value) in try spec.options(of: tokenizer, templateFile: Self.templateFile) {
        arguments.append("--\(name.rawValue)")
        if let value { arguments.append(value) }
      }
      return arguments
    }
  }

  /// The run file that makes the same rows.
  var recipe: RecipeText {
    get throws(Problem) {
      RecipeText(
        inputs: inputs, output: folder,
        settings: try spec.options(of: tokenizer, templateFile: Self.templateFile))
    }
  }

  /// The command as a shell takes it.
  var command: String {
    get throws(Problem) { try arguments.map(Surface.quoted).joined(separator: " ") }
  }

  /// What the run depended on, in words.
  var settings: RunSettings { RunSettings(spec, tokenizer: tokenizer) }

  /// What packing would make of the rows; nil where they are packed.
  var packed: PackedRows? {
    guard spec.packing == .none else { return nil }
    return PackedRows(
      folder: folder, shards: shards.map(\.name), samples: Int(clamping: totals.samples),
      contextLength: spec.truncation.contextLength)
  }
}
