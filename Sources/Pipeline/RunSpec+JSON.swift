import Files
import InstructionFormat
import JSONText
import Masking
import Problems
import ShardWriter
import Tokenizer

extension RunSpec {
  /// Every member of the stored spec, in the order of keys: those of options by themselves, and what others were
  /// resolved to.
  private static let members = (RunOption.all.compactMap(\.stored) + resolved).sorted {
    $0.key < $1.key
  }

  /// What options and files were resolved to. The tokenizer's own members are read before the others.
  private static let resolved: [SpecMember] = [
    SpecMember(key: "beginning_ids") { spec, writer in
      writer.ints(spec.beginning?.ids ?? [])
    } read: { _, _ in
      true
    },
    SpecMember(key: "chat") { spec, writer in
      spec.chat.map { $0.write(to: &writer) } ?? writer.null()
    } read: { node, spec in
      guard let node, !node.isNull else { return true }
      spec.chat = ChatSpec(node)
      return spec.chat != nil
    },
    .choice("loss", \.loss),
    SpecMember(key: "end_ids") { spec, writer in
      writer.ints(spec.end.ids)
    } read: { _, _ in
      true
    },
    SpecMember(key: "fields") { spec, writer in
      writer.beginObject()
      for (role, name) in spec.fields.given.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        writer.key(role.rawValue)
        writer.string(name)
      }
      writer.endObject()
    } read: { node, spec in
      var given: [RecordRole: String] = [:]
      if let node {
        for (key, value) in node.members {
          if let role = key.string.flatMap(RecordRole.init) { given[role] = value.string }
        }
      }
      spec.fields = RecordFields(schema: spec.fields.schema, given: given)
      return true
    },
    SpecMember(key: "format") { _, writer in
      writer.int(format)
    } read: { node, _ in
      node?.int == format
    },
    .number("pad_id", \.padNumber),
    .choice("render", \.render),
    SpecMember(key: "tokenizer") { spec, writer in
      writer.string(spec.tokenizer)
    } read: { node, spec in
      spec.tokenizer = node?.string ?? ""
      return true
    },
    SpecMember(key: "tokenizer_digest") { spec, writer in
      writer.string(spec.tokenizerDigest.description)
    } read: { _, _ in
      true
    },
    SpecMember(
      key: "tokenizer_options", isPresent: { !$0.tokenizerOptions.isEmpty },
      write: { spec, writer in spec.tokenizerOptions.write(to: &writer) },
      read: { node, spec in
        spec.tokenizerOptions = node.map { TokenizerOptions($0) } ?? TokenizerOptions()
        return true
      }),
  ]

  private var padNumber: Int {
    get { Int(padID) }
    set { padID = UInt32(clamping: newValue) }
  }

  /// The spec as canonical JSON: members sorted, no white space.
  public var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    for member in Self.members where member.isPresent(self) {
      writer.key(member.key)
      member.write(self, &writer)
    }
    writer.endObject()
    return writer.bytes
  }

  /// Reads a spec that a data set holds, with the tokenizer that it was made with. Throws where the
  /// tokenizer is another one, or the spec one of another version of prep.
  public init(json: [UInt8], tokenizer: BPETokenizer) throws(Problem) {
    self = try Self.stored(json) { root throws(Problem) in
      let name = root["tokenizer"]?.string ?? ""
      let digest = Self.digest(of: tokenizer)
      guard root["tokenizer_digest"]?.string == digest.description else {
        throw Problem(
          .option, reason: "the data set was made with another tokenizer: \(name)",
          remedy: "name that one with \(OptionName.tokenizer)")
      }
      func token(_ key: StaticString) -> Token {
        let ids = (root[key]?.elements.map { UInt32(clamping: $0.int ?? 0) }) ?? []
        return Token(text: ids.flatMap { tokenizer.bytes(of: $0) ?? [] }, ids: ids)
      }
      var spec = RunSpec(
        tokenizer: name, tokenizerDigest: digest, idCount: tokenizer.idCount,
        end: token("end_ids"), padID: 0)
      let beginning = token("beginning_ids")
      spec.beginning = beginning.ids.isEmpty ? nil : beginning
      return spec
    }
  }

  /// What a user asked for, of a spec that a data set holds; without the tokenizer's own part, and not for encoding.
  static func asked(json: [UInt8]) throws(Problem) -> RunSpec {
    try stored(json) { root in
      RunSpec(
        tokenizer: root["tokenizer"]?.string ?? "", tokenizerDigest: Digest128(of: []), idCount: 0,
        end: Token(text: [], ids: []), padID: 0)
    }
  }

  /// Reads a stored spec: the tokenizer's part with `begin`, then all others.
  private static func stored(
    _ json: [UInt8], begin: (JSONNode) throws(Problem) -> RunSpec
  ) throws(Problem) -> RunSpec {
    let root: JSONNode
    let parser = JSONParser()
    // Nodes live as long as their parser.
    defer { withExtendedLifetime(parser) {} }
    do throws(Problem) { root = try parser.parse(json) } catch {
      throw unreadable(error.reasonInText)
    }
    guard root["format"]?.int == format else {
      throw unreadable("it is of another version of prep")
    }
    var spec = try begin(root)
    for member in members where !member.read(root[member.key], &spec) {
      throw unreadable("unknown \(member.key)")
    }
    return spec
  }

  /// The tokenizer that a data set's spec names, and what was said of it; nil where it names none.
  public static func tokenizer(in json: [UInt8]) -> (name: String, options: TokenizerOptions)? {
    let parser = JSONParser()
    defer { withExtendedLifetime(parser) {} }
    guard let root = try? parser.parse(json), let name = root["tokenizer"]?.string else {
      return nil
    }
    return (name, root["tokenizer_options"].map { TokenizerOptions($0) } ?? TokenizerOptions())
  }

  private static func unreadable(_ reason: String) -> Problem {
    Problem(
      .unusable, reason: "the spec of the data set cannot be read: \(reason)",
      remedy: "rebuild the data set")
  }
}

extension TokenizerOptions {
  /// Writes one JSON object, members sorted.
  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("encoding")
    encoding.map { writer.string($0) } ?? writer.null()
    writer.key("pattern")
    pattern.map { writer.string($0) } ?? writer.null()
    writer.key("special_tokens")
    writer.beginArray()
    for special in specialTokens {
      writer.beginArray()
      writer.string(special.text)
      writer.int(Int(special.id))
      writer.endArray()
    }
    writer.endArray()
    writer.endObject()
  }

  /// Reads what `write` wrote.
  init(_ node: JSONNode) {
    self.init()
    encoding = node["encoding"]?.string
    pattern = node["pattern"]?.string
    for special in node["special_tokens"].map({ Array($0.elements) }) ?? [] {
      let parts = Array(special.elements)
      guard parts.count == 2, let text = parts[0].bytes, let id = parts[1].int else { continue }
      specialTokens.append(Special(text: text, id: UInt32(clamping: id)))
    }
  }
}
