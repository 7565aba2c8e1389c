import Files
import JSONText
import Problems
import SystemPackage

/// What the files of a model folder say about its tokenizer, beside the vocabulary.
///
/// Precedence is that of `transformers` 5: `tokenizer_config.json`; where it has no `added_tokens_decoder`,
/// `special_tokens_map.json` wins over it and `added_tokens.json` is read. `generation_config.json` is asked last.
public struct ModelFolder: Sendable {
  /// A special token that a file names.
  public struct NamedToken: Sendable, Equatable {
    public let text: [UInt8]
    /// The file that says so, and the key in it.
    public let decidedBy: String
  }

  /// A token to be added where the vocabulary file does not have it.
  struct Addition: Sendable {
    var text: [UInt8]
    var id: UInt32?
    var isSpecial = true
    var isSingleWord = false
    var stripsLeft = false
    var stripsRight = false
    var isNormalized = false
  }

  /// A chat template and the file that it is from.
  public struct Template: Sendable, Equatable {
    /// `default`, or the name that the files give it.
    public let name: String
    public let text: [UInt8]
    public let file: String
  }

  public let path: String
  /// Names of the files that were read.
  public private(set) var files: [String] = []
  /// `bos_token`, `eos_token`, `pad_token`, `unk_token` and what else the files name so, in their order.
  public private(set) var namedTokens: [(key: String, token: NamedToken)] = []
  /// Chat templates, the default one first.
  public private(set) var templates: [Template] = []
  /// The class of `tokenizer_config.json`.
  public private(set) var tokenizerClass: String?
  /// `model_max_length` of `tokenizer_config.json`, where it is a length.
  public private(set) var maximumLength: Int?
  /// `legacy` and `add_prefix_space` of `tokenizer_config.json`.
  private(set) var isLegacy: Bool?
  private(set) var addsPrefixSpace: Bool?
  private(set) var addsBOS: Bool?
  private(set) var addsEOS: Bool?
  private(set) var additions: [Addition] = []
  /// Ids that `generation_config.json` names.
  private(set) var generationIDs: [(key: String, ids: [UInt32])] = []

  /// Reads what is there of the files; a file that is missing says nothing, one that is malformed is an error.
  public init(_ path: String) throws(Problem) {
    self.path = path
    let folder = FilePath(path)
    let parser = JSONParser()
    var hasDecoder = false
    if let config = try Self.object("tokenizer_config.json", in: folder, parser) {
      files.append("tokenizer_config.json")
      hasDecoder = config["added_tokens_decoder"] != nil
      readConfig(config)
    }
    if let map = try Self.object("special_tokens_map.json", in: folder, parser) {
      if !hasDecoder {
        files.append("special_tokens_map.json")
        readTokens(map, from: "special_tokens_map.json")
      }
    }
    if !hasDecoder, let added = try Self.object("added_tokens.json", in: folder, parser) {
      files.append("added_tokens.json")
      readAddedTokens(added)
    }
    addNamedTokens()
    if let generation = try Self.object("generation_config.json", in: folder, parser) {
      files.append("generation_config.json")
      readGeneration(generation)
    }
    try readTemplateFiles(folder, parser)
  }

  public func namedToken(_ key: String) -> NamedToken? { namedTokens.last { $0.key == key }?.token }

  private static func object(_ name: String, in folder: FilePath, _ parser: JSONParser)
    throws(Problem) -> JSONNode?
  {
    let path = folder.appending(name)
    guard FileSystem.kind(of: path) == .file else { return nil }
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try FileSystem.contents(of: path)
    } catch {
      throw Problem(
        file: path.string, reason: "cannot be read: \(error)", remedy: "check its permissions")
    }
    let root: JSONNode
    do {
      root = try parser.parse(bytes)
    } catch {
      throw Problem(
        file: path.string, reason: "not JSON: \(error.reasonInText)", remedy: "fetch the file again"
      )
    }
    guard root.isObject else {
      throw Problem(
        file: path.string, reason: "holds \(root.kind.name), not an object",
        remedy: "fetch the file again")
    }
    return root
  }

  private mutating func readConfig(_ config: JSONNode) {
    readTokens(config, from: "tokenizer_config.json")
    tokenizerClass = config["tokenizer_class"]?.string
    if let length = config["model_max_length"]?.int, length < 1 << 40 { maximumLength = length }
    isLegacy = config["legacy"]?.bool
    addsPrefixSpace = config["add_prefix_space"]?.bool
    addsBOS = config["add_bos_token"]?.bool
    addsEOS = config["add_eos_token"]?.bool
    if let decoder = config["added_tokens_decoder"], decoder.isObject {
      for (key, value) in decoder.members {
        guard let text = value["content"]?.bytes else { continue }
        additions.append(Self.addition(text, value, id: key.string.flatMap(UInt32.init)))
      }
      additions.sort { ($0.id ?? 0) < ($1.id ?? 0) }
    }
    readTemplates(config, from: "tokenizer_config.json")
  }

  /// Defaults are those of `AddedToken` of `tokenizers`: what is special is not normalized.
  private static func addition(
    _ text: [UInt8], _ value: JSONNode, id: UInt32?, isNamed: Bool = false
  ) -> Addition {
    let isSpecial = isNamed || value["special"]?.bool ?? false
    return Addition(
      text: text, id: id, isSpecial: isSpecial, isSingleWord: value["single_word"]?.bool ?? false,
      stripsLeft: value["lstrip"]?.bool ?? false, stripsRight: value["rstrip"]?.bool ?? false,
      isNormalized: value["normalized"]?.bool ?? !isSpecial)
  }

  /// Every `…_token` that is a text or an added token.
  private mutating func readTokens(_ object: JSONNode, from file: String) {
    for (key, value) in object.members {
      guard let key = key.string, key.hasSuffix("_token"),
        let text = value.bytes ?? value["content"]?.bytes
      else { continue }
      if value.isObject { flagged.append(Self.addition(text, value, id: nil, isNamed: true)) }
      name(key, NamedToken(text: text, decidedBy: "\(file) (\(key))"))
    }
    readExtras(object, from: file)
  }

  private mutating func name(_ key: String, _ token: NamedToken) {
    if let index = namedTokens.firstIndex(where: { $0.key == key }) {
      namedTokens[index].token = token
    } else {
      namedTokens.append((key, token))
    }
  }

  /// Further special tokens, as transformers 5 puts two keys of two files together: a dictionary names its tokens and is
  /// gone; a list under the new key goes on with that of an earlier file; a list under the older key takes the place of an
  /// earlier one, and counts where there is no new key (in `tokenizer_config.json`: where nothing stands under it).
  private mutating func readExtras(_ object: JSONNode, from file: String) {
    var older = object["additional_special_tokens"].flatMap { texts($0) }
    if let value = object["extra_special_tokens"] {
      if value.isObject, value.count > 0 {
        for (key, value) in value.members {
          guard let key = key.string, let text = value.bytes ?? value["content"]?.bytes else {
            continue
          }
          if value.isObject { flagged.append(Self.addition(text, value, id: nil, isNamed: true)) }
          name(key, NamedToken(text: text, decidedBy: "\(file) (\(key))"))
        }
        extras = nil
      } else {
        for text in texts(value) ?? [] where !(extras ?? []).contains(text) {
          extras = (extras ?? []) + [text]
        }
        // An empty one is a key all the same.
        extras = extras ?? []
      }
    }
    let isEmpty = object["extra_special_tokens"].map { $0.count == 0 } ?? true
    if isEmpty, let list = older, file == "tokenizer_config.json" {
      extras = list
      older = nil
    }
    if let older { olderExtras = older }
  }

  /// The texts of a list of tokens; those with flags are remembered.
  private mutating func texts(_ list: JSONNode) -> [[UInt8]]? {
    guard list.isArray else { return nil }
    return list.elements.compactMap { value in
      guard let text = value.bytes ?? value["content"]?.bytes else { return nil }
      if value.isObject { flagged.append(Self.addition(text, value, id: nil, isNamed: true)) }
      return text
    }
  }

  /// What stands under `extra_special_tokens`; nil where there is no such key.
  private var extras: [[UInt8]]?
  /// What stands under `additional_special_tokens` and did not become `extras`.
  private var olderExtras: [[UInt8]]?
  /// Named tokens that are given with their flags.
  private var flagged: [Addition] = []

  private mutating func readAddedTokens(_ added: JSONNode) {
    var tokens: [Addition] = []
    for (key, value) in added.members {
      guard let text = key.bytes, let id = value.int.flatMap(UInt32.init(exactly:)) else {
        continue
      }
      let isSpecial =
        namedTokens.contains { $0.token.text == text } || (extras ?? []).contains(text)
      tokens.append(Addition(text: text, id: id, isSpecial: isSpecial, isNormalized: !isSpecial))
    }
    additions += tokens.sorted { ($0.id ?? 0) < ($1.id ?? 0) }
  }

  /// The order in which `transformers` adds tokens that are named but nowhere defined; others follow.
  private static let addingOrder = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// Tokens that are named but nowhere defined are added behind the others.
  private mutating func addNamedTokens() {
    let named =
      Self.addingOrder.compactMap { namedToken($0)?.text }
      + namedTokens.filter { !Self.addingOrder.contains($0.key) }.map(\.token.text)
    for text in named + (extras ?? olderExtras ?? [])
    where !text.isEmpty && !additions.contains(where: { $0.text == text }) {
      additions.append(flagged.last { $0.text == text } ?? Addition(text: text, id: nil))
    }
  }

  private mutating func readGeneration(_ generation: JSONNode) {
    for key in ["bos_token_id", "eos_token_id", "pad_token_id"] as [StaticString] {
      guard let value = generation[key] else { continue }
      let ids = value.isArray ? value.elements.compactMap(\.int) : [value.int].compactMap { $0 }
      let valid = ids.compactMap(UInt32.init(exactly:))
      if !valid.isEmpty { generationIDs.append(("\(key)", valid)) }
    }
  }

  private mutating func readTemplates(_ object: JSONNode, from file: String) {
    guard let value = object["chat_template"] else { return }
    if let text = value.bytes {
      templates.append(Template(name: "default", text: text, file: file))
    }
    for element in value.elements {
      guard let name = element["name"]?.string, let text = element["template"]?.bytes else {
        continue
      }
      let template = Template(name: name, text: text, file: file)
      name == "default" ? templates.insert(template, at: 0) : templates.append(template)
    }
  }

  /// Template files win over what `tokenizer_config.json` holds.
  private mutating func readTemplateFiles(_ folder: FilePath, _ parser: JSONParser)
    throws(Problem)
  {
    var found: [Template] = []
    if let text = try? FileSystem.contents(of: folder.appending("chat_template.jinja")) {
      found.append(Template(name: "default", text: text, file: "chat_template.jinja"))
    }
    let more = folder.appending("additional_chat_templates")
    let names = ((try? FileSystem.names(in: more.string)) ?? []).map(\.text)
    for name in names where name.hasSuffix(".jinja") {
      guard let text = try? FileSystem.contents(of: more.appending(name)) else { continue }
      found.append(
        Template(
          name: String(name.dropLast(6)), text: text, file: "additional_chat_templates/\(name)"))
    }
    if found.isEmpty, templates.isEmpty,
      let object = try Self.object("chat_template.json", in: folder, parser)
    {
      readTemplates(object, from: "chat_template.json")
      if !templates.isEmpty { files.append("chat_template.json") }
    }
    guard !found.isEmpty else { return }
    templates = found
    files += found.map(\.file)
  }
}
