import Files
import InstructionFormat
import JSONText
import Masking
import Problems
import ShardWriter
import Tokenizer

extension RunSpec {
  /// Reads a spec that a data set holds, with the tokenizer that it was made with. Throws where the
  /// tokenizer is another one, or the spec one of another version of prep.
  public init(json: [UInt8], tokenizer: BPETokenizer) throws(Problem) {
    let root: JSONNode
    let parser = JSONParser()
    // Nodes live as long as their parser.
    defer { withExtendedLifetime(parser) {} }
    do throws(Problem) { root = try parser.parse(json) } catch {
      throw Self.unreadable(error.reasonInText)
    }
    func int(_ key: StaticString) throws(Problem) -> Int {
      guard let value = root[key]?.int else { throw Self.unreadable("no number \(key)") }
      return value
    }
    func choice<Choice: RawRepresentable<String>>(_ key: StaticString) throws(Problem) -> Choice {
      guard let value = root[key]?.string.flatMap(Choice.init) else {
        throw Self.unreadable("unknown \(key)")
      }
      return value
    }
    func token(_ key: StaticString) -> Token {
      let ids = (root[key]?.elements.map { UInt32(clamping: $0.int ?? 0) }) ?? []
      return Token(text: ids.flatMap { tokenizer.bytes(of: $0) ?? [] }, ids: ids)
    }
    guard try int("format") == Self.format else {
      throw Self.unreadable("it is of another version of prep")
    }
    let name = root["tokenizer"]?.string ?? ""
    let digest = Self.digest(of: tokenizer)
    guard root["tokenizer_digest"]?.string == digest.description else {
      throw Problem(
        .option, reason: "the data set was made with another tokenizer: \(name)",
        remedy: "name that one with \(OptionName.tokenizer)")
    }
    let end = token("end_ids")
    self.init(
      tokenizer: name, tokenizerDigest: digest, idCount: tokenizer.idCount, end: end,
      padID: UInt32(clamping: try int("pad_id")), contextLength: try int("context_length"))
    tokenizerOptions = root["tokenizer_options"].map { TokenizerOptions($0) } ?? TokenizerOptions()
    let beginning = token("beginning_ids")
    self.beginning = beginning.ids.isEmpty ? nil : beginning
    var given: [RecordRole: String] = [:]
    if let fields = root["fields"] {
      for (key, value) in fields.members {
        if let role = key.string.flatMap(RecordRole.init), let name = value.string {
          given[role] = name
        }
      }
    }
    fields = RecordFields(schema: try choice("schema"), given: given)
    render = try choice("render")
    if let chat = root["chat"], !chat.isNull {
      guard let read = ChatSpec(chat) else { throw Self.unreadable("unknown chat template") }
      self.chat = read
    }
    seam = try choice("seam")
    straddle = try choice("straddle")
    parseSpecial = root["parse_special"]?.bool ?? false
    truncation.policy = try choice("truncate")
    truncation.promptLength = root["prompt_length"]?.int
    truncation.responseLength = root["response_length"]?.int
    packing = try choice("packing")
    segmentAlignment = try int("segment_alignment")
    blockSize = try int("block_size")
    maximumRecordSize = try int("max_record_size")
    level = Int32(clamping: try int("level"))
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
      remedy: "make the data set anew")
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
