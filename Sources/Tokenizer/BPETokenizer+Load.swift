import CEmbedded
import Problems

extension BPETokenizer {
  /// Loads a tokenizer: `gpt2` (embedded), a file, a model folder, or a name in the Hugging Face cache. Throws, naming file, place and
  /// remedy, where it is missing, malformed or not supported. `options` say what a `.tiktoken` file does not.
  public static func load(
    _ reference: String, options: TokenizerOptions = TokenizerOptions()
  ) throws(Problem) -> BPETokenizer {
    if reference == "gpt2", options.isEmpty { return try gpt2.get() }
    return try BPETokenizer(TokenizerDefinition.read(reference, options: options))
  }

  /// GPT-2, built at first use.
  private static let gpt2: Result<BPETokenizer, Problem> = {
    do throws(Problem) {
      return .success(try BPETokenizer(TokenizerDefinition.embeddedGPT2()))
    } catch {
      return .failure(error)
    }
  }()
}

extension TokenizerDefinition {
  /// GPT-2 as `tiktoken` and `tokenizers` have it.
  static func embeddedGPT2() throws(Problem) -> TokenizerDefinition {
    let text = unsafe Array(
      UnsafeBufferPointer(start: prep_gpt2_ranks_start(), count: prep_gpt2_ranks_count))
    let ranks = try RankFile(parsing: text, file: "gpt2")
    var vocabulary = Vocabulary(isByteLevel: true, capacity: ranks.entries.count)
    for entry in ranks.entries { vocabulary.insert(bytes: ranks.token(entry), id: entry.rank) }
    var model = BPEDefinition(vocabulary: vocabulary)
    model.merges = try ranks.merges(file: "gpt2")
    var definition = TokenizerDefinition(source: "gpt2", format: "GPT-2, embedded", model: model)
    definition.preTokenizer = PreTokenizer([.byteLevel(addPrefixSpace: false, usesPattern: true)])
    let end = Array("<|endoftext|>".utf8)
    definition.addedTokens = [
      AddedToken(content: end, id: 50256, isSpecial: true, isNormalized: false)
    ]
    definition.hasFixedAddedIDs = true
    definition.eos = NamedToken(text: end, decidedBy: "GPT-2's own")
    definition.decoder = TokenDecoder([.byteLevel])
    return definition
  }
}
