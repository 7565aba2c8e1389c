import Patterns
import Problems

extension RankFile {
  /// The tokenizer of a `.tiktoken` file with what the options or its content say about pattern and special tokens.
  func definition(source: String, options: TokenizerOptions) throws(Problem)
    -> TokenizerDefinition
  {
    var encoding: RankEncoding?
    if let name = options.encoding {
      encoding = RankEncoding.named(name, count: UInt32(entries.count))
      guard encoding != nil else {
        throw Problem(
          file: source, reason: "there is no encoding \(name)",
          remedy: "\(OptionName.encoding) is one of \(RankEncoding.names.joined(separator: ", "))")
      }
    } else if let name = RankEncoding.recognized(self) {
      encoding = RankEncoding.named(name, count: UInt32(entries.count))
    }
    guard let pattern = options.pattern.map(RankPattern.named) ?? encoding?.pattern else {
      throw Problem(
        file: source,
        reason: "a rank file does not say how text is cut, and this one's pattern is not known",
        remedy:
          "give \(OptionName.encoding("NAME")) (\(RankEncoding.names.joined(separator: ", "))) or \(OptionName.pattern("REGEX"))"
      )
    }
    if options.pattern != nil, options.encoding == nil { encoding = nil }
    var definition = try definition(
      source: source, format: encoding.map { "rank file (\($0.name))" } ?? "rank file",
      pattern: pattern,
      tiles: options.pattern == nil)
    var specials =
      encoding?.specials.map { TokenizerOptions.Special(text: Array($0.text.utf8), id: $0.id) }
      ?? []
    for special in options.specialTokens {
      specials.removeAll { $0.text == special.text }
      specials.append(special)
    }
    definition.addedTokens = specials.map {
      AddedToken(
        content: $0.text, id: $0.id, isSpecial: true, isNormalized: encoding?.isNFC == true)
    }
    if encoding?.isNFC == true { definition.normalizer = Normalizer([.form(.nfc)]) }
    definition.limits = encoding?.limits
    let decider =
      options.encoding == nil
      ? "the file, which is known" : OptionName.encoding(encoding?.name ?? "")
    func named(_ text: String?) -> TokenizerDefinition.NamedToken? {
      text.map { .init(text: Array($0.utf8), decidedBy: "\(encoding?.name ?? "") (\(decider))") }
    }
    definition.bos = named(encoding?.bos)
    definition.eos = named(encoding?.eos)
    definition.pad = named(encoding?.pad)
    return definition
  }

  /// Pattern and merges. `offset`: what ids are higher than ranks. `tiles`: the pattern leaves no text out.
  func definition(
    source: String, format: String, pattern: String, tiles: Bool, offset: UInt32 = 0
  ) throws(Problem) -> TokenizerDefinition {
    var vocabulary = Vocabulary(isByteLevel: true, capacity: entries.count)
    for entry in entries { vocabulary.insert(bytes: token(entry), id: entry.rank + offset) }
    var model = BPEDefinition(vocabulary: vocabulary)
    model.merges = try merges(file: source)
    if offset > 0 {
      for index in model.merges.indices {
        model.merges[index].left += offset
        model.merges[index].right += offset
        model.merges[index].product += offset
      }
    }
    model.ignoresMerges = true
    var definition = TokenizerDefinition(source: source, format: format, model: model)
    let split: TextPattern
    do {
      split = try .regex(pattern, dialect: .rust)
    } catch {
      throw error.at(file: source)
    }
    definition.preTokenizer = PreTokenizer([
      tiles ? .split(split, .isolated, invert: false) : .split(split, .removed, invert: true),
      .byteLevel(addPrefixSpace: false, usesPattern: false),
    ])
    definition.hasFixedAddedIDs = true
    definition.decodesBytes = true
    definition.parsesSpecials = false
    definition.files = [source]
    return definition
  }
}

extension TekkenFile {
  func definition(source: String) throws(Problem) -> TokenizerDefinition {
    var definition = try ranks.definition(
      source: source, format: "tekken \(version)", pattern: pattern, tiles: false,
      offset: UInt32(specialCount))
    definition.endsBytesAtSpecials = true
    definition.addedTokens = specials.enumerated().map {
      AddedToken(content: Array($1.utf8), id: UInt32($0), isSpecial: true, isNormalized: false)
    }
    func named(_ text: String) -> TokenizerDefinition.NamedToken? {
      specials.contains(text) ? .init(text: Array(text.utf8), decidedBy: "tekken's own name") : nil
    }
    definition.bos = named("<s>")
    definition.eos = named("</s>")
    definition.pad = named("<pad>")
    return definition
  }
}
