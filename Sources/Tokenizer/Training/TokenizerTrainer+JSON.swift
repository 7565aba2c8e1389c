import JSONText

extension TokenizerTrainer {
  /// The `tokenizer.json` of a trained vocabulary, as `tokenizers` 0.23 reads it.
  func json(of vocabulary: BPETrainer.Vocabulary) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("version")
    json.string("1.0")
    json.key("truncation")
    json.null()
    json.key("padding")
    json.null()
    json.key("added_tokens")
    json.beginArray()
    for (id, token) in vocabulary.tokens.prefix(vocabulary.specialCount).enumerated() {
      addedToken(token, id, &json)
    }
    json.endArray()
    json.key("normalizer")
    json.null()
    json.key("pre_tokenizer")
    preTokenizer(&json)
    json.key("post_processor")
    json.null()
    json.key("decoder")
    byteLevel(usesPattern: true, &json)
    json.key("model")
    model(vocabulary, &json)
    json.endObject()
    json.newline()
    return json.bytes
  }

  private func addedToken(_ token: [UInt8], _ id: Int, _ json: inout JSONWriter) {
    json.beginObject()
    json.key("id")
    json.int(id)
    json.key("content")
    json.string(token)
    for flag in ["single_word", "lstrip", "rstrip", "normalized"] {
      json.key(flag)
      json.bool(false)
    }
    json.key("special")
    json.bool(true)
    json.endObject()
  }

  private func preTokenizer(_ json: inout JSONWriter) {
    guard let pattern else { return byteLevel(usesPattern: true, &json) }
    json.beginObject()
    json.key("type")
    json.string("Sequence")
    json.key("pretokenizers")
    json.beginArray()
    json.beginObject()
    json.key("type")
    json.string("Split")
    json.key("pattern")
    json.beginObject()
    json.key("Regex")
    json.string(pattern)
    json.endObject()
    json.key("behavior")
    json.string("Isolated")
    json.key("invert")
    json.bool(false)
    json.endObject()
    byteLevel(usesPattern: false, &json)
    json.endArray()
    json.endObject()
  }

  private func byteLevel(usesPattern: Bool, _ json: inout JSONWriter) {
    json.beginObject()
    json.key("type")
    json.string("ByteLevel")
    json.key("add_prefix_space")
    json.bool(false)
    json.key("trim_offsets")
    json.bool(false)
    json.key("use_regex")
    json.bool(usesPattern)
    json.endObject()
  }

  private func model(_ vocabulary: BPETrainer.Vocabulary, _ json: inout JSONWriter) {
    json.beginObject()
    json.key("type")
    json.string("BPE")
    for key in ["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"] {
      json.key(key)
      json.null()
    }
    for key in ["fuse_unk", "byte_fallback", "ignore_merges"] {
      json.key(key)
      json.bool(false)
    }
    json.key("vocab")
    json.beginObject()
    for (id, token) in vocabulary.tokens.enumerated() {
      json.key(String(decoding: token, as: UTF8.self))
      json.int(id)
    }
    json.endObject()
    json.key("merges")
    json.beginArray()
    for merge in vocabulary.merges {
      json.beginArray()
      json.string(vocabulary.tokens[Int(merge.left)])
      json.string(vocabulary.tokens[Int(merge.right)])
      json.endArray()
    }
    json.endArray()
    json.endObject()
  }
}
