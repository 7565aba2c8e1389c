import Files
import InstructionFormat
import Masking
import Pipeline
import Problems
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
  let shardCount: Int
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
      shardCount = manifest.shards.count
      digest = manifest.digest
      return
    }
    var headers: [ShardHeader] = []
    for name in names.sorted() where name.hasPrefix("shard-") && name.hasSuffix(".zst") {
      headers.append(try ShardReader(AtomicFile.path(folder, name)).header)
    }
    guard let first = headers.first else {
      throw Problem(
        .unusable, Place(file: folder), reason: "it holds no shards",
        remedy: "give a folder that prep run wrote")
    }
    (spec, self.tokenizer) = try Self.load(first.spec, tokenizer, options)
    var inputs: [String] = []
    var totals = Totals()
    for header in headers {
      let name = String(decoding: header.source.file, as: UTF8.self)
      if inputs.last != name { inputs.append(name) }
      totals += header.totals
    }
    self.inputs = inputs
    self.totals = totals
    shardCount = headers.count
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

  /// The command as a shell takes it.
  var command: String {
    get throws(Problem) { try arguments.map(Self.quoted).joined(separator: " ") }
  }

  static func quoted(_ argument: String) -> String {
    let plain = argument.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"),
        UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: ","),
        UInt8(ascii: "@"), UInt8(ascii: "%"):
        true
      default: byte >= 0x80
      }
    }
    if plain, !argument.isEmpty { return argument }
    var quoted = "'"
    for character in argument { quoted += character == "'" ? #"'\''"# : "\(character)" }
    return quoted + "'"
  }

  /// What the run depended on, in words: name and value.
  var settings: [(name: String, value: String)] {
    func token(_ token: RunSpec.Token) -> String {
      String(decoding: token.text, as: UTF8.self) + " "
        + token.ids.map { "\($0)" }.joined(separator: " ")
    }
    var settings: [(name: String, value: String)] = [("tokenizer", spec.tokenizer)]
    settings.append(
      ("begins with", spec.beginning.map(token) ?? "nothing, or what the template writes"))
    settings.append(("ends with", token(spec.end)))
    settings.append(
      (
        "padding",
        "\(String(decoding: tokenizer.bytes(of: spec.padID) ?? [], as: UTF8.self)) \(spec.padID)"
      ))
    settings.append(
      ("instructions", spec.render == .chat ? "through the chat template" : spec.render.rawValue))
    if let chat = spec.chat {
      settings.append(("chat template", name(of: chat.template)))
      if let system = chat.options.system {
        settings.append(("system", String(decoding: system, as: UTF8.self)))
      }
      if let date = chat.options.date { settings.append(("date", "\(date)")) }
      settings.append(("history", chat.options.history.rawValue))
    } else {
      settings.append(("chat template", "none"))
    }
    settings.append(("loss", spec.loss.rawValue))
    settings.append(
      ("seam", spec.seam.rawValue + (spec.seam == .joint ? ", \(spec.straddle.rawValue)" : "")))
    var length = "\(spec.truncation.contextLength), truncate \(spec.truncation.policy.rawValue)"
    if let prompt = spec.truncation.promptLength { length += ", prompt at most \(prompt)" }
    if let response = spec.truncation.responseLength { length += ", response at most \(response)" }
    settings.append(("context length", length))
    settings.append(("packing", spec.packing.rawValue))
    return settings
  }

  /// Where the template is from, as far as it can be told from its text.
  private func name(of template: ChatTemplate) -> String {
    let texts = ChatChoice.Texts(tokenizer: tokenizer)
    if let own = (try? ChatChoice().resolve(with: texts)) ?? nil, own.template.text == template.text
    {
      return "the tokenizer's own"
    }
    return RunSpec.name(of: template, texts)
      ?? "from a file, \(template.text.count) bytes (prep show --print-template)"
  }
}
