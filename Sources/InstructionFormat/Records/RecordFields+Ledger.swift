import JSONText

/// What nobody reads of a record.
extension RecordFields {
  /// Enters the members of an accepted record that its render was not given: the texts of those that the schema knows, the names of others.
  /// O(members), and the size of what is not read.
  public func enterUnread(
    _ found: Found, of record: JSONNode, isChat: Bool, schema: RecordSchema,
    into ledger: inout Ledger
  ) {
    let read = roles(found, schema, isChat: isChat)
    for (key, value) in record.members {
      guard !value.isAbsent, let name = unsafe key.utf8 else { continue }
      switch unsafe reading(of: value, named: name, found, read) {
      case .read: break
      case .unused(let field): ledger.add(field, rendered: 0, unused: value.textSize)
      case .path: unsafe enterBesidePath(name, value, &ledger)
      case .unknown:
        if isChat, unsafe name.isEqual(to: "date") || name.isEqual(to: "chat_template_kwargs") {
          continue
        }
        unsafe ledger.unread.add(name)
      }
    }
  }

  /// Of the roles to which the user gave a name, those that a record has and that its render was given: bits by
  /// `RecordRole.slot`.
  public func givenRoles(_ found: Found, isChat: Bool, schema: RecordSchema) -> UInt16 {
    var bits: UInt16 = 0
    for role in roles(found, schema, isChat: isChat) where given[role] != nil && found[role] != nil
    {
      bits |= 1 << UInt16(role.slot)
    }
    return bits
  }

  /// Enters what stands beside the value that the user gave a path to. O(members).
  private func enterBesidePath(
    _ name: UnsafeBufferPointer<UInt8>, _ value: JSONNode, _ ledger: inout Ledger
  ) {
    for (key, value) in value.members {
      guard !value.isAbsent, let key = unsafe key.utf8 else { continue }
      let isNamed = paths.contains { path in
        guard path.keys.count > 1 else { return false }
        return unsafe name.elementsEqual(path.keys[0].utf8) && key.elementsEqual(path.keys[1].utf8)
      }
      guard !isNamed else { continue }
      let path = unsafe Array(name) + [UInt8(ascii: ".")] + Array(key)
      unsafe path.withUnsafeBufferPointer { unsafe ledger.unread.add($0) }
    }
  }

  /// The roles that a render is given.
  private func roles(_ found: Found, _ schema: RecordSchema, isChat: Bool) -> [RecordRole] {
    switch schema {
    case .text: return Self.ofText
    case .messages where found.messages != nil: return Self.ofMessages
    default: return isChat ? Self.ofChat : Self.ofInstruction
    }
  }

  private static let ofText: [RecordRole] = [.text]
  private static let ofMessages: [RecordRole] = [.messages, .system, .history, .tools, .documents]
  private static let ofInstruction: [RecordRole] = [.task, .context, .response, .system]
  private static let ofChat: [RecordRole] = ofInstruction + [.history, .tools, .documents]
}

extension RecordRole {
  /// What texts under this role count to.
  var field: Ledger.Field? {
    switch self {
    case .task: .task
    case .context: .context
    case .response: .response
    case .text: .text
    case .messages: .messages
    case .system: .system
    case .history: .history
    case .tools: .tools
    case .documents: .documents
    case .role, .content: nil
    }
  }
}

extension JSONNode {
  /// Bytes of all texts inside, keys apart. O(size).
  var textSize: Int {
    switch kind {
    case .string: unsafe utf8?.count ?? 0
    case .array: elements.reduce(0) { $0 + $1.textSize }
    case .object: members.reduce(0) { $0 + $1.value.textSize }
    default: 0
    }
  }
}
