import JSONText
import Problems

extension TokenDecoder {
  /// Reads the `decoder` of a `tokenizer.json`. Throws on what is malformed or not supported, naming it.
  package init(json node: JSONNode, place: String = "decoder") throws(Problem) {
    var steps: [Step] = []
    try TokenDecoder.append(StageReader(node, place: place), to: &steps)
    self.init(steps)
  }

  private static func append(
    _ stage: StageReader, to steps: inout [Step]
  ) throws(Problem) {
    switch try stage.type() {
    case "Sequence":
      for inner in try stage.stages("decoders") { try append(inner, to: &steps) }
    case "ByteLevel":
      _ = try (stage.bool("add_prefix_space"), stage.bool("trim_offsets"))
      steps.append(.byteLevel)
    case "ByteFallback": steps.append(.byteFallback)
    case "Fuse": steps.append(.fuse)
    case "Replace":
      steps.append(.replace(try stage.pattern("pattern"), by: try stage.text("content")))
    case "Strip":
      steps.append(
        .strip(
          try stage.scalar("content"), start: try stage.count("start"),
          stop: try stage.count("stop")))
    case "Metaspace":
      let (replacement, scheme, _) = try PreTokenizer.metaspace(stage)
      steps.append(.metaspace(replacement: replacement, dropsFirst: scheme != .never))
    case "BPEDecoder": steps.append(.bpe(suffix: try stage.text("suffix")))
    case "WordPiece":
      steps.append(
        .wordPiece(prefix: try stage.text("prefix"), cleanup: try stage.bool("cleanup")))
    case "CTC":
      steps.append(
        .ctc(
          pad: try stage.text("pad_token"), delimiter: try stage.text("word_delimiter_token"),
          cleanup: try stage.bool("cleanup")))
    case let name: throw stage.unsupported("the decoder \(name) is not supported")
    }
  }
}
