import Files
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
  init(_ root: JSONNode, file: String) throws(Problem) {
    func malformed(_ reason: String) -> Problem {
      Problem(file: file, reason: reason, remedy: "fetch the file again")
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
    guard Self.versions.contains(version) else {
      throw malformed(
        "config.version is not one of those known: \(Self.versions.joined(separator: ", "))")
    }
    try Self.checkParts(of: root, version: version, malformed)
    specials = try Self.specials(root["special_tokens"], count: count, malformed)

    let wanted = size - count
    var tokens: [(bytes: [UInt8], rank: UInt32)] = []
    tokens.reserveCapacity(min(wanted, 1 << 20))
    var seen: Set<[UInt8]> = []
    for element in vocabulary.elements {
      if tokens.count == wanted { break }
      guard element["rank"]?.int == tokens.count, let encoded = element["token_bytes"]?.bytes else {
        throw malformed("vocab entry \(tokens.count) lacks its rank or token_bytes")
      }
      var bytes: [UInt8] = []
      guard Base64.decode(encoded[...], into: &bytes) else {
        throw malformed("token_bytes of vocab entry \(tokens.count) is not base64")
      }
      guard element["token_str"] != nil, element.members.reduce(0, { count, _ in count + 1 }) == 3
      else {
        throw malformed(
          "vocab entry \(tokens.count) has other members than rank, token_bytes and token_str")
      }
      guard tokens.count >= 256 || bytes == [UInt8(tokens.count)] else {
        throw malformed("vocab entry \(tokens.count) is not the byte of that number")
      }
      guard seen.insert(bytes).inserted else {
        throw malformed("vocab entry \(tokens.count) has the bytes of an earlier one")
      }
      tokens.append((bytes, UInt32(tokens.count)))
    }
    guard tokens.count == wanted else {
      throw malformed("vocab has \(tokens.count) entries, config asks for \(wanted)")
    }
    ranks = RankFile(tokens: tokens)
  }

  private static func specials(
    _ node: JSONNode?, count: Int, _ malformed: (String) -> Problem
  ) throws(Problem) -> [String] {
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
      guard deprecatedSpecials.count <= count else {
        throw malformed("special_tokens is missing, and there is no room for the usual ones")
      }
      for text in deprecatedSpecials {
        texts[next] = text
        next += 1
      }
    }
    let named = texts.enumerated().map { $1 ?? "<SPECIAL_\($0)>" }
    guard Set(named.map { Array($0.utf8) }).count == named.count else {
      throw malformed("a text of special_tokens is there twice")
    }
    return named
  }

  /// The versions that `mistral_common` 1.13 knows.
  private static let versions = ["v1", "v2", "v3", "v7", "v11", "v13", "v15"]

  /// Parts that only some versions may have: what the reference refuses is refused.
  private static func checkParts(
    of root: JSONNode, version: String, _ malformed: (String) -> Problem
  ) throws(Problem) {
    let number = Int(version.dropFirst()) ?? 0
    if root.present("special_tokens") == nil, number > 7 {
      throw malformed("special_tokens is missing, which files of version \(version) must have")
    }
    if root.present("model_settings_builder") != nil, number < 15 {
      throw malformed("model_settings_builder is not for files of version \(version)")
    }
    for key in ["multimodal", "image"] as [StaticString] {
      guard let image = root.present(key), image.isObject else { continue }
      let names = image.members.compactMap(\.key.string)
      guard !names.isEmpty else { continue }
      if "\(key)" == "multimodal", number > 11 {
        throw malformed("multimodal is called image in files of version \(version)")
      }
      let known = ["image_patch_size", "max_image_size", "spatial_merge_size"]
      guard names.allSatisfy(known.contains), known.prefix(2).allSatisfy(names.contains),
        image.members.allSatisfy({ ($0.value.int ?? 1) > 0 })
      else { throw malformed("\(key) lacks a size, or has a member that is not known") }
      break
    }
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
  init(parsing text: [UInt8], file: String) throws(Problem) {
    let parser = JSONParser()
    let root: JSONNode
    do {
      root = try parser.parse(text)
    } catch {
      throw Problem(
        file: file, offset: error.byteOffset, reason: "not JSON: \(error.reason)",
        remedy: "fetch the file again")
    }
    try self.init(root, file: file)
  }
}
