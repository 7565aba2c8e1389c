import JSONText
import Jinja
import Problems

/// Messages, of a record or made of its task and response.
extension ConversationReader {
  /// `prompt` or `completion`: messages, or a text that is one turn.
  func side(
    _ node: JSONNode, _ field: String, _ role: Value, _ conversation: inout Conversation
  ) throws(ChatReject) {
    if let text = unsafe node.utf8 {
      let path = root(field, .content, Int32(list.count))
      message(
        role: role, content: unsafe heap.string(text, Origin(.field, author: path)), &conversation)
    } else {
      try messages(node, field, &conversation)
    }
  }

  func messages(_ node: JSONNode, _ field: String, _ conversation: inout Conversation)
    throws(ChatReject)
  {
    guard node.isArray else { throw wrongType(node, field, "an array of messages") }
    let path = root(field, .otherField, -1)
    var index = 0
    for message in node.elements {
      let turn = Int32(list.count)
      let place = paths.add(
        parent: path, index: index, turn: turn, kind: .otherField, isMessage: true)
      guard message.isObject else {
        throw wrongType(message, "\(field)[\(index)]", "a message (an object)")
      }
      try self.message(message, place, turn, &conversation) { "\(field)[\(index)]" }
      index += 1
    }
  }

  func message(
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
      var kind = RecordPaths.Node.Kind.otherField
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
        let field = paths.add(parent: path, key: heap.flat(keyRange), turn: turn, kind: .role)
        if let role, isShareGPT {
          let word =
            switch role {
            case .system: names.system
            case .user: names.user
            case .assistant: names.assistant
            case .tool: names.tool
            }
          shown = heap.string(heap.flat(word), Origin(.word, author: field))
        } else {
          guard role != nil || !options.isStrict else {
            throw ChatReject(
              .unknownRole, at: place() + (isShareGPT ? ".from" : ".role"),
              reason: "unknown role \"\(unsafe String(decoding: text, as: UTF8.self))\"",
              remedy: "use system, user, assistant or tool")
          }
          shown = unsafe heap.string(text, Origin(role == nil ? .field : .word, author: field))
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
          let field = paths.add(parent: path, key: heap.flat(keyRange), turn: turn, kind: kind)
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
            .wrongType, at: place() + ".weight", reason: "is not a number from 0 up",
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
      let field = paths.add(parent: path, key: heap.flat(keyRange), turn: turn, kind: kind)
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
          .missingField, at: place() + ".role", reason: "the message has no role",
          remedy: "add a role: system, user, assistant or tool")
      }
      guard hasContent || !isEmpty else {
        throw ChatReject(
          .missingField, at: place() + ".content", reason: "the message has no content",
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
  func message(
    role: Value, content: Value, _ conversation: inout Conversation
  ) {
    let turn = Int32(list.count)
    let path = paths.add(
      parent: 0, index: list.count, turn: turn, kind: .otherField, isMessage: true)
    let start = heap.entries.count
    let rolePath = paths.add(parent: path, key: heap.flat(names.role), turn: turn, kind: .role)
    heap.entries.append(
      Entry(key: names.role, value: heap.string(heap.flat(role), Origin(.word, author: rolePath))))
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
    let path = paths.add(
      parent: 0, index: turn, turn: Int32(turn), kind: .otherField, isMessage: true)
    let content = root("content", .content, Int32(turn))
    let start = heap.entries.count
    heap.entries.append(Entry(key: names.role, value: names.assistant))
    heap.entries.append(
      Entry(key: names.content, value: heap.string("x", Origin(.field, author: content))))
    return Value(.dictionary, start: start, count: 2, extra: path)
  }

  func task(
    _ record: JSONNode, _ found: RecordFields.Found, _ conversation: inout Conversation
  )
    throws(ChatReject)
  {
    let fields = options.fields
    func field(_ role: RecordRole, _ text: UnsafeBufferPointer<UInt8>) -> Value {
      let path = root(fields.name(of: role, in: found), .content, Int32(list.count))
      return unsafe heap.string(text, Origin(.field, author: path))
    }
    var user = unsafe field(.task, try fields.string(.task, in: found))
    let context = unsafe try fields.optionalString(.context, in: found)
    if !context.isEmpty {
      user = unsafe heap.join(heap.join(user, names.blank), field(.context, context))
    }
    let response = unsafe try fields.string(.response, in: found)
    message(role: names.user, content: user, &conversation)
    message(role: names.assistant, content: unsafe field(.response, response), &conversation)
  }
}
