import JSONText
import Problems

extension TokenizerJSONReader {
  /// The post-processor of a `tokenizer.json`, as it is for a single text.
  func postProcessor(_ node: JSONNode?) throws(Problem) -> PostProcessor {
    var processor = PostProcessor()
    if let node { try append(node, place: "post_processor", to: &processor) }
    return processor
  }

  private func append(
    _ node: JSONNode, place: String, to processor: inout PostProcessor
  ) throws(Problem) {
    func malformed(_ key: String, _ what: String) -> Problem {
      refusal("\(place).\(key): must be \(what)", "fetch the file again")
    }
    func flag(_ key: StaticString) throws(Problem) -> Bool {
      guard let value = node[key]?.bool else { throw malformed("\(key)", "true or false") }
      return value
    }
    func pair(_ key: StaticString) throws(Problem) -> PostProcessor.Special {
      var parts = (node[key] ?? node).elements
      guard node[key]?.isArray == true, let text = parts.next()?.bytes,
        let id = parts.next()?.int.flatMap(UInt32.init(exactly:))
      else { throw malformed("\(key)", "a pair of a token and its id") }
      return PostProcessor.Special(id: id, text: text)
    }
    switch node["type"]?.string {
    case "Sequence":
      guard let list = node["processors"], list.isArray else {
        throw malformed("processors", "a list")
      }
      for (index, inner) in list.elements.enumerated() {
        try append(inner, place: "\(place).processors[\(index)]", to: &processor)
      }
    case "ByteLevel":
      if try flag("trim_offsets") {
        processor.trim(addsPrefixSpace: try flag("add_prefix_space"))
      }
    case "RobertaProcessing":
      if try flag("trim_offsets") {
        processor.trim(addsPrefixSpace: try flag("add_prefix_space"))
      }
      let last = try pair("sep")
      processor.surround(first: try pair("cls"), between: last, last: last)
    case "BertProcessing":
      processor.surround(first: try pair("cls"), between: nil, last: try pair("sep"))
    case "TemplateProcessing":
      let (prefix, suffix) = try template(node, place: place)
      guard processor.addTemplate(prefix: prefix, suffix: suffix) else {
        throw unsupported(
          "\(place): a template after another one that adds tokens is not supported")
      }
    case let type?:
      throw unsupported("\(place): the post-processor \(type) is not supported")
    case nil:
      throw malformed("type", "the name of a post-processor")
    }
  }

  /// The tokens before and after the text, piece by piece.
  private func template(
    _ node: JSONNode, place: String
  ) throws(Problem) -> (
    prefix: [[PostProcessor.Special]], suffix: [[PostProcessor.Special]]
  ) {
    guard let single = node["single"], single.isArray else {
      throw refusal("\(place).single: must be a list", "fetch the file again")
    }
    var count = 0
    var prefix: [[PostProcessor.Special]] = []
    var suffix: [[PostProcessor.Special]] = []
    var sequences = 0
    for piece in single.elements {
      if piece["Sequence"] != nil {
        sequences += 1
        guard sequences == 1, piece["Sequence"]?["id"]?.string == "A" else {
          throw unsupported("\(place).single: only templates with $A once are supported")
        }
        continue
      }
      guard let name = piece["SpecialToken"]?["id"]?.string else {
        throw refusal(
          "\(place).single: a piece is neither a Sequence nor a SpecialToken",
          "fetch the file again")
      }
      let specials = try specials(named: name, of: node, place: place)
      count += specials.count
      guard count <= Self.mostSpecials else {
        throw unsupported("\(place): it adds more than \(Self.mostSpecials) tokens to a text")
      }
      if sequences == 0 { prefix.append(specials) } else { suffix.append(specials) }
    }
    guard sequences == 1 else {
      throw unsupported("\(place).single: only templates with $A once are supported")
    }
    return (prefix, suffix)
  }

  /// Tokens that may be put around a text: a template can ask for many more with a few bytes.
  private static let mostSpecials = 4096

  private func specials(
    named name: String, of node: JSONNode, place: String
  ) throws(Problem) -> [PostProcessor.Special] {
    guard let token = node["special_tokens"]?[name], let ids = token["ids"], ids.isArray else {
      throw refusal(
        "\(place).special_tokens: \"\(name)\" is missing or has no ids", "fetch the file again")
    }
    var texts = (token["tokens"] ?? ids).elements
    var specials: [PostProcessor.Special] = []
    for value in ids.elements {
      guard let id = value.int.flatMap(UInt32.init(exactly:)) else {
        throw refusal(
          "\(place).special_tokens: an id of \"\(name)\" is not a number", "fetch the file again")
      }
      specials.append(PostProcessor.Special(id: id, text: texts.next()?.bytes ?? Array(name.utf8)))
    }
    return specials
  }
}
