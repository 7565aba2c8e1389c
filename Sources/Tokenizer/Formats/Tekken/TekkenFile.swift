import JSONText
import Problems

/// A tekken JSON: ranks, pattern and special tokens in one file, whose specials take the first ids.
///
/// Source of the format: `mistral_common` 1.13 (`Tekkenizer.from_file`).
struct TekkenFile: Sendable {
  /// Tokens by rank; their ids are `specialCount` higher.
  let ranks: RankFile
  let pattern: String
  let version: String
  /// Texts of the special tokens by id; as many as there are ids below the first rank.
  let specials: [String]

  var specialCount: Int { specials.count }

  /// Whether a parsed JSON is a tekken file.
  static func looksLike(_ root: JSONNode) -> Bool {
    root["vocab"]?.isArray == true && root["config"]?["pattern"]?.isString == true
  }

  /// O(size of the file).
  init(_ root: JSONNode, file: String) throws(TokenizerError) {
    func malformed(_ reason: String) -> TokenizerError {
      TokenizerError(file: file, reason: reason, remedy: "fetch the file again")
    }
    guard let config = root["config"], let vocabulary = root["vocab"],
      let pattern = config["pattern"]?.string
    else {
      throw malformed("not a tekken file: it needs config.pattern and vocab")
    }
    guard let size = config["default_vocab_size"]?.int,
      let count = config["default_num_special_tokens"]?.int,
      count >= 0, count < 1 << 20, size >= count, size < 1 << 28
    else {
      throw malformed(
        "config.default_vocab_size or config.default_num_special_tokens is missing or out of range")
    }
    self.pattern = pattern
    version = config["version"]?.string ?? ""
    if root["special_tokens"]?.isArray != true, let number = Int(version.dropFirst()), number > 7 {
      throw malformed("special_tokens is missing, which files of version \(version) must have")
    }
    specials = try Self.specials(root["special_tokens"], count: count, malformed)

    let wanted = size - count
    var tokens: [(bytes: [UInt8], rank: UInt32)] = []
    tokens.reserveCapacity(wanted)
    for element in vocabulary.elements {
      if tokens.count == wanted { break }
      guard element["rank"]?.int == tokens.count, let encoded = element["token_bytes"]?.bytes else {
        throw malformed("vocab entry \(tokens.count) lacks its rank or token_bytes")
      }
      var bytes: [UInt8] = []
      guard Base64.decode(encoded[...], into: &bytes) else {
        throw malformed("token_bytes of vocab entry \(tokens.count) is not base64")
      }
      tokens.append((bytes, UInt32(tokens.count)))
    }
    guard tokens.count == wanted else {
      throw malformed("vocab has \(tokens.count) entries, config asks for \(wanted)")
    }
    ranks = RankFile(tokens: tokens)
  }

  private static func specials(
    _ node: JSONNode?, count: Int, _ malformed: (String) -> TokenizerError
  ) throws(TokenizerError) -> [String] {
    var texts = [String?](repeating: nil, count: count)
    var next = 0
    if let node, node.isArray {
      for element in node.elements {
        guard let text = element["token_str"]?.string, let rank = element["rank"]?.int,
          texts.indices.contains(rank),
          texts[rank] == nil
        else {
          throw malformed(
            "special_tokens entry \(next) lacks its token_str, or its rank is out of range or taken"
          )
        }
        texts[rank] = text
        next += 1
      }
    } else {
      for text in deprecatedSpecials.prefix(count) {
        texts[next] = text
        next += 1
      }
    }
    return texts.enumerated().map { $1 ?? "<SPECIAL_\($0)>" }
  }

  /// Of files that do not list theirs (versions up to v7).
  private static let deprecatedSpecials = [
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]",
    "[MIDDLE]", "[SUFFIX]",
    "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
  ]
}

extension TekkenFile {
  init(parsing text: [UInt8], file: String) throws(TokenizerError) {
    let parser = JSONParser()
    let root: JSONNode
    do {
      root = try parser.parse(text)
    } catch {
      throw TokenizerError(
        file: file, offset: error.byteOffset, reason: "not JSON: \(error.reason)",
        remedy: "fetch the file again")
    }
    try self.init(root, file: file)
  }
}
