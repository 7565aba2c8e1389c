import Files
import Problems
import SystemPackage

extension TokenizerDefinition {
  /// Finds what a reference names, and reads it: a file, a model folder, or a name in the Hugging Face cache.
  static func read(_ reference: String, options: TokenizerOptions) throws(Problem)
    -> TokenizerDefinition
  {
    let path = FilePath(reference)
    switch FileSystem.kind(of: path) {
    case .file, .other: return try read(file: path, source: reference, options: options)
    case .folder: return try read(folder: path, source: reference, options: options)
    case nil: break
    }
    if let remedy = NoTokenizer.remedy(missing: reference) {
      throw Problem(
        kind: .tokenizerMissing, file: reference, reason: "there is no tokenizer of this name",
        remedy: remedy)
    }
    guard let name = HuggingFaceCache.Name(reference), !Self.isFileName(reference) else {
      throw Problem(
        kind: .tokenizerMissing, file: reference, reason: "there is no such file or folder",
        remedy: "give gpt2, a tokenizer file, a model folder, or a name such as Qwen/Qwen3-8B")
    }
    let folder = try HuggingFaceCache(environment: FileSystem.environment).snapshot(of: name)
    return try read(folder: folder, source: reference, options: options)
  }

  private static func isFileName(_ reference: String) -> Bool {
    [
      ".json", ".model", ".tiktoken", ".jsonl", ".txt", ".bin", ".gguf", ".safetensors", ".pt",
    ].contains { reference.hasSuffix($0) }
  }

  /// Reads a file by what it holds.
  private static func read(
    file path: FilePath, source: String, options: TokenizerOptions
  ) throws(Problem) -> TokenizerDefinition {
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try FileSystem.contents(of: path)
    } catch {
      throw Problem(
        file: source, reason: "cannot be read: \(error)", remedy: "check its permissions")
    }
    if let problem = NoTokenizer.problem(bytes, source) { throw problem }
    let kind = FileKind(bytes)
    guard kind == .ranks || options.isEmpty else {
      throw Problem(
        file: source,
        reason:
          "\(OptionName.encoding), \(OptionName.pattern) and \(OptionName.specialToken) are for .tiktoken files, and this is \(kind.name)",
        remedy: "leave them out")
    }
    switch kind {
    case .tokenizerJSON: return try TokenizerDefinition(json: consume bytes, source: source)
    case .tekken: return try TekkenFile(parsing: bytes, file: source).definition(source: source)
    case .sentencePiece:
      return try SentencePieceModel(parsing: bytes, file: source).definition(source: source)
    case .ranks:
      return try RankFile(parsing: bytes, file: source).definition(source: source, options: options)
    }
  }

  /// Reads a model folder: the vocabulary from one file, what the others say from them.
  private static func read(
    folder path: FilePath, source: String, options: TokenizerOptions
  ) throws(Problem) -> TokenizerDefinition {
    let folder = try ModelFolder(path.string)
    guard let file = vocabularyFile(in: path) else {
      throw NoTokenizer.problem(in: path, source)
    }
    var options = options
    if options.isEmpty, folder.tokenizerClass == "TikTokenTokenizer" { options.encoding = "kimi" }
    var definition = try read(
      file: path.appending(file), source: path.appending(file).string, options: options)
    definition.source = source
    definition.files = [file] + folder.files
    folder.apply(to: &definition)
    definition.folder = folder
    return definition
  }

  /// The file of a folder that holds the vocabulary, `tokenizer.json` first.
  private static func vocabularyFile(in folder: FilePath) -> String? {
    let names = ((try? FileSystem.names(in: folder.string)) ?? []).map(\.text).filter {
      FileSystem.kind(of: folder.appending($0)) == .file
    }
    for name in ["tokenizer.json", "tekken.json", "tiktoken.model", "tokenizer.model"]
    where names.contains(name) {
      return name
    }
    return names.first { $0.hasSuffix(".tiktoken") }
      ?? names.last { $0.hasPrefix("tekken") && $0.hasSuffix(".json") }
      ?? names.last { $0.hasPrefix("tokenizer.model") || $0.hasSuffix(".model") }
  }
}

/// What a tokenizer file is, told by how it begins.
enum FileKind {
  case tokenizerJSON, tekken, sentencePiece, ranks

  init(_ bytes: [UInt8]) {
    // The bytes of a SentencePiece model may look like white space before a brace.
    if SentencePieceModel.looksLike(bytes) {
      self = .sentencePiece
      return
    }
    let first = bytes.first { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF }
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      let head = String(decoding: bytes.prefix(1 << 14), as: UTF8.self)
      self =
        head.contains("\"token_bytes\"") || head.contains("\"default_num_special_tokens\"")
        ? .tekken : .tokenizerJSON
    } else {
      self = .ranks
    }
  }

  var name: String {
    switch self {
    case .tokenizerJSON: "a tokenizer.json"
    case .tekken: "a tekken file"
    case .sentencePiece: "a SentencePiece model"
    case .ranks: "a rank file"
    }
  }
}

extension ModelFolder {
  /// Writes what the files say into a definition.
  func apply(to definition: inout TokenizerDefinition) {
    if definition.sentencePiece != nil, let tokenizerClass,
      ["LlamaTokenizer", "LlamaTokenizerFast"].contains(tokenizerClass)
    {
      definition.followLlamaTokenizer(
        isLegacy: isLegacy ?? false, addsPrefixSpace: addsPrefixSpace ?? true)
    }
    for addition in additions
    where !definition.addedTokens.contains(where: { $0.content == addition.text }) {
      if definition.hasFixedAddedIDs, let id = addition.id {
        definition.addedTokens.removeAll { $0.id == id }
      }
      definition.addedTokens.append(
        AddedToken(
          content: addition.text, id: addition.id, isSpecial: addition.isSpecial,
          stripsLeft: addition.stripsLeft,
          stripsRight: addition.stripsRight, isSingleWord: addition.isSingleWord,
          isNormalized: addition.isNormalized))
    }
    func named(_ key: String) -> TokenizerDefinition.NamedToken? {
      if let token = namedToken(key) { return .init(text: token.text, decidedBy: token.decidedBy) }
      guard let (_, ids) = generationIDs.first(where: { $0.key == key + "_id" }),
        let id = ids.first,
        let text = definition.addedTokens.first(where: { $0.id == id })?.content
          ?? definition.model.vocabulary.text(of: id)
      else { return nil }
      let place = ids.count > 1 ? "\(key)_id, the first of \(ids.count)" : "\(key)_id"
      return .init(text: text, decidedBy: "generation_config.json (\(place))")
    }
    if let bos = named("bos_token") { definition.bos = bos }
    if let eos = named("eos_token") { definition.eos = eos }
    if let pad = named("pad_token") { definition.pad = pad }
    if files.contains("tokenizer_config.json") { definition.infersBOS = false }
    // A tokenizer.json says itself what is put around a text: transformers 5 does not read the two there.
    guard definition.format != "tokenizer.json" else { return }
    definition.addsBOS = addsBOS
    definition.addsEOS = addsEOS
  }
}
