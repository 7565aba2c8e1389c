import InstructionFormat
import JSONText

/// How a run renders conversations: the template, and what goes with it.
public struct ChatSpec: Sendable {
  public var template: ChatTemplate
  /// For records that have tools; nil where it is the same.
  public var toolTemplate: ChatTemplate?
  public var options: ChatOptions

  /// The name of a template that was read from a stored spec, which keeps its text alone.
  public static let storedName = "template"

  public init(template: ChatTemplate, options: ChatOptions) {
    self.template = template
    self.options = options
  }

  /// Writes all that decides a render as one JSON object, members sorted. What is learned is the run's to say.
  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    if options.allowsDropped {
      writer.key("allow_dropped")
      writer.bool(true)
    }
    writer.key("arguments")
    writer.beginArray()
    for argument in options.arguments {
      writer.beginArray()
      writer.string(argument.name)
      argument.value.write(to: &writer)
      writer.endArray()
    }
    writer.endArray()
    writer.key("bos_token")
    options.beginningOfText.map { writer.string($0) } ?? writer.null()
    writer.key("date")
    if let date = options.date {
      writer.ints([date.year, date.month, date.day, date.hour, date.minute, date.second])
    } else {
      writer.null()
    }
    writer.key("eos_token")
    options.endOfText.map { writer.string($0) } ?? writer.null()
    writer.key("history")
    writer.string(options.history.rawValue)
    if !options.roles.isEmpty {
      writer.key("roles")
      writer.beginObject()
      for (name, role) in options.roles.sorted(by: { $0.key < $1.key }) {
        writer.key(name)
        writer.string(role.rawValue)
      }
      writer.endObject()
    }
    writer.key("stop_texts")
    writer.beginArray()
    for text in options.stopTexts { writer.string(text) }
    writer.endArray()
    writer.key("system")
    options.system.map { writer.string($0) } ?? writer.null()
    writer.key("template")
    writer.string(template.text)
    if let toolTemplate {
      writer.key("tool_template")
      writer.string(toolTemplate.text)
    }
    writer.endObject()
  }

  /// Reads what `write` wrote.
  init?(_ node: JSONNode) {
    guard let text = node["template"]?.bytes,
      let template = try? ChatTemplate(source: text, name: Self.storedName),
      let history = node["history"]?.string.flatMap(HistoryPolicy.init)
    else { return nil }
    self.template = template
    if let text = node["tool_template"]?.bytes {
      guard let template = try? ChatTemplate(source: text, name: "tool template") else {
        return nil
      }
      toolTemplate = template
    }
    options = ChatOptions()
    options.history = history
    options.beginningOfText = node["bos_token"]?.bytes
    options.endOfText = node["eos_token"]?.bytes
    options.allowsDropped = node["allow_dropped"]?.bool ?? false
    if let roles = node["roles"] {
      for (name, role) in roles.members {
        guard let name = name.string, let role = role.string.flatMap(MessageRole.init) else {
          return nil
        }
        options.roles[name] = role
      }
    }
    options.system = node["system"]?.bytes
    options.stopTexts = node["stop_texts"]?.elements.compactMap(\.bytes) ?? []
    let numbers = node["date"]?.elements.compactMap(\.int) ?? []
    if numbers.count == 6 {
      func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
      let year = String(repeating: "0", count: max(0, 4 - "\(numbers[0])".count)) + "\(numbers[0])"
      options.date = TemplateDate(
        "\(year)-\(two(numbers[1]))-\(two(numbers[2]))T\(two(numbers[3])):\(two(numbers[4])):\(two(numbers[5]))"
          .utf8)
    }
    for argument in node["arguments"].map({ Array($0.elements) }) ?? [] {
      let parts = Array(argument.elements)
      guard parts.count == 2, let name = parts[0].string else { return nil }
      options.arguments.append((name, TemplateArgument(json: parts[1])))
    }
  }
}

extension TemplateArgument {
  /// A JSON value as a variable of a template.
  public init(json node: JSONNode) {
    switch node.kind {
    case .null, .foreign: self = .none
    case .bool: self = .bool(node.bool ?? false)
    case .int, .uint: self = node.int.map { .int($0) } ?? .float(node.double ?? 0)
    case .double: self = .float(node.double ?? 0)
    case .string: self = .string(node.bytes ?? [])
    case .array: self = .list(node.elements.map { TemplateArgument(json: $0) })
    case .object:
      self = .dictionary(
        node.members.map { (key: $0.key.bytes ?? [], value: TemplateArgument(json: $0.value)) })
    }
  }

  func write(to writer: inout JSONWriter) {
    switch self {
    case .none: writer.null()
    case .bool(let value): writer.bool(value)
    case .int(let value): writer.int(value)
    case .float(let value): writer.double(value)
    case .string(let value): writer.string(value)
    case .list(let values):
      writer.beginArray()
      for value in values { value.write(to: &writer) }
      writer.endArray()
    case .dictionary(let members):
      writer.beginObject()
      for member in members {
        writer.key(String(decoding: member.key, as: UTF8.self))
        member.value.write(to: &writer)
      }
      writer.endObject()
    }
  }
}
