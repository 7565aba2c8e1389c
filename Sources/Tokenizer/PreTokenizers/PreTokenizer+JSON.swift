import JSONText
import Problems

extension PreTokenizer {
  /// Reads the `pre_tokenizer` of a `tokenizer.json`. Throws on what is malformed or not supported, naming it.
  package init(json node: JSONNode, place: String = "pre_tokenizer") throws(Problem) {
    var steps: [Step] = []
    try PreTokenizer.append(StageReader(node, place: place), to: &steps)
    self.init(steps)
  }

  private static func append(
    _ stage: StageReader, to steps: inout [Step]
  ) throws(Problem) {
    switch try stage.type() {
    case "Sequence":
      for inner in try stage.stages("pretokenizers") { try append(inner, to: &steps) }
    case "ByteLevel":
      // Offsets are trimmed by the post-processor alone.
      _ = try stage.bool("trim_offsets")
      steps.append(
        .byteLevel(
          addPrefixSpace: try stage.bool("add_prefix_space"),
          usesPattern: try stage.bool("use_regex", default: true)))
    case "Split":
      steps.append(
        .split(
          try stage.pattern("pattern"), try stage.named("behavior", SplitBehavior.self),
          invert: try stage.bool("invert")))
    case "Digits":
      steps.append(.digits(individual: try stage.bool("individual_digits")))
    case "Metaspace":
      let (replacement, scheme, splits) = try metaspace(stage)
      steps.append(.metaspace(replacement: replacement, scheme, splits: splits))
    case "Punctuation":
      steps.append(
        .punctuation(try stage.named("behavior", SplitBehavior.self, default: .isolated)))
    case "Whitespace": steps.append(.whitespace)
    case "WhitespaceSplit": steps.append(.whitespaceSplit)
    case "BertPreTokenizer": steps.append(.bert)
    case "CharDelimiterSplit": steps.append(.charDelimiter(try stage.scalar("delimiter")))
    case "UnicodeScripts": steps.append(.unicodeScripts)
    case "FixedLength":
      let length = try stage.count("length", default: 5)
      guard length > 0 else { throw stage.refusal("length must be at least 1") }
      steps.append(.fixedLength(length))
    case let name: throw stage.unsupported("the pre-tokenizer \(name) is not supported")
    }
  }

  /// The members of `Metaspace`, which is also a decoder.
  static func metaspace(
    _ stage: StageReader
  ) throws(Problem) -> (replacement: UInt32, scheme: PrependScheme, splits: Bool) {
    let scheme = try stage.named("prepend_scheme", PrependScheme.self, default: .always)
    if stage.node["add_prefix_space"]?.bool == false {
      guard scheme == .never else {
        throw stage.refusal(
          "add_prefix_space is false and prepend_scheme is not never (tokenizers refuses that too: "
            + "set prepend_scheme)")
      }
    }
    let splits = stage.node["split"]?.isNull == true ? true : try stage.bool("split", default: true)
    return (try stage.scalar("replacement"), scheme, splits)
  }
}
