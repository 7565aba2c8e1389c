import JSONText
import Jinja
import Problems

/// What a message says: a string or parts, in the form that the template takes.
extension ConversationReader {
  func content(
    _ parts: MessageParts, _ node: JSONNode, _ spans: JSONNode?, _ role: MessageRole?,
    _ path: UInt32, _ draft: inout Draft, _ bottom: Int, _ place: () -> String
  ) throws(Problem) {
    if role == .call, !parts.isList || !parts.texts.isEmpty {
      if try calls(saidBy: node, path, &draft, bottom, place) { return }
    }
    draft.hasContent = true
    if parts.isList {
      return try list(parts, node, role, path, &draft, bottom, place)
    }
    guard node.isString else {
      guard !options.isStrict || node.isArray else {
        throw wrongType(node, "\(place()).content", "a string or an array of parts")
      }
      let shown = value(node, path)
      if node.count > 0 || !node.isArray {
        (draft.turn.isEmpty, draft.turn.isBlank) = (false, false)
      }
      return add(names.content, shown, from: bottom)
    }
    let text =
      try spans.map { spans throws(Problem) in
        try self.spans(spans, of: node, path, &draft, place)
      } ?? value(node, path)
    say(text, &draft)
    add(names.content, role.map { inForm(text, $0, path) } ?? text, from: bottom)
  }

  private func say(_ text: Value, _ draft: inout Draft) {
    if text.extra > 0 { draft.turn.isEmpty = false }
    if !isBlank(text) { draft.turn.isBlank = false }
  }

  // MARK: Parts

  private func list(
    _ parts: MessageParts, _ node: JSONNode, _ role: MessageRole?, _ path: UInt32,
    _ draft: inout Draft, _ bottom: Int, _ place: () -> String
  ) throws(Problem) {
    func piece(_ text: JSONNode, _ part: MessageParts.Part) throws(Problem) -> Value {
      let above = paths.add(parent: path, index: part.index, like: path)
      try learn(part, above, place)
      guard let bytes = unsafe text.utf8 else { return .none }
      let field =
        part.node.isString
        ? above : paths.add(parent: above, key: heap.flat(names.text), like: above)
      return unsafe self.text(bytes, field)
    }
    var pieces: [Value] = []
    let first = paths.nodes.count
    for (part, text) in parts.texts { pieces.append(try piece(text, part)) }
    let joined = heap.join(pieces)
    say(joined, &draft)
    let form = role.flatMap { role in traits?.form(of: role) } ?? .either
    if form == .string {
      add(names.content, joined, from: bottom)
    } else if form == .onePart {
      add(names.content, textParts([joined], path), from: bottom)
    } else if parts.isPlain, parts.reasoning.isEmpty, parts.calls.isEmpty, parts.results.isEmpty {
      // The parts stand in the record's own list.
      for place in first..<paths.nodes.count { paths.carry(0, at: UInt32(place)) }
      let start = paths.nodes.count
      add(names.content, value(node, path), from: bottom)
      // What kind of part it is is no text of the record.
      for place in start..<paths.nodes.count where paths.isNamed("type", place, in: heap) {
        paths.carry(0, at: UInt32(place))
      }
    } else {
      add(names.content, textParts(pieces, path), from: bottom)
    }
    if !parts.reasoning.isEmpty {
      var thoughts: [Value] = []
      var size = 0
      let field = paths.add(
        parent: path, key: heap.flat(names.reasoning), turn: paths[Int(path)].turn, kind: .reasoning
      )
      paths.setField(.reasoning, of: field)
      for (_, text) in parts.reasoning {
        guard let bytes = unsafe text.utf8 else { continue }
        size += bytes.count
        thoughts.append(unsafe self.text(bytes, field))
      }
      let reasoning = heap.join(thoughts)
      paths.carry(size, at: field)
      say(reasoning, &draft)
      draft.reasoning = (0, reasoning)
      add(names.reasoning, reasoning, from: bottom)
    }
    if !parts.calls.isEmpty { usedTools(parts.calls, path, &draft, bottom) }
  }

  /// Keeps what a part's flags say of its text.
  private func learn(_ part: MessageParts.Part, _ path: UInt32, _ place: () -> String)
    throws(Problem)
  {
    guard part.node.isObject else { return }
    var learning = Learning()
    for (key, value) in part.node.members where !value.isAbsent {
      guard let name = unsafe key.utf8, case .flag = unsafe keys.field(name) else { continue }
      try unsafe learning.take(name, value, at: { "\(place()).content[\(part.index)]" })
    }
    if learning.weight != 1 { paths.setWeight(learning.weight, of: path) }
  }

  /// A list of parts, each a text.
  private func textParts(_ texts: [Value], _ path: UInt32) -> Value {
    var parts: [Value] = []
    for text in texts {
      let start = heap.entries.count
      heap.entries.append(
        Entry(key: names.type, value: heap.string(heap.flat(names.text), .template)))
      heap.entries.append(Entry(key: names.text, value: text))
      parts.append(Value(.dictionary, start: start, count: 2, extra: path))
    }
    let start = heap.items.count
    for part in parts { heap.items.append(part) }
    return Value(.list, start: start, count: parts.count, extra: path)
  }

  /// A text in the form that the template takes from a role: as it is, or as the only part of a list.
  func inForm(_ text: Value, _ role: MessageRole, _ path: UInt32) -> Value {
    guard text.extra > 0, let form = traits?.form(of: role) else { return text }
    return form == .parts || form == .onePart ? textParts([text], path) : text
  }

  // MARK: Spans

  /// The content cut into stretches with a weight each: `train_detail` names characters from 0, both ends included
  /// (Axolotl). A stretch that no span names is learned as the message is.
  private func spans(
    _ spans: JSONNode, of content: JSONNode, _ path: UInt32, _ draft: inout Draft,
    _ place: () -> String
  ) throws(Problem) -> Value {
    func field() -> String { "\(place()).train_detail" }
    guard spans.isArray, let text = unsafe content.utf8 else {
      throw wrongType(spans, field(), "an array of {\"begin_offset\", \"end_offset\", \"train\"}")
    }
    // Where each character starts, and the end.
    var starts: [Int] = []
    for index in text.indices where unsafe text[index] & 0xC0 != 0x80 { starts.append(index) }
    starts.append(text.count)
    var weights = [Float](repeating: 1, count: starts.count - 1)
    var index = 0
    for span in spans.elements {
      defer { index += 1 }
      guard let first = (span["begin_offset"] ?? span["begin"])?.int,
        let last = (span["end_offset"] ?? span["end"])?.int,
        let isLearned = span["train"]?.bool, first >= 0, first <= last, last < weights.count
      else {
        throw Problem(
          .wrongType, at: "\(field())[\(index)]",
          "is no span of the content's \(weights.count) characters",
          remedy: "write {\"begin_offset\": first, \"end_offset\": last, \"train\": true or false}")
      }
      if !isLearned { for place in first...last { weights[place] = 0 } }
    }
    var stretches: [Value] = []
    var start = 0
    while start < weights.count {
      let end = weights[start...].firstIndex { $0 != weights[start] } ?? weights.count
      let part = paths.copy(path)
      if weights[start] != 1 { paths.setWeight(weights[start], of: part) }
      let bytes = unsafe UnsafeBufferPointer(rebasing: text[starts[start]..<starts[end]])
      stretches.append(unsafe self.text(bytes, part))
      start = end
    }
    return heap.join(stretches)
  }
}
