import JSONText
import Jinja
import Problems

/// Reads a record into values: messages, conversations, prompt and completion, or task and response, with the system
/// text and the history beside them. Every string keeps its path in the record.
struct ConversationReader: ~Copyable {
  let heap: ValueHeap
  let paths: RecordPaths
  let atoms: AtomTable
  let options: ChatOptions
  /// What the template takes; nil where messages go to it as they stand.
  let traits: TemplateTraits?
  let keys: MessageField.Keys
  let scratch = Arena<Entry>(capacity: 64)
  let list = Arena<Value>(capacity: 64)
  /// Paths of numbers that no template can be given.
  let foreign = Arena<UInt32>(capacity: 4)
  let nested = NestedJSON()
  let names: Names
  let givenRoles: GivenRoles
  /// The names of roles and contents in records, by rank: every message has both.
  let roleKeys: [Value]
  let contentKeys: [Value]

  /// Words that the reader makes itself.
  struct Names {
    var role: Value
    var content: Value
    var thinking: Value
    var reasoning: Value
    var calls: Value
    var callID: Value
    var type: Value
    var text: Value
    var function: Value
    var id: Value
    var name: Value
    var arguments: Value
    var parameters: Value
    var assistant: Value
    var blank: Value
  }

  init(
    heap: ValueHeap, paths: RecordPaths, atoms: AtomTable, options: ChatOptions,
    traits: TemplateTraits?
  ) {
    self.heap = heap
    self.paths = paths
    self.atoms = atoms
    self.options = options
    self.traits = traits
    keys = MessageField.Keys(options.fields)
    givenRoles = GivenRoles(options.roles)
    func name(_ text: String) -> Value {
      var value = heap.string(text, Origin(.derived))
      value.atom = atoms.find(Array(text.utf8)) ?? 0
      return value
    }
    roleKeys = keys.role.map { heap.string($0, Origin(.derived)) }
    contentKeys = keys.content.map { heap.string($0, Origin(.derived)) }
    names = Names(
      role: name("role"), content: name("content"), thinking: name("thinking"),
      reasoning: name("reasoning_content"), calls: name("tool_calls"),
      callID: name("tool_call_id"), type: name("type"), text: name("text"),
      function: name("function"), id: name("id"), name: name("name"), arguments: name("arguments"),
      parameters: name("parameters"), assistant: name("assistant"), blank: heap.string("\n\n"))
  }

  func read(_ record: JSONNode, into conversation: inout Conversation) throws(Problem) {
    conversation.removeAll()
    nested.removeAll()
    list.truncate(to: 0)
    foreign.truncate(to: 0)
    givenRoles.heard = 0
    let fields = options.fields
    let found = try fields.find(in: record)
    try fields.refuseOtherTraining(found)
    try system(found, &conversation)
    if let history = found[.history] {
      try self.history(history, fields.name(of: .history, in: found), &conversation)
    }
    if let messages = found.messages {
      try self.messages(messages, fields.name(of: .messages, in: found), &conversation)
    } else if let prompt = found.task, let completion = found.response,
      prompt.isArray || completion.isArray
    {
      try sides(prompt, completion, found, &conversation)
    } else {
      try instruction(record, found, &conversation)
    }
    guard list.count > 0 else {
      let name = fields.name(of: .messages, in: found)
      throw Problem(
        .emptyConversation, at: name, "the conversation has no message", remedy: "remove the record"
      )
    }
    let first = heap.items.count
    unsafe list.withElements(0..<list.count) { unsafe heap.items.append(contentsOf: $0) }
    conversation.messages = Value(.list, start: first, count: list.count)
    conversation.decodedArguments = nested.decodedArguments
    try others(record, found, &conversation)
    if foreign.count > 0 {
      let field = paths.describe(Int(foreign[0]), in: heap)
      throw Problem(
        .wrongType, at: field, "is NaN, or a number beyond 64 bits",
        remedy: "write a number that JSON holds")
    }
  }

  // MARK: Before the messages

  /// The system turn that the record has beside its messages, or that the run puts before those without one.
  private func system(
    _ found: RecordFields.Found, _ conversation: inout Conversation
  ) throws(Problem) {
    let own = unsafe try options.fields.optionalString(.system, in: found)
    let first = firstSystem(found.messages ?? found.task)
    if !own.isEmpty {
      let name = options.fields.name(of: .system, in: found)
      if let first {
        guard let text = unsafe first.utf8, unsafe text.elementsEqual(own) else {
          throw Problem(
            .ambiguousField, at: name, "the messages begin with another system turn",
            remedy: "keep one of them")
        }
        return
      }
      let path = root(name, .content, Int32(list.count), .system)
      unsafe add(.system, own, path, &conversation)
    } else if let system = options.system, first == nil {
      let path = root("system", .content, Int32(list.count), nil)
      add(.system, heap.string(system, Origin(.field, author: path)), path, &conversation)
      conversation.hasAddedSystem = true
    }
  }

  /// The content of the system turn with which messages begin; the message itself where it has none.
  private func firstSystem(_ messages: JSONNode?) -> JSONNode? {
    guard let messages,
      let first = nested.container(messages)?.elements.first(where: { _ in true }),
      let members = try? MessageMembers(first, keys, at: { "" }),
      let word = unsafe members.role?.node.utf8, unsafe role(word)?.speaker == .system
    else { return nil }
    return members.content?.node ?? first
  }

  /// `history`: pairs of what was asked and answered, or messages.
  private func history(
    _ node: JSONNode, _ field: String, _ conversation: inout Conversation
  ) throws(Problem) {
    guard let history = nested.container(node), history.isArray else {
      if node.isEmpty { return }
      throw wrongType(node, field, "an array of pairs [question, answer]")
    }
    let root = self.root(field, .otherField, -1, .history)
    var index = 0
    for pair in history.elements {
      defer { index += 1 }
      if pair.isObject {
        try message(pair, root, index, field, &conversation)
        continue
      }
      guard pair.isArray, pair.count <= 2 else {
        throw wrongType(pair, "\(field)[\(index)]", "a pair [question, answer]")
      }
      let above = paths.add(parent: root, index: index, turn: -1, kind: .otherField)
      var side = 0
      for text in pair.elements {
        defer { side += 1 }
        if text.isAbsent { continue }
        guard let bytes = unsafe text.utf8 else {
          throw wrongType(text, "\(field)[\(index)][\(side)]", "a string")
        }
        let path = paths.add(parent: above, index: side, turn: Int32(list.count), kind: .content)
        unsafe add(side == 0 ? .user : .assistant, bytes, path, &conversation)
      }
    }
  }

  // MARK: The rest of a record

  private func others(
    _ record: JSONNode, _ found: RecordFields.Found, _ conversation: inout Conversation
  ) throws(Problem) {
    if let tools = found[.tools], !tools.isEmpty || tools.isArray {
      let name = options.fields.name(of: .tools, in: found)
      guard let tools = nested.container(tools), tools.isArray else {
        throw wrongType(tools, name, "an array")
      }
      conversation.tools = self.tools(
        tools, root(name, .tools, -1, .tools), areFunctions: name == "functions")
    }
    if let documents = found[.documents] {
      let name = options.fields.name(of: .documents, in: found)
      guard let documents = nested.container(documents), documents.isArray else {
        throw wrongType(documents, name, "an array")
      }
      conversation.documents = value(documents, root(name, .documents, -1, .documents))
    }
    if let given = record["chat_template_kwargs"], !given.isAbsent {
      guard let variables = nested.container(given), variables.isObject else {
        throw wrongType(given, "chat_template_kwargs", "an object")
      }
      conversation.variables = value(variables, root("chat_template_kwargs", .variable, -1, nil))
    }
    if let date = unsafe record["date"]?.utf8 { conversation.date = unsafe TemplateDate(date) }
  }

  // MARK: Words and errors

  /// The role of a word: as the user says, else as data sets use it.
  func role(_ word: UnsafeBufferPointer<UInt8>) -> MessageRole? {
    unsafe givenRoles.meaning(of: word) ?? MessageRole.named(word)
  }

  /// A path at the top of the record; `field`: what its texts count to.
  func root(
    _ name: String, _ kind: RecordPaths.Node.Kind, _ turn: Int32, _ field: Ledger.Field?
  ) -> UInt32 {
    let key = heap.string(name)
    let path = paths.add(parent: 0, key: heap.flat(key), turn: turn, kind: kind)
    paths.setField(field, of: path)
    return path
  }

  func wrongType(_ node: JSONNode, _ field: String, _ wanted: String) -> Problem {
    Problem(
      .wrongType, at: field, "is \(node.kind.name), not \(wanted)", remedy: "write \(wanted)")
  }
}
