import ArgumentParser
import JSONText
import Tokenizer

/// `prep tokenizer`: what was loaded, from which files, and what decides its special tokens.
struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Describe a tokenizer: files, pipeline, special tokens and what decides them.",
    discussion: """
      Examples:
        prep tokenizer MODEL_FOLDER
        prep tokenizer Qwen/Qwen3-8B
        prep tokenizer cl100k_base.tiktoken --encoding cl100k --json
      """)

  @Argument(
    help: ArgumentHelp(
      "gpt2 (built in), a tokenizer file, a model folder, or the name of a model in the Hugging Face cache.",
      valueName: "tokenizer"))
  var reference = "gpt2"

  @OptionGroup var options: RankFileArguments

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let options = try options.options()
    let tokenizer = try reportingErrors { try BPETokenizer.load(reference, options: options) }
    var out = StandardOutput()
    if json { try out.write(describedAsJSON(tokenizer)) } else { try describe(tokenizer, &out) }
    try out.flush()
  }

  private func describe(_ tokenizer: BPETokenizer, _ out: inout StandardOutput) throws {
    let summary = tokenizer.summary
    func list(_ parts: [String]) -> String {
      parts.isEmpty ? "none" : parts.joined(separator: "\n               ")
    }
    try out.line("tokenizer      \(tokenizer.source)")
    try out.line(
      "format         \(tokenizer.format)\(summary.family.map { ", cut as \($0) cuts" } ?? "")")
    try out.line("files          \(list(tokenizer.files))")
    try out.line(
      "ids            \(tokenizer.idCount) (\(summary.vocabularyCount) in the vocabulary, \(Format.count(summary.addedCount, "added token")))"
    )
    try out.line("normalizer     \(list(summary.normalizer))")
    try out.line("pre-tokenizer  \(list(summary.preTokenizer))")
    try out.line(
      "model          BPE\(summary.model.isEmpty ? "" : ", " + summary.model.joined(separator: ", "))"
    )
    try out.line("decoder        \(list(summary.decoder))")
    for (name, token) in roles(tokenizer.specials) {
      let padded = name + String(repeating: " ", count: 15 - name.count)
      if let token {
        try out.line(
          "\(padded)\(String(decoding: token.text, as: UTF8.self)) (id \(token.id)), decided by \(token.decidedBy)"
        )
      } else {
        try out.line(
          "\(padded)none\(name == "EOS" ? undecided(tokenizer).map { ": \($0)" } ?? "" : "")")
      }
    }
    let processor = tokenizer.postProcessor
    try out.line(
      "added around   \(names(processor.prefix, tokenizer)) text \(names(processor.suffix, tokenizer))"
    )
    if let truncation = tokenizer.truncation {
      try out.line("truncation     \(truncation) (not applied)")
    }
    if let padding = tokenizer.padding { try out.line("padding        \(padding) (not applied)") }
    for template in tokenizer.chatTemplates {
      try out.line("chat template  \(template.name), from \(template.file)")
    }
  }

  private func roles(_ specials: SpecialTokens) -> [(String, SpecialToken?)] {
    [("BOS", specials.bos), ("EOS", specials.eos), ("padding", specials.pad)]
  }

  private func names(_ ids: [UInt32], _ tokenizer: BPETokenizer) -> String {
    ids.map { String(decoding: tokenizer.shown($0) ?? [], as: UTF8.self) }.joined(separator: " ")
  }

  /// Why there is no EOS token.
  private func undecided(_ tokenizer: BPETokenizer) -> String? {
    guard tokenizer.specials.eos == nil else { return nil }
    let candidates = tokenizer.specials.eosCandidates
    return candidates.isEmpty
      ? "no file names one, and no special token has a well-known name; name one with --eos-token"
      : "several special tokens may end a text: \(candidates.joined(separator: ", ")); choose one with --eos-token"
  }

  private func describedAsJSON(_ tokenizer: BPETokenizer) -> [UInt8] {
    let summary = tokenizer.summary
    var json = JSONWriter()
    func strings(_ values: [String]) {
      json.beginArray()
      for value in values { json.string(value) }
      json.endArray()
    }
    json.beginObject()
    json.key("tokenizer")
    json.string(tokenizer.source)
    json.key("format")
    json.string(tokenizer.format)
    json.key("family")
    if let family = summary.family { json.string(family) } else { json.null() }
    for (key, values) in [
      ("files", tokenizer.files), ("normalizer", summary.normalizer),
      ("pre_tokenizer", summary.preTokenizer),
      ("model", summary.model), ("decoder", summary.decoder),
    ] {
      json.key(key)
      strings(values)
    }
    for (key, value) in [
      ("id_count", tokenizer.idCount), ("vocabulary", summary.vocabularyCount),
      ("added_tokens", summary.addedCount),
    ] {
      json.key(key)
      json.int(value)
    }
    specials(tokenizer, &json)
    for (key, flag) in [
      ("adds_bos", tokenizer.specials.bosIsAdded), ("adds_eos", tokenizer.specials.eosIsAdded),
    ] {
      json.key(key)
      json.bool(flag)
    }
    for (key, ids) in [
      ("prefix", tokenizer.postProcessor.prefix), ("suffix", tokenizer.postProcessor.suffix),
    ] {
      json.key(key)
      json.ints(ids)
    }
    for (key, text) in [("truncation", tokenizer.truncation), ("padding", tokenizer.padding)] {
      json.key(key)
      if let text { json.string(text) } else { json.null() }
    }
    json.key("chat_templates")
    json.beginArray()
    for template in tokenizer.chatTemplates {
      json.beginObject()
      json.key("name")
      json.string(template.name)
      json.key("file")
      json.string(template.file)
      json.endObject()
    }
    json.endArray()
    json.endObject()
    json.newline()
    return json.bytes
  }

  private func specials(_ tokenizer: BPETokenizer, _ json: inout JSONWriter) {
    json.key("specials")
    json.beginObject()
    for (key, token) in zip(["bos", "eos", "pad"], roles(tokenizer.specials).map(\.1)) {
      json.key(key)
      guard let token else {
        json.null()
        continue
      }
      json.beginObject()
      json.key("id")
      json.int(Int(token.id))
      json.key("text")
      json.string(token.text)
      json.key("decided_by")
      json.string(token.decidedBy)
      json.endObject()
    }
    json.endObject()
    json.key("undecided")
    json.beginObject()
    if let reason = undecided(tokenizer) {
      json.key("eos")
      json.string(reason)
    }
    json.endObject()
  }
}
