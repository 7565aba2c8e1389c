import JSONText
import Problems

/// The parts of a message's content, by what they are. Valid as long as the parsed record is.
struct MessageParts {
  struct Part {
    var node: JSONNode
    /// Place in the array of parts.
    var index: Int
  }

  /// What stands in the content as text: parts with their text. Empty where the content is a string.
  private(set) var texts: [(part: Part, text: JSONNode)] = []
  private(set) var reasoning: [(part: Part, text: JSONNode)] = []
  /// Calls and results of tools, as Anthropic's messages have them.
  private(set) var calls: [Part] = []
  private(set) var results: [Part] = []
  /// Whether the content is a list whose parts are all known.
  private(set) var isList = false
  /// Whether each text part is `{"type": "text", "text": …}` already.
  private(set) var isPlain = true

  /// Whether a list holds nothing but results of tools.
  var isEmpty: Bool { isList && texts.isEmpty && reasoning.isEmpty && calls.isEmpty }

  /// Sorts the parts of a content; a content that is no list has none. Where not `isStrict`, a list with a part that
  /// is not known goes to the template as it stands.
  init(_ content: JSONNode?, isStrict: Bool, at place: () -> String) throws(Problem) {
    guard let content, content.isArray else { return }
    isList = true
    var index = 0
    for node in content.elements {
      let part = Part(node: node, index: index)
      index += 1
      guard !(try take(part, at: { "\(place()).content[\(part.index)]" }, isStrict)) else {
        continue
      }
      self = MessageParts()
      return
    }
  }

  private init() {}

  /// Whether the part is known.
  private mutating func take(
    _ part: Part, at place: () -> String, _ isStrict: Bool
  ) throws(Problem) -> Bool {
    if part.node.isString {
      texts.append((part, part.node))
      isPlain = false
      return true
    }
    let type = part.node["type"]?.string ?? (part.node["text"] == nil ? "" : "text")
    switch type {
    case "text", "input_text", "output_text":
      guard let text = part.node["text"], text.isString else { break }
      texts.append((part, text))
      if part.node["type"]?.string != "text" { isPlain = false }
      return true
    case "thinking", "reasoning":
      guard let text = part.node["thinking"] ?? part.node["reasoning"] ?? part.node["text"],
        text.isString
      else { break }
      reasoning.append((part, text))
      return true
    case "tool_use":
      guard part.node["name"]?.isString ?? false else { break }
      calls.append(part)
      return true
    case "tool_result":
      results.append(part)
      return true
    default: break
    }
    guard isStrict else { return false }
    throw Self.refusal(of: part.node, type, at: place())
  }

  private static func refusal(of node: JSONNode, _ type: String, at place: String) -> Problem {
    let media = ["image", "audio", "video", "file"]
    let names = [type] + node.members.map { $0.key.string ?? "" }
    if names.contains(where: { name in media.contains { name.contains($0) } }) {
      return Problem(
        .mediaPart, field: place, reason: "\(place): a part of type \"\(type)\" is not text",
        remedy: "leave such records out, or remove the part if the text stands alone")
    }
    return Problem(
      .unknownPart, field: place,
      reason: "\(place): is not text, reasoning, a tool call or a tool result"
        + (type.isEmpty ? "" : " (its type is \"\(type)\")"),
      remedy: "write it as {\"type\": \"text\", \"text\": …}")
  }
}
