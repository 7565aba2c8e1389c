import JSONText
import Problems

extension Normalizer {
  /// Reads the `normalizer` of a `tokenizer.json`. Throws on what is malformed or not supported, naming it.
  package init(json node: JSONNode, place: String = "normalizer") throws(Problem) {
    var steps: [Step] = []
    try Normalizer.append(StageReader(node, place: place), to: &steps)
    self.init(steps)
  }

  private static func append(
    _ stage: StageReader, to steps: inout [Step]
  ) throws(Problem) {
    switch try stage.type() {
    case "Sequence":
      for inner in try stage.stages("normalizers") { try append(inner, to: &steps) }
    case "NFC": steps.append(.form(.nfc))
    case "NFD": steps.append(.form(.nfd))
    case "NFKC": steps.append(.form(.nfkc))
    case "NFKD": steps.append(.form(.nfkd))
    case "Lowercase": steps.append(.lowercase)
    case "Strip":
      steps.append(
        .strip(left: try stage.bool("strip_left"), right: try stage.bool("strip_right")))
    case "StripAccents": steps.append(.stripAccents)
    case "Prepend": steps.append(.prepend(try stage.text("prepend")))
    case "Replace":
      steps.append(.replace(try stage.pattern("pattern"), by: try stage.text("content")))
    case "Nmt": steps.append(.nmt)
    case "ByteLevel": steps.append(.byteLevel)
    case "BertNormalizer":
      let lowercase = try stage.bool("lowercase")
      let accents = stage.node["strip_accents"]
      steps.append(
        .bert(
          Bert(
            cleanText: try stage.bool("clean_text"),
            handleChineseCharacters: try stage.bool("handle_chinese_chars"),
            stripAccents: accents == nil || accents?.isNull == true
              ? lowercase : try stage.bool("strip_accents"),
            lowercase: lowercase)))
    case let name: throw stage.unsupported("the normalizer \(name) is not supported")
    }
  }
}
