extension BPETokenizer {
  /// The model folder that it was loaded from: its chat templates and named tokens. Nil for other files.
  public var folder: ModelFolder? { definition.folder }

  /// The texts of the tokens that end what the model generates (`eos_token_id` of `generation_config.json`).
  public var stopTexts: [[UInt8]] {
    let ids = definition.folder?.generationIDs.first { $0.key == "eos_token_id" }?.ids ?? []
    return ids.compactMap { text(of: $0) }
  }
}
