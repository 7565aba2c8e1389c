import JSONText
import Jinja
import Problems

/// Records that are no list of messages: a prompt and its completion, exchanges, a task and its response.
extension ConversationReader {
  // MARK: {"human": …, "assistant": …}

  /// The texts of a message that has one member for each speaker; nil where it is none.
  func exchange(_ node: JSONNode) -> [(role: MessageRole, name: JSONNode, text: JSONNode)]? {
    var found: [(role: MessageRole, name: JSONNode, text: JSONNode)] = []
    for (key, value) in node.members where value.isString {
      guard let word = unsafe key.utf8, let role = unsafe role(word), role != .call,
        unsafe !word.isEqual(to: "context")
      else { continue }
      found.append((role, key, value))
    }
    guard !found.isEmpty else { return nil }
    let order: [MessageRole] = [.system, .developer, .user, .assistant, .tool, .call]
    return order.flatMap { role in found.filter { $0.role == role } }
  }

  func add(
    _ exchange: [(role: MessageRole, name: JSONNode, text: JSONNode)], _ node: JSONNode,
    _ path: UInt32, _ place: String, _ conversation: inout Conversation
  ) throws(Problem) {
    let members = try MessageMembers(node, keys, at: { place })
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
