import JSONText
import Problems

extension TokenizerDefinition {
  /// Reads a `tokenizer.json` of the `tokenizers` library (0.23). Throws on what is malformed or not supported, naming it.
  /// O(size of the file).
  init(json text: consuming [UInt8], source: String) throws(Problem) {
    let parser = JSONParser()
    let root: JSONNode
    do {
      root = try parser.parse(taking: text)
    } catch {
      throw Problem(
        json: parser.text, offset: error.byteOffset ?? 0, file: source,
        reason: "not JSON: \(error.reason)",
        remedy: "fetch the file again")
    }
    try self.init(json: root, source: source)
  }

  init(json root: JSONNode, source: String) throws(Problem) {
    let reader = TokenizerJSONReader(root: root, source: source)
    guard root.isObject, let model = root["model"], model.isObject else {
      throw reader.refusal(
        "not a tokenizer.json: it has no \"model\"",
        "give a tokenizer.json, a model folder, or another tokenizer file")
    }
    if let version = root["version"], version.string != "1.0" {
      throw reader.unsupported("version: only \"1.0\" is known", "fetch the file again")
    }
    let normalizer: Normalizer?
    let preTokenizer: PreTokenizer?
    let decoder: TokenDecoder?
    do throws(Problem) {
      normalizer = try root.present("normalizer").map { node throws(Problem) in
        try Normalizer(json: node)
      }
      preTokenizer = try root.present("pre_tokenizer").map { node throws(Problem) in
        try PreTokenizer(json: node)
      }
      decoder = try root.present("decoder").map { node throws(Problem) in
        try TokenDecoder(json: node)
      }
    } catch {
      throw error.at(file: source)
    }
    let isByteLevel = preTokenizer?.isByteLevel ?? false
    self.init(
      source: source, format: "tokenizer.json",
      model: try reader.model(model, isByteLevel: isByteLevel))
    files = [source]
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.decoder = decoder
    postProcessor = try reader.postProcessor(root.present("post_processor"))
    // The reference's own ranges then lie beyond the text.
    if self.model.hasByteFallback, !postProcessor.trims.isEmpty,
      !(self.model.continuingPrefix.isEmpty && self.model.endSuffix.isEmpty)
    {
      throw reader.unsupported(
        "post_processor: trim_offsets with a model of byte_fallback and a prefix or suffix",
        "set trim_offsets to false: ids stay the same")
    }
    addedTokens = try reader.addedTokens(root.present("added_tokens"))
    truncation = root.present("truncation").map {
      reader.describe($0, ["max_length", "strategy", "direction", "stride"])
    }
    if let padding = root.present("padding") {
      self.padding = reader.describe(
        padding, ["strategy", "direction", "pad_to_multiple_of", "pad_token"])
      if let token = padding["pad_token"]?.bytes {
        pad = NamedToken(text: token, decidedBy: "tokenizer.json (padding.pad_token)")
      }
    }
  }
}

extension JSONNode {
  /// The value of a key, nil where it is missing or null.
  func present(_ key: StaticString) -> JSONNode? {
    guard let node = self[key], !node.isNull else { return nil }
    return node
  }
}

extension Problem {
  /// An error at a byte of a text, with its line and column.
  init(
    json text: [UInt8], offset: Int, file: String, reason: String, remedy: String
  ) {
    var line = 1
    var start = 0
    for (index, byte) in text.prefix(offset).enumerated() where byte == UInt8(ascii: "\n") {
      line += 1
      start = index + 1
    }
    self.init(
      file: file, line: line, column: offset - start + 1, offset: offset, reason: reason,
      remedy: remedy)
  }
}

/// Reads the parts of a `tokenizer.json` that are not stages of text.
struct TokenizerJSONReader {
  let root: JSONNode
  let source: String

  func refusal(_ reason: String, _ remedy: String = "use another tokenizer") -> Problem {
    Problem(file: source, reason: reason, remedy: remedy)
  }

  func unsupported(_ reason: String, _ remedy: String = "use another tokenizer") -> Problem {
    Problem(kind: .tokenizerUnsupported, file: source, reason: reason, remedy: remedy)
  }

  /// Members in words, those that are there.
  func describe(_ node: JSONNode, _ keys: [String]) -> String {
    var words: [String] = []
    for (key, value) in node.members {
      guard let name = key.string, keys.contains(name), !value.isNull else { continue }
      let text =
        value.string ?? value.int.map { "\($0)" } ?? value["Fixed"]?.int.map { "fixed \($0)" }
      if let text { words.append("\(name) \(text)") }
    }
    return words.joined(separator: ", ")
  }

  func addedTokens(_ list: JSONNode?) throws(Problem) -> [AddedToken] {
    guard let list else { return [] }
    guard list.isArray else {
      throw refusal("added_tokens: must be a list", "fetch the file again")
    }
    var tokens: [AddedToken] = []
    for node in list.elements {
      let place = "added_tokens[\(tokens.count)]"
      guard let content = node["content"]?.bytes else {
        throw refusal("\(place).content: must be a string", "fetch the file again")
      }
      func flag(_ key: StaticString) throws(Problem) -> Bool {
        guard let value = node[key]?.bool else {
          throw refusal("\(place).\(key): must be true or false", "fetch the file again")
        }
        return value
      }
      guard let id = node["id"]?.int, let id = UInt32(exactly: id) else {
        throw refusal("\(place).id: must be a number from 0 to 4294967295", "fetch the file again")
      }
      tokens.append(
        AddedToken(
          content: content, id: id, isSpecial: try flag("special"),
          stripsLeft: try flag("lstrip"), stripsRight: try flag("rstrip"),
          isSingleWord: try flag("single_word"), isNormalized: try flag("normalized")))
    }
    return tokens
  }
}
