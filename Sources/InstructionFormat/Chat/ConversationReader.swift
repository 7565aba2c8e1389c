import JSONText
import Jinja
import Problems

/// Reads a record into values: OpenAI messages, ShareGPT conversations, prompt and completion, or task
/// and response. Every string keeps its path in the record.
struct ConversationReader: ~Copyable {
  let heap: ValueHeap
  let paths: RecordPaths
  let atoms: AtomTable
  let options: ChatOptions
  let scratch = Arena<Entry>(capacity: 64)
  let list = Arena<Value>(capacity: 64)
  let names: Names

  /// Keys that the reader makes itself.
  struct Names {
    var role: Value
    var content: Value
    var thinking: Value
    var reasoning: Value
    var system: Value
    var user: Value
    var assistant: Value
    var tool: Value
    var blank: Value
  }

  init(heap: ValueHeap, paths: RecordPaths, atoms: AtomTable, options: ChatOptions) {
    self.heap = heap
    self.paths = paths
    self.atoms = atoms
    self.options = options
    func name(_ text: String) -> Value {
      var value = heap.string(text, Origin(.derived))
      value.atom = atoms.find(Array(text.utf8)) ?? 0
      return value
    }
    names = Names(
      role: name("role"), content: name("content"), thinking: name("thinking"),
      reasoning: name("reasoning_content"), system: name("system"), user: name("user"),
      assistant: name("assistant"), tool: name("tool"), blank: heap.string("\n\n"))
  }

  func read(_ record: JSONNode, into conversation: inout Conversation) throws(ChatReject) {
    conversation.removeAll()
    guard record.isObject else {
      throw ChatReject(
        .wrongType, reason: "the record is \(record.kind.name), not an object",
        remedy: "write one JSON object a line")
    }
    list.truncate(to: 0)
    let found = try options.fields.find(in: record)
    let messages = found.messages ?? record["conversation"]
    let start = messages ?? found.task ?? record["prompt"]
    if let system = options.system, !startsWithSystem(start) {
      let path = root("system", .content, Int32(list.count))
      message(
        role: names.system, content: heap.string(system, Origin(.field, author: path)),
        &conversation)
    }
    if let messages {
      try self.messages(messages, options.fields.name(of: .messages, in: found), &conversation)
    } else if let prompt = record["prompt"], let completion = record["completion"],
      prompt.isArray || completion.isArray
    {
      try side(prompt, "prompt", names.user, &conversation)
      try side(completion, "completion", names.assistant, &conversation)
    } else {
      try task(record, found, &conversation)
    }
    guard list.count > 0 else {
      throw ChatReject(
        .emptyConversation, at: "messages", reason: "the conversation has no message",
        remedy: "remove the record")
    }
    let first = heap.items.count
    unsafe list.withElements(0..<list.count) { unsafe heap.items.append(contentsOf: $0) }
    conversation.messages = Value(.list, start: first, count: list.count)
    try others(record, &conversation)
  }

  // MARK: The rest of a record

  private func others(_ record: JSONNode, _ conversation: inout Conversation) throws(ChatReject) {
    if let tools = record["tools"], !tools.isNull {
      guard tools.isArray else { throw wrongType(tools, "tools", "an array") }
      conversation.tools = value(tools, root("tools", .tools, -1))
    }
    if let documents = record["documents"], !documents.isNull {
      guard documents.isArray else { throw wrongType(documents, "documents", "an array") }
      conversation.documents = value(documents, root("documents", .documents, -1))
    }
    if let variables = record["chat_template_kwargs"], !variables.isNull {
      guard variables.isObject else {
        throw wrongType(variables, "chat_template_kwargs", "an object")
      }
      conversation.variables = value(variables, root("chat_template_kwargs", .variable, -1))
    }
    if let date = unsafe record["date"]?.utf8 { conversation.date = unsafe TemplateDate(date) }
  }

  func wrongType(_ node: JSONNode, _ field: String, _ wanted: String) -> ChatReject {
    ChatReject(
      .wrongType, at: field, reason: "is \(node.kind.name), not \(wanted)",
      remedy: "write \(wanted)")
  }

  func root(_ name: String, _ kind: RecordPaths.Node.Kind, _ turn: Int32) -> UInt32 {
    let key = heap.string(name)
    return paths.add(parent: 0, key: heap.flat(key), turn: turn, kind: kind)
  }

  private func startsWithSystem(_ messages: JSONNode?) -> Bool {
    guard let messages, messages.isArray else { return false }
    for first in messages.elements {
      guard let role = first["role"] ?? first["from"] else { return false }
      return unsafe role.utf8.map { unsafe Conversation.role($0) == .system } ?? false
    }
    return false
  }
}
