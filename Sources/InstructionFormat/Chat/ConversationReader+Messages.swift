import JSONText
import Jinja
import Problems

/// Messages of a record.
extension ConversationReader {
  /// `counted`: the field of the record that they are.
  func messages(
    _ node: JSONNode, _ field: String, as counted: Ledger.Field = .messages,
    _ conversation: inout Conversation
  ) throws(Problem) {
    guard let messages = nested.container(node) else {
      throw wrongType(node, field, "an array of messages")
    }
    let root = self.root(field, .otherField, -1, counted)
    guard messages.isArray else {
      if try columns(messages, root, field, &conversation) { return }
      // One exchange that is no list.
      guard let exchange = try exchange(messages, at: { field }) else {
        throw wrongType(node, field, "an array of messages")
      }
      return try add(exchange, messages, root, field, &conversation)
    }
    var index = 0
    for message in messages.elements {
      try self.message(message, root, index, field, &conversation)
      index += 1
    }
  }

  /// Message `index` of the array at `root`. Parts that hold results of tools become turns of their own before it.
  func message(
    _ node: JSONNode, _ root: UInt32, _ index: Int, _ field: String,
    _ conversation: inout Conversation
  ) throws(Problem) {
    let place = { "\(field)[\(index)]" }
    guard node.isObject else { throw wrongType(node, place(), "a message (an object)") }
    let members = try MessageMembers(node, keys, at: place)
    if let (first, second) = members.rivals, options.isStrict {
      let name = String(decoding: keys.content[first], as: UTF8.self)
      throw Problem(
        .ambiguousField, at: "\(place()).\(name)",
        "the message holds a content under \"\(name)\" and another under \"\(String(decoding: keys.content[second], as: UTF8.self))\"",
        remedy: "say which one counts: \(OptionName.field("content=\(name)"))")
    }
    if let media = members.media, options.isStrict {
      throw Problem(
        .mediaPart, at: "\(place()).\(media)",
        "the message has images, audio or video, which are not text",
        remedy: "leave such records out, or remove the member if the text stands alone")
    }
    if members.role == nil, members.content == nil, let exchange = try exchange(node, at: place) {
      let path = paths.add(parent: root, index: index, turn: -1, kind: .otherField)
      return try add(exchange, node, path, place(), &conversation)
    }
    let role = try self.role(of: members, in: node, at: place)
    let parts = try MessageParts(members.content?.node, isStrict: options.isStrict, at: place)
    let above = paths.add(
      parent: root, index: index, turn: Int32(list.count + parts.results.count), kind: .otherField,
      isMessage: true)
    for result in parts.results { try add(result, below: above, members.learning, &conversation) }
    // A message of results alone is those turns.
    if !parts.results.isEmpty, parts.isEmpty { return }
    try add(node, members, parts, role, above, &conversation, at: place)
  }

  private func role(
    of members: MessageMembers, in message: JSONNode, at place: () -> String
  ) throws(Problem) -> MessageRole? {
    guard let (node, rank) = members.role else {
      guard options.isStrict else { return nil }
      // Under another name, it is known by what it says.
      let named = message.members.first { _, value in
        unsafe value.utf8.map { unsafe self.role($0) != nil } ?? false
      }
      throw Problem(
        .missingField, at: "\(place()).role", "the message has no role",
        remedy: named.map { "read it with \(OptionName.field("role=\($0.key.string ?? "")"))" }
          ?? "add a role: system, user, assistant or tool")
    }
    return try self.role(
      of: node, at: "\(place()).\(String(decoding: keys.role[rank], as: UTF8.self))")
  }

  /// The role that a word at `place` names; nil for one that nobody knows, where those are let through.
  func role(of node: JSONNode, at place: @autoclosure () -> String) throws(Problem) -> MessageRole?
  {
    guard let word = unsafe node.utf8 else { throw wrongType(node, place(), "a string") }
    if let role = unsafe role(word) { return role }
    guard options.isStrict else { return nil }
    throw unknownRole(node, at: place())
  }

  func unknownRole(_ word: JSONNode, at place: String) -> Problem {
    let shown = word.string ?? ""
    let near = NearName.of(shown, among: MessageRole.known)
    return Problem(
      .unknownRole, at: place, "unknown role \"\(shown)\"",
      remedy: (near.map { "did you mean `\($0)`? Else say" } ?? "say")
        + " what it means, as in \(OptionName.role("\(shown)=user"))")
  }

  // MARK: One message

  private func add(
    _ node: JSONNode, _ members: MessageMembers, _ parts: MessageParts, _ role: MessageRole?,
    _ path: UInt32, _ conversation: inout Conversation, at place: () -> String
  ) throws(Problem) {
    let bottom = scratch.count
    defer { scratch.truncate(to: bottom) }
    let turn = Int32(list.count)
    var draft = Draft(
      turn: Conversation.Turn(
        role: role?.speaker ?? .user, named: role, path: path, learning: members.learning,
        isEmpty: true, isBlank: true))
    for (key, child) in node.members {
      guard let name = unsafe key.utf8, !child.isAbsent else { continue }
      func field(_ name: Value, _ kind: RecordPaths.Node.Kind) -> UInt32 {
        paths.add(parent: path, key: heap.flat(name), turn: turn, kind: kind)
      }
      switch unsafe keys.field(name) {
      case .role(let rank) where rank == members.role?.rank:
        add(names.role, word(role, child, field(roleKeys[rank], .role)), from: bottom)
      case .content(let rank) where rank == members.content?.rank:
        let above = field(contentKeys[rank], .content)
        try content(parts, child, members.spans, role, above, &draft, bottom, place)
      case .reasoning(let rank):
        let shown = unsafe self.key(name)
        reasoning(child, rank, shown, field(shown, .reasoning), &draft, bottom)
      case .toolCalls:
        try calls(child, field(unsafe self.key(name), .toolCall), &draft, bottom, place)
      case .functionCall:
        let above = field(unsafe self.key(name), .toolCall)
        try functionCall(child, members, above, &draft, bottom, place)
      default:
        let shown = unsafe self.key(name)
        add(shown, value(child, field(shown, .otherField)), from: bottom)
      }
    }
    guard !options.isStrict || draft.hasContent || !draft.turn.isEmpty else {
      throw Problem(
        .missingField, at: "\(place()).content", "the message has no content",
        remedy: "add a content (it may be empty)")
    }
    close(draft, path, bottom, &conversation)
  }

  /// What is gathered of a message while its members are read.
  struct Draft {
    var turn: Conversation.Turn
    var hasContent = false
    var reasoning: (rank: Int, value: Value)?
  }

  /// The role as the template is to read it: its own word, unless only the record's spelling has a place there.
  private func word(_ role: MessageRole?, _ node: JSONNode, _ path: UInt32) -> Value {
    guard let spelled = unsafe node.utf8 else { return value(node, path) }
    guard let role else { return unsafe heap.string(spelled, Origin(.field, author: path)) }
    let word = unsafe UnsafeBufferPointer(
      start: role.word.utf8Start, count: role.word.utf8CodeUnitCount)
    if role == .tool, let traits, unsafe traits.prefers(spelled, to: word) {
      return unsafe heap.string(spelled, Origin(.word, author: path))
    }
    return unsafe heap.string(word, Origin(.word, author: path))
  }

  private func reasoning(
    _ node: JSONNode, _ rank: Int, _ name: Value, _ path: UInt32, _ draft: inout Draft,
    _ bottom: Int
  ) {
    let converted = value(node, path)
    if !converted.isString || converted.extra > 0 { draft.turn.isEmpty = false }
    if !isBlank(converted) { draft.turn.isBlank = false }
    if rank < draft.reasoning?.rank ?? 3 { draft.reasoning = (rank, converted) }
    add(name, converted, from: bottom)
  }

  /// Makes a message of the members in `scratch`. Reasoning goes by several names: `thinking` first,
  /// `reasoning_content` last, as `transformers` does.
  func close(
    _ draft: Draft, _ path: UInt32, _ bottom: Int, _ conversation: inout Conversation
  ) {
    let start = heap.entries.count
    if let reasoning = draft.reasoning {
      if let known = find(names.thinking, from: bottom) {
        heap.entries.append(scratch[known])
      } else {
        heap.entries.append(Entry(key: names.thinking, value: reasoning.value))
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
    conversation.turns.append(draft.turn)
  }

  // MARK: Messages that the reader makes

  /// A message of a role and a text that stands at a path of the record.
  func add(
    _ role: MessageRole, _ text: UnsafeBufferPointer<UInt8>, _ field: UInt32,
    _ conversation: inout Conversation
  ) {
    unsafe add(role, self.text(text, field), field, &conversation)
  }

  /// A message of a role and a content. `field`: what errors name.
  func add(
    _ role: MessageRole, _ content: Value, _ field: UInt32, _ conversation: inout Conversation
  ) {
    let message = paths.add(
      parent: 0, index: list.count, turn: Int32(list.count), kind: .otherField, isMessage: true)
    add(role, content, message, field, Learning(), &conversation)
  }

  func add(
    _ role: MessageRole, _ content: Value, _ path: UInt32, _ field: UInt32, _ learning: Learning,
    _ conversation: inout Conversation, callID: Value? = nil
  ) {
    let bottom = scratch.count
    defer { scratch.truncate(to: bottom) }
    let rolePath = paths.add(
      parent: path, key: heap.flat(names.role), turn: Int32(list.count), kind: .role)
    let word = unsafe heap.string(
      UnsafeBufferPointer(start: role.word.utf8Start, count: role.word.utf8CodeUnitCount),
      Origin(.word, author: rolePath))
    scratch.append(Entry(key: names.role, value: word))
    let shown = content.isString ? inForm(content, role, path) : content
    scratch.append(Entry(key: names.content, value: shown))
    if let callID { scratch.append(Entry(key: names.callID, value: callID)) }
    let draft = Draft(
      turn: Conversation.Turn(
        role: role.speaker, named: role, path: field, learning: learning,
        isEmpty: content.isString && content.extra == 0, isBlank: isBlank(content)))
    close(draft, path, bottom, &conversation)
  }

  /// A turn of the assistant that says one word: message number `turn`, of no record.
  func plainTurn(_ turn: Int) -> Value {
    let path = paths.add(
      parent: 0, index: turn, turn: Int32(turn), kind: .otherField, isMessage: true)
    let content = root("content", .content, Int32(turn), nil)
    let start = heap.entries.count
    heap.entries.append(Entry(key: names.role, value: names.assistant))
    heap.entries.append(
      Entry(
        key: names.content,
        value: inForm(heap.string("x", Origin(.field, author: content)), .assistant, path)))
    return Value(.dictionary, start: start, count: 2, extra: path)
  }

  /// Whether a text is empty or white space; other values are not.
  func isBlank(_ value: Value) -> Bool {
    guard value.isString else { return value.tag == .list && value.count == 0 }
    for index in value.range {
      let isBlank = unsafe heap.bytes.withElements(heap.pieces[index].range) { bytes in
        unsafe bytes.allSatisfy { $0 <= 0x20 }
      }
      guard isBlank else { return false }
    }
    return true
  }
}
