import JSONText
import Jinja
import Problems

/// Calls of tools, their results, and the tools themselves.
extension ConversationReader {
  // MARK: Calls

  /// `tool_calls`: a list, or its JSON as text.
  func calls(
    _ node: JSONNode, _ path: UInt32, _ draft: inout Draft, _ bottom: Int,
    _ place: () -> String
  ) throws(Problem) {
    let calls = nested.container(node) ?? node
    guard calls.isArray || !options.isStrict else {
      throw wrongType(node, "\(place()).tool_calls", "an array of calls")
    }
    if calls.count > 0 { take(&draft) }
    add(names.calls, call(calls, path), from: bottom)
  }

  /// `function_call`: one call, as OpenAI's messages had it before `tool_calls`.
  func functionCall(
    _ node: JSONNode, _ members: MessageMembers, _ path: UInt32, _ draft: inout Draft,
    _ bottom: Int, _ place: () -> String
  ) throws(Problem) {
    guard members.calls == nil, let call = nested.container(node), call.isObject else {
      guard options.isStrict, members.calls == nil else {
        return add(key("function_call"), value(node, path), from: bottom)
      }
      throw wrongType(node, "\(place()).function_call", "a call {\"name\": …, \"arguments\": …}")
    }
    take(&draft)
    add(names.calls, wrapped([self.call(call, path)], path), from: bottom)
  }

  /// Calls that a message of their own makes (ShareGPT's `function_call`): its content is JSON. False where the
  /// content is no call and the reader is not strict.
  func calls(
    saidBy node: JSONNode, _ path: UInt32, _ draft: inout Draft, _ bottom: Int,
    _ place: () -> String
  ) throws(Problem) -> Bool {
    let said = nested.container(node)
    let calls = said.map { $0.isArray ? Array($0.elements) : [$0] } ?? []
    guard !calls.isEmpty, calls.allSatisfy({ $0["name"] != nil || $0["function"] != nil }) else {
      guard options.isStrict else { return false }
      throw wrongType(
        node, "\(place()).content", "a call {\"name\": …, \"arguments\": …}, or an array of them")
    }
    take(&draft)
    let callPath = paths.add(
      parent: path, key: heap.flat(names.calls), turn: paths[Int(path)].turn, kind: .toolCall)
    var values: [Value] = []
    for node in calls {
      let value = self.call(node, callPath)
      values.append(node["function"] == nil ? function(value, callPath) : value)
    }
    add(names.content, heap.string(""), from: bottom)
    add(names.calls, list(values, callPath), from: bottom)
    return true
  }

  /// Parts `tool_use`: `{"id", "name", "input"}`.
  func usedTools(
    _ parts: [MessageParts.Part], _ path: UInt32, _ draft: inout Draft, _ bottom: Int
  ) {
    take(&draft)
    var values: [Value] = []
    for part in parts {
      let above = paths.add(
        parent: path, index: part.index, turn: paths[Int(path)].turn, kind: .toolCall)
      func member(_ key: StaticString, _ name: Value) -> Entry? {
        guard let node = part.node[key], !node.isAbsent else { return nil }
        return Entry(key: name, value: value(node, above))
      }
      let members = [member("name", names.name), member("input", names.arguments)].compactMap { $0 }
      let id = member("id", names.id)
      let start = heap.entries.count
      for entry in members { heap.entries.append(entry) }
      let function = Value(.dictionary, start: start, count: members.count, extra: above)
      values.append(self.function(function, above, id: id))
    }
    add(names.calls, list(values, path), from: bottom)
  }

  private func take(_ draft: inout Draft) {
    draft.turn.isEmpty = false
    draft.turn.isBlank = false
    draft.turn.hasCalls = true
  }

  private func wrapped(_ calls: [Value], _ path: UInt32) -> Value {
    list(calls.map { function($0, path) }, path)
  }

  /// `{"type": "function", "function": …}`.
  private func function(_ call: Value, _ path: UInt32, id: Entry? = nil) -> Value {
    let start = heap.entries.count
    if let id { heap.entries.append(id) }
    heap.entries.append(
      Entry(key: names.type, value: heap.string(heap.flat(names.function), .template)))
    heap.entries.append(Entry(key: names.function, value: call))
    return Value(.dictionary, start: start, count: heap.entries.count - start, extra: path)
  }

  private func list(_ values: [Value], _ path: UInt32) -> Value {
    let start = heap.items.count
    for value in values { heap.items.append(value) }
    return Value(.list, start: start, count: values.count, extra: path)
  }

  /// A call, or a list of calls: arguments that are JSON in a text become an object where the template would write
  /// the text as JSON once more.
  private func call(_ node: JSONNode, _ path: UInt32) -> Value {
    value(node, path, decoding: traits?.encodesArguments ?? false ? .arguments : .nothing)
  }

  // MARK: Results

  /// A part `tool_result`: a turn of its own.
  func add(
    _ result: MessageParts.Part, below path: UInt32, _ learning: Learning,
    _ conversation: inout Conversation
  ) throws(Problem) {
    let turn = Int32(list.count)
    let above = paths.add(
      parent: path, index: result.index, turn: turn, kind: .otherField, isMessage: true)
    let content = result.node["content"]
    let field = paths.add(parent: above, key: heap.flat(names.content), turn: turn, kind: .content)
    let parts = try MessageParts(
      content, isStrict: options.isStrict,
      at: { paths.describe(Int(above), in: heap) })
    var text = heap.string("")
    if parts.isList {
      var texts: [Value] = []
      for (part, node) in parts.texts {
        guard let bytes = unsafe node.utf8 else { continue }
        let place = paths.add(parent: field, index: part.index, like: field)
        texts.append(unsafe self.text(bytes, place))
      }
      text = heap.join(texts)
    } else if let content, !content.isAbsent {
      text = value(content, field)
    }
    let id = result.node["tool_use_id"].map {
      value($0, paths.add(parent: above, key: heap.flat(names.id), turn: turn, kind: .otherField))
    }
    add(.tool, text, above, above, learning, &conversation, callID: id)
  }

  // MARK: Tools

  /// The tools of a record. `parameters` may be JSON in a text; `functions` are tools without their wrapping.
  func tools(_ node: JSONNode, _ path: UInt32, areFunctions: Bool) -> Value {
    guard areFunctions else { return value(node, path, decoding: .parameters) }
    var values: [Value] = []
    var index = 0
    for element in node.elements {
      let place = paths.add(parent: path, index: index, like: path)
      let value = self.value(element, place, decoding: .parameters)
      values.append(element["function"] == nil ? function(value, place) : value)
      index += 1
    }
    return list(values, path)
  }
}
