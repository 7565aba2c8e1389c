import JSONText
import Jinja
import Problems

/// Records that are no list of messages: a prompt and its completion, exchanges, a task and its response.
extension ConversationReader {
  // MARK: {"human": …, "assistant": …}

  /// A message that has one member for each speaker.
  typealias Exchange = [(role: MessageRole, name: JSONNode, text: JSONNode)]

  /// The texts of an exchange, by who speaks first; nil where the message is none.
  func exchange(_ node: JSONNode, at place: () -> String) throws(Problem) -> Exchange? {
    var found: Exchange = []
    for (key, value) in node.members where !value.isAbsent {
      guard let word = unsafe key.utf8, let role = unsafe speaker(word) else { continue }
      if found.contains(where: { $0.role == role }) { return nil }
      found.append((role, key, value))
    }
    guard found.contains(where: { $0.text.isString }) else { return nil }
    if let other = found.first(where: { !$0.text.isString }) {
      throw wrongType(other.text, "\(place()).\(other.name.string ?? "")", "a string")
    }
    // A record of a set that has a column for it may have none.
    found.removeAll { $0.role == .system && $0.text.isEmpty }
    let order: [MessageRole] = [.system, .developer, .user, .assistant, .tool, .call]
    return order.flatMap { role in found.filter { $0.role == role } }
  }

  /// Who says a member of an exchange: a word for a role, or a name for the question or the answer.
  private func speaker(_ name: UnsafeBufferPointer<UInt8>) -> MessageRole? {
    if let role = unsafe role(name) {
      return unsafe role == .call || name.isEqual(to: "context") ? nil : role
    }
    return unsafe Self.sidesOfExchanges.find(name)
  }

  private static let sidesOfExchanges = NameTable<MessageRole>(
    (RecordRole.task.usualNames + ["input"]).map { (Array($0.utf8), MessageRole.user) }
      + RecordRole.response.usualNames.map { (Array($0.utf8), MessageRole.assistant) })

  func add(
    _ exchange: Exchange, _ node: JSONNode, _ path: UInt32, _ place: String,
    _ conversation: inout Conversation
  ) throws(Problem) {
    let members = try MessageMembers(node, keys, at: { place })
    let turn = Int32(list.count)
    for (role, name, text) in exchange {
      guard let key = unsafe name.utf8, let bytes = unsafe text.utf8 else { continue }
      let turn = Int32(list.count)
      let field = paths.add(
        parent: path, key: heap.flat(unsafe self.key(key)), turn: turn, kind: .content)
      let message = paths.add(
        parent: path, index: list.count, turn: turn, kind: .otherField, isMessage: true)
      add(
        role, unsafe self.text(bytes, field), message, field,
        members.learning, &conversation)
    }
    // What else it holds has a place in the ledger: no render is given it.
    let rest = paths.add(
      parent: path, index: Int(turn), turn: turn, kind: .otherField, isMessage: true)
    for (key, child) in node.members where !child.isAbsent && !child.isEmpty {
      guard let name = unsafe key.utf8, unsafe !keys.isFlag(name),
        !exchange.contains(where: { $0.text.index == child.index })
      else { continue }
      let field = paths.add(
        parent: rest, key: heap.flat(unsafe self.key(name)), turn: turn, kind: .otherField)
      _ = value(child, field)
    }
  }

  // MARK: {"role": […], "content": […]}

  /// Messages in columns, as `datasets` writes a list whose features it knows. False where the object is none.
  func columns(
    _ node: JSONNode, _ root: UInt32, _ field: String, _ conversation: inout Conversation
  ) throws(Problem) -> Bool {
    let members = try MessageMembers(node, keys, at: { field })
    guard let roles = members.role, let contents = members.content, roles.node.isArray,
      contents.node.isArray
    else { return false }
    let contentName = String(decoding: keys.content[contents.rank], as: UTF8.self)
    guard roles.node.count == contents.node.count else {
      throw Problem(
        .wrongType, at: "\(field).\(contentName)",
        "has \(contents.node.count) values for \(roles.node.count) roles",
        remedy: "write an array of messages")
    }
    for (key, column) in node.members
    where column.index != roles.node.index && column.index != contents.node.index
      && column.elements.contains(where: { !$0.isAbsent })
    {
      throw Problem(
        .wrongType, at: "\(field).\(key.string ?? "")",
        "only roles and contents are read of messages in columns",
        remedy: "write an array of messages")
    }
    let column = paths.add(
      parent: root, key: heap.flat(contentKeys[contents.rank]), turn: -1, kind: .otherField)
    var texts = contents.node.elements.makeIterator()
    var index = 0
    for word in roles.node.elements {
      defer { index += 1 }
      let text = texts.next()
      guard let text, let bytes = unsafe text.utf8 else {
        throw wrongType(text ?? word, "\(field).\(contentName)[\(index)]", "a string")
      }
      let turn = Int32(list.count)
      let place = "\(field).\(String(decoding: keys.role[roles.rank], as: UTF8.self))[\(index)]"
      // There is no message of the record's own that a template could be shown as it stands.
      guard let role = try self.role(of: word, at: place) else {
        throw unknownRole(word, at: place)
      }
      let content = paths.add(parent: column, index: index, turn: turn, kind: .content)
      let message = paths.add(
        parent: root, index: index, turn: turn, kind: .otherField, isMessage: true)
      add(role, unsafe self.text(bytes, content), message, content, Learning(), &conversation)
    }
    return true
  }

  // MARK: Prompt and completion

  /// A prompt and its completion, one of them messages: only the completion is learned.
  func sides(
    _ prompt: JSONNode, _ completion: JSONNode, _ found: RecordFields.Found,
    _ conversation: inout Conversation
  ) throws(Problem) {
    let fields = options.fields
    // A completion that is the whole conversation (as in preference data) repeats its prompt.
    if completion.isArray, let first = completion.elements.first(where: { _ in true }),
      repeats(prompt, first)
    {
      try messages(
        completion, fields.name(of: .response, in: found), as: .response, &conversation)
      let asked = prompt.isArray ? prompt.count : 1
      for turn in conversation.turns.indices.prefix(asked) {
        conversation.turns[turn].isPrompt = true
      }
      return
    }
    try side(prompt, fields.name(of: .task, in: found), .task, .user, &conversation)
    for turn in conversation.turns.indices { conversation.turns[turn].isPrompt = true }
    try side(
      completion, fields.name(of: .response, in: found), .response, .assistant, &conversation)
  }

  private func side(
    _ node: JSONNode, _ field: String, _ counted: Ledger.Field, _ role: MessageRole,
    _ conversation: inout Conversation
  ) throws(Problem) {
    if let text = unsafe node.utf8 {
      let path = root(field, .content, Int32(list.count), counted)
      unsafe add(role, text, path, &conversation)
    } else if node.isArray, let first = node.elements.first(where: { _ in true }), !first.isObject {
      throw wrongType(node, field, "a string or an array of messages")
    } else {
      try messages(node, field, as: counted, &conversation)
    }
  }

  /// Whether a conversation that starts with `first` starts with the prompt.
  private func repeats(_ prompt: JSONNode, _ first: JSONNode) -> Bool {
    if let start = prompt.elements.first(where: { _ in true }) { return start.isEqual(to: first) }
    guard let members = try? MessageMembers(first, keys, at: { "" }),
      let word = unsafe members.role?.node.utf8, unsafe role(word) == .user,
      let text = members.content?.node
    else { return false }
    return text.isEqual(to: prompt)
  }

  // MARK: Task and response

  /// A task and its context are the user's turn, the response is the assistant's.
  func instruction(
    _ record: JSONNode, _ found: RecordFields.Found, _ conversation: inout Conversation
  ) throws(Problem) {
    let fields = options.fields
    let texts = try fields.instruction(found, of: record)
    let turn = Int32(list.count)
    let task = root(fields.name(of: .task, in: found), .content, turn, .task)
    var user = unsafe text(texts.task, task)
    func append(_ name: String, _ bytes: UnsafeBufferPointer<UInt8>) {
      guard !bytes.isEmpty else { return }
      if user.extra > 0 { user = heap.join(user, names.blank) }
      let path = root(name, .content, turn, .context)
      user = heap.join(user, unsafe text(bytes, path))
    }
    unsafe append(fields.name(of: .context, in: found), texts.context)
    if let second = found.secondContext {
      unsafe append(RecordRole.context.usualNames[second.rank], texts.secondContext)
    }
    add(.user, user, task, &conversation)
    let response = root(
      fields.name(of: .response, in: found), .content, Int32(list.count), .response)
    unsafe add(.assistant, texts.response, response, &conversation)
  }
}
