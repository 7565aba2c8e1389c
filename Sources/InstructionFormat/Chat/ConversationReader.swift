import JSONText

/// Reads a record into values: OpenAI messages, ShareGPT conversations, prompt and completion, or task
/// and response. Every string keeps its path in the record.
struct ConversationReader: ~Copyable {
  let heap: ValueHeap
  let atoms: AtomTable
  let options: ChatOptions
  private let scratch = Arena<Entry>(capacity: 64)
  private let list = Arena<Value>(capacity: 64)
  private let names: Names

  /// Keys that the reader makes itself.
  private struct Names {
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

  init(heap: ValueHeap, atoms: AtomTable, options: ChatOptions) {
    self.heap = heap
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
    let found: RecordFields.Found
    do throws(RecordError) {
      found = try options.fields.find(in: record)
    } catch {
      throw ChatReject(error)
    }
    let messages = found.messages ?? record["conversation"]
    let start = messages ?? found.task ?? record["prompt"]
    if let system = options.system, !startsWithSystem(start) {
      let path = root("system", .content, Int32(list.count))
      message(
        role: names.system, content: heap.string(system, Origin(.field, path: path)), &conversation)
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
        .emptyConversation, field: "messages", reason: "the conversation has no message",
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

  private func wrongType(_ node: JSONNode, _ field: String, _ wanted: String) -> ChatReject {
    ChatReject(
      .wrongType, field: field, reason: "is \(node.kind.name), not \(wanted)",
      remedy: "write \(wanted)")
  }

  private func root(_ name: String, _ kind: ValueHeap.PathNode.Kind, _ turn: Int32) -> UInt32 {
    let key = heap.string(name)
    return heap.addPath(parent: 0, key: heap.flat(key), turn: turn, kind: kind)
  }

  private func startsWithSystem(_ messages: JSONNode?) -> Bool {
    guard let messages, messages.isArray else { return false }
    for first in messages.elements {
      guard let role = first["role"] ?? first["from"] else { return false }
      return unsafe role.utf8.map { unsafe Conversation.role($0) == .system } ?? false
    }
    return false
  }

  // MARK: Messages

  /// `prompt` or `completion`: messages, or a text that is one turn.
  private func side(
    _ node: JSONNode, _ field: String, _ role: Value, _ conversation: inout Conversation
  ) throws(ChatReject) {
    if let text = unsafe node.utf8 {
      let path = root(field, .content, Int32(list.count))
      message(
        role: role, content: unsafe heap.string(text, Origin(.field, path: path)), &conversation)
    } else {
      try messages(node, field, &conversation)
    }
  }

  private func messages(_ node: JSONNode, _ field: String, _ conversation: inout Conversation)
    throws(ChatReject)
  {
    guard node.isArray else { throw wrongType(node, field, "an array of messages") }
    let path = root(field, .otherField, -1)
    var index = 0
    for message in node.elements {
      let turn = Int32(list.count)
      let place = heap.addPath(
        parent: path, index: index, turn: turn, kind: .otherField, isMessage: true)
      guard message.isObject else {
        throw wrongType(message, "\(field)[\(index)]", "a message (an object)")
      }
      try self.message(message, place, turn, &conversation) { "\(field)[\(index)]" }
      index += 1
    }
  }

  private func message(
    _ node: JSONNode, _ path: UInt32, _ turn: Int32, _ conversation: inout Conversation,
    _ place: () -> String
  ) throws(ChatReject) {
    let bottom = scratch.count
    defer { scratch.truncate(to: bottom) }
    var role: Conversation.Role?
    var hasRole = false
    var weight: Float = 1
    var isEmpty = true
    var hasContent = false
    var reasoning: (rank: Int, value: Value)?
    let isShareGPT = node["role"] == nil && node["from"] != nil
    for (key, child) in node.members {
      guard let name = unsafe key.utf8 else { continue }
      // As `apply_chat_template` does: null is the same as not there.
      if child.isNull { continue }
      var kind = ValueHeap.PathNode.Kind.otherField
      var shown: Value?
      let keyRange =
        unsafe name.isEqual(to: "role")
        ? names.role : name.isEqual(to: "content") ? names.content : self.key(name)
      switch name.count {
      case 4 where unsafe name.isEqual(to: "role"),
        4 where isShareGPT && (unsafe name.isEqual(to: "from")):
        kind = .role
        hasRole = true
        guard let text = unsafe child.utf8 else {
          throw wrongType(child, place() + ".role", "a string")
        }
        role = unsafe Conversation.role(text)
        let field = heap.addPath(parent: path, key: heap.flat(keyRange), turn: turn, kind: .role)
        if let role, isShareGPT {
          let word =
            switch role {
            case .system: names.system
            case .user: names.user
            case .assistant: names.assistant
            case .tool: names.tool
            }
          shown = heap.string(heap.flat(word), Origin(.role, path: field))
        } else {
          guard role != nil || !options.isStrict else {
            throw ChatReject(
              .unknownRole, field: place() + (isShareGPT ? ".from" : ".role"),
              reason: "unknown role \"\(unsafe String(decoding: text, as: UTF8.self))\"",
              remedy: "use system, user, assistant or tool")
          }
          shown = unsafe heap.string(text, Origin(role == nil ? .field : .role, path: field))
        }
        add(isShareGPT ? names.role : keyRange, shown ?? .none, from: bottom)
        continue
      case 7 where unsafe name.isEqual(to: "content"),
        5 where isShareGPT && (unsafe name.isEqual(to: "value")):
        kind = .content
        hasContent = true
        if let text = unsafe child.utf8 {
          isEmpty = isEmpty && text.isEmpty
        } else {
          guard child.isArray || !options.isStrict else {
            throw wrongType(child, place() + ".content", "a string or an array of parts")
          }
          isEmpty = isEmpty && child.count == 0
        }
        if isShareGPT {
          let field = heap.addPath(parent: path, key: heap.flat(keyRange), turn: turn, kind: kind)
          add(names.content, value(child, field), from: bottom)
          continue
        }
      case 17 where unsafe name.isEqual(to: "reasoning_content"): kind = .reasoning
      case 8 where unsafe name.isEqual(to: "thinking"): kind = .reasoning
      case 9 where unsafe name.isEqual(to: "reasoning"): kind = .reasoning
      case 10 where unsafe name.isEqual(to: "tool_calls"):
        kind = .toolCall
        isEmpty = isEmpty && child.count == 0
      case 13 where unsafe name.isEqual(to: "function_call"):
        kind = .toolCall
        isEmpty = false
      case 6 where unsafe name.isEqual(to: "weight"):
        guard let number = child.double, number >= 0, number.isFinite else {
          throw ChatReject(
            .wrongType, field: place() + ".weight", reason: "is not a number from 0 up",
            remedy: "use 0, 1 or another factor of the loss")
        }
        weight *= Float(number)
      case 5 where unsafe name.isEqual(to: "train"):
        guard let isTrained = child.bool else {
          throw wrongType(child, place() + ".train", "a boolean")
        }
        if !isTrained { weight = 0 }
      default: break
      }
      let field = heap.addPath(parent: path, key: heap.flat(keyRange), turn: turn, kind: kind)
      let converted = value(child, field)
      if kind == .reasoning {
        if !converted.isString || converted.extra > 0 { isEmpty = false }
        let rank = name.count == 17 ? 0 : name.count == 8 ? 1 : 2
        if rank < reasoning?.rank ?? 3 { reasoning = (rank, converted) }
      }
      add(keyRange, converted, from: bottom)
    }
    if options.isStrict {
      guard hasRole else {
        throw ChatReject(
          .missingField, field: place() + ".role", reason: "the message has no role",
          remedy: "add a role: system, user, assistant or tool")
      }
      guard hasContent || !isEmpty else {
        throw ChatReject(
          .missingField, field: place() + ".content", reason: "the message has no content",
          remedy: "add a content (it may be empty)")
      }
    }
    let start = heap.entries.count
    // Reasoning goes by several names: `thinking` first, `reasoning_content` last, as `transformers` does.
    if let reasoning {
      if find(names.thinking, from: bottom) == nil {
        heap.entries.append(Entry(key: names.thinking, value: reasoning.value))
      } else if let known = find(names.thinking, from: bottom) {
        heap.entries.append(scratch[known])
      }
      for index in bottom..<scratch.count where !heap.isEqual(scratch[index].key, names.thinking) {
        var entry = scratch[index]
        if heap.isEqual(entry.key, names.reasoning) { entry.value = reasoning.value }
        heap.entries.append(entry)
      }
      if find(names.reasoning, from: bottom) == nil {
        heap.entries.append(Entry(key: names.reasoning, value: reasoning.value))
      }
    } else {
      unsafe scratch.withElements(bottom..<scratch.count) {
        unsafe heap.entries.append(contentsOf: $0)
      }
    }
    list.append(Value(.dictionary, start: start, count: heap.entries.count - start, extra: path))
    conversation.turns.append(
      Conversation.Turn(role: role ?? .user, weight: weight, isEmpty: isEmpty))
  }

  /// A message that the reader makes: a role and a content.
  private func message(
    role: Value, content: Value, _ conversation: inout Conversation
  ) {
    let turn = Int32(list.count)
    let path = heap.addPath(
      parent: 0, index: list.count, turn: turn, kind: .otherField, isMessage: true)
    let start = heap.entries.count
    let rolePath = heap.addPath(parent: path, key: heap.flat(names.role), turn: turn, kind: .role)
    heap.entries.append(
      Entry(key: names.role, value: heap.string(heap.flat(role), Origin(.role, path: rolePath))))
    heap.entries.append(Entry(key: names.content, value: content))
    list.append(Value(.dictionary, start: start, count: 2, extra: path))
    let kind: Conversation.Role =
      heap.isEqual(role, names.system)
      ? .system : heap.isEqual(role, names.user) ? .user : .assistant
    conversation.turns.append(
      Conversation.Turn(role: kind, weight: 1, isEmpty: content.extra == 0))
  }

  /// A turn of the assistant that says one word: message number `turn`, of no record.
  func plainTurn(_ turn: Int) -> Value {
    let path = heap.addPath(
      parent: 0, index: turn, turn: Int32(turn), kind: .otherField, isMessage: true)
    let content = root("content", .content, Int32(turn))
    let start = heap.entries.count
    heap.entries.append(Entry(key: names.role, value: names.assistant))
    heap.entries.append(
      Entry(key: names.content, value: heap.string("x", Origin(.field, path: content))))
    return Value(.dictionary, start: start, count: 2, extra: path)
  }

  private func task(
    _ record: JSONNode, _ found: RecordFields.Found, _ conversation: inout Conversation
  )
    throws(ChatReject)
  {
    let fields = options.fields
    do throws(RecordError) {
      func field(_ role: RecordRole, _ text: UnsafeBufferPointer<UInt8>) -> Value {
        let path = root(fields.name(of: role, in: found), .content, Int32(list.count))
        return unsafe heap.string(text, Origin(.field, path: path))
      }
      var user = unsafe field(.task, try fields.string(.task, in: found))
      let context = unsafe try fields.optionalString(.context, in: found)
      if !context.isEmpty {
        user = unsafe heap.join(heap.join(user, names.blank), field(.context, context))
      }
      let response = unsafe try fields.string(.response, in: found)
      message(role: names.user, content: user, &conversation)
      message(role: names.assistant, content: unsafe field(.response, response), &conversation)
    } catch {
      throw ChatReject(error)
    }
  }

  // MARK: Values

  private func find(_ key: Value, from bottom: Int) -> Int? {
    for index in bottom..<scratch.count where heap.isEqual(scratch[index].key, key) { return index }
    return nil
  }

  /// Adds a member; a key that is there already keeps its place and takes the new value.
  private func add(_ key: Value, _ value: Value, from bottom: Int) {
    if scratch.count - bottom < 64, let known = find(key, from: bottom) {
      scratch[known] = Entry(key: key, value: value)
    } else {
      scratch.append(Entry(key: key, value: value))
    }
  }

  @inline(__always)
  private func key(_ name: UnsafeBufferPointer<UInt8>) -> Value {
    var key = unsafe heap.string(name, Origin(.derived))
    key.atom = unsafe atoms.find(name) ?? 0
    return key
  }

  func value(_ node: JSONNode, _ path: UInt32) -> Value {
    let above = heap.paths[Int(path)]
    switch node.kind {
    case .string:
      guard let text = unsafe node.utf8 else { return .none }
      return unsafe heap.string(text, Origin(.field, path: path))
    case .null: return Value(.none, extra: path)
    case .bool: return Value(.bool, bits: node.bool == true ? 1 : 0, extra: path)
    case .int, .uint:
      if let number = node.int {
        return Value(.int, bits: UInt64(bitPattern: Int64(number)), extra: path)
      }
      return Value(.unsigned, bits: node.uint ?? 0, extra: path)
    case .double: return Value(.float, bits: (node.double ?? 0).bitPattern, extra: path)
    case .array:
      let bottom = list.count
      var index = 0
      for element in node.elements {
        let place = heap.addPath(parent: path, index: index, turn: above.turn, kind: above.kind)
        list.append(value(element, place))
        index += 1
      }
      let start = heap.items.count
      unsafe list.withElements(bottom..<list.count) { unsafe heap.items.append(contentsOf: $0) }
      let count = list.count - bottom
      list.truncate(to: bottom)
      return Value(.list, start: start, count: count, extra: path)
    case .object:
      let bottom = scratch.count
      var large: [[UInt8]: Int]? = node.count > 32 ? [:] : nil
      for (name, child) in node.members {
        guard let bytes = unsafe name.utf8 else { continue }
        let key = unsafe self.key(bytes)
        let place = heap.addPath(
          parent: path, key: heap.flat(key), turn: above.turn, kind: above.kind)
        let converted = value(child, place)
        if large != nil {
          let text = unsafe Array(bytes)
          if let known = large?[text] {
            scratch[known] = Entry(key: key, value: converted)
          } else {
            large?[text] = scratch.count
            scratch.append(Entry(key: key, value: converted))
          }
        } else {
          add(key, converted, from: bottom)
        }
      }
      let start = heap.entries.count
      unsafe scratch.withElements(bottom..<scratch.count) {
        unsafe heap.entries.append(contentsOf: $0)
      }
      let count = scratch.count - bottom
      scratch.truncate(to: bottom)
      return Value(.dictionary, start: start, count: count, extra: path)
    }
  }

  /// A variable of the template that the caller gives.
  func value(_ argument: TemplateArgument) -> Value {
    switch argument {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let text): return heap.string(text, Origin(.derived))
    case .list(let items):
      let values = items.map { value($0) }
      let start = heap.items.count
      for value in values { heap.items.append(value) }
      return Value(.list, start: start, count: values.count)
    case .dictionary(let members):
      let entries = members.map { member in
        var key = heap.string(member.key, Origin(.derived))
        key.atom = atoms.find(member.key) ?? 0
        return Entry(key: key, value: value(member.value))
      }
      let start = heap.entries.count
      for entry in entries { heap.entries.append(entry) }
      return Value(.dictionary, start: start, count: entries.count)
    }
  }
}
