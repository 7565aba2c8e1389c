import JSONText

/// Renders conversations through a chat template, with who wrote each byte and whether the model is to
/// learn it. One a worker: a warm renderer takes everything from its own storage.
public final class ChatRenderer {
  public let template: ChatTemplate
  public let options: ChatOptions
  let machine: Machine
  private let reader: ConversationReader
  var conversation = Conversation()
  private let base: ValueHeap.Mark
  private var record: ValueHeap.Mark
  /// The variables that no record changes.
  private let standing: [Value]
  private let slots: VariableSlots
  let rendered = RenderOutput()
  let probe = RenderOutput()
  var names = PathNames()
  var runs: [SupervisedBytes] = []

  /// Where in the context the variables of each record go; -1 where the template does not read them.
  private struct VariableSlots {
    var messages = -1
    var tools = -1
    var documents = -1
    var prompt = -1
  }

  public init(template: ChatTemplate, options: ChatOptions) {
    self.template = template
    self.options = options
    machine = Machine(template.program)
    let heap = machine.heap
    reader = ConversationReader(heap: heap, atoms: template.program.atoms, options: options)
    var standing: [Value] = []
    var slots = VariableSlots()
    for (index, name) in template.program.contextNames.enumerated() {
      let text = String(decoding: name, as: UTF8.self)
      var value = Value.missing
      if let function = GlobalFunction.byName[name] {
        value = Value(.builtin, bits: UInt64(function.rawValue))
      }
      switch text {
      case "messages": slots.messages = index
      case "tools": slots.tools = index
      case "documents": slots.documents = index
      case "add_generation_prompt": slots.prompt = index
      // The tokenizer's own texts are the template's: they may become control tokens.
      case "bos_token": if let bytes = options.beginningOfText { value = heap.string(bytes) }
      case "eos_token": if let bytes = options.endOfText { value = heap.string(bytes) }
      default: break
      }
      if let argument = options.arguments.last(where: { $0.name == text }) {
        value = reader.value(argument.value)
        if text == "bos_token" || text == "eos_token", value.isString {
          value = heap.string(heap.flat(value), .template)
        }
      }
      standing.append(value)
    }
    self.standing = standing
    self.slots = slots
    base = heap.mark
    record = base
  }

  /// Renders one record. Fills `samples` from its start, reusing what is there, and gives how many
  /// samples the record became: one, or one for each learned assistant turn where history is unrolled.
  /// Errors: the record is a reject. O(text), times the assistant turns for their prompts.
  public func render(_ record: JSONNode, into samples: inout [RenderedRecord]) throws(ChatReject)
    -> Int
  {
    try read(record)
    return try supervise(into: &samples)
  }

  /// The text alone, without masks: appended to `text`.
  public func renderText(_ record: JSONNode, into text: inout [UInt8]) throws(ChatReject) {
    try read(record)
    try run(conversation.turns.count, prompt: options.addGenerationPrompt, into: rendered)
    unsafe rendered.text.withElements(0..<rendered.text.count) {
      unsafe text.append(contentsOf: $0)
    }
  }

  func read(_ node: JSONNode) throws(ChatReject) {
    machine.heap.reset(to: base)
    try reader.read(node, into: &conversation)
    for index in standing.indices { machine.context[index] = standing[index] }
    if conversation.variables.tag == .dictionary {
      for index in conversation.variables.range {
        let entry = machine.heap.entries[index]
        let name = machine.heap.bytes(of: entry.key)
        if let slot = template.program.contextNames.firstIndex(of: name) {
          machine.context[slot] = entry.value
        }
      }
    }
    if slots.tools >= 0 { machine.context[slots.tools] = conversation.tools }
    if slots.documents >= 0 { machine.context[slots.documents] = conversation.documents }
    machine.date = conversation.date ?? options.date
    record = machine.heap.mark
  }

  /// Renders the first `count` messages.
  func run(_ count: Int, prompt: Bool, into output: RenderOutput) throws(ChatReject) {
    machine.heap.reset(to: record)
    machine.output = output
    if slots.messages >= 0 {
      machine.context[slots.messages] = Value(
        .list, start: conversation.messages.start, count: count)
    }
    if slots.prompt >= 0 { machine.context[slots.prompt] = .bool(prompt) }
    do throws(Machine.Raise) {
      try machine.run()
    } catch {
      throw reject(machine.failure)
    }
    guard output.text.count <= RenderOutput.maximumBytes else {
      throw ChatReject(
        .tooLarge, reason: "the text is longer than 1 GiB", remedy: "split the record")
    }
  }

  /// As `run`, for a prompt that may not exist: false where the template refuses.
  func tryRun(_ count: Int, prompt: Bool, into output: RenderOutput) -> Bool {
    do {
      try run(count, prompt: prompt, into: output)
      return true
    } catch {
      return false
    }
  }

  private func reject(_ failure: Machine.Failure) -> ChatReject {
    let place = template.source.place(of: max(0, failure.offset))
    let shown =
      failure.offset < 0 ? template.name : "\(template.name):\(place.line):\(place.column)"
    switch failure.kind {
    case .raised:
      return ChatReject(
        .templateRefused, field: "messages",
        reason: "the template refuses: \(failure.reason) [\(shown)]",
        remedy: "change the conversation to what the template takes")
    case .dateMissing:
      return ChatReject(
        .dateMissing, reason: "\(failure.reason) [\(shown)]",
        remedy: "give --date YYYY-MM-DD, or a date in the record")
    case .tooLarge:
      return ChatReject(
        .tooLarge, reason: "\(failure.reason) [\(shown)]",
        remedy: "mend the template or split the record")
    case .error, .undefined:
      let line = place.text.trimmingSpace()
      return ChatReject(
        .templateFailed, field: "messages",
        reason: "\(failure.reason) [\(shown): \(line.prefix(120))]",
        remedy: "give the record what the template reads")
    }
  }
}

/// The paths of records in words, each made once.
struct PathNames {
  private var known: [UInt64: String] = [:]

  /// A message's own fields recur in every record: their names are kept.
  mutating func name(of path: Int, in heap: ValueHeap) -> String {
    let node = heap.paths[path]
    guard node.parent > 0, node.keyCount >= 0, node.keyCount <= 20 else {
      return heap.describe(path: path)
    }
    let above = heap.paths[Int(node.parent)]
    guard above.isMessage, above.parent > 0, heap.paths[Int(above.parent)].parent == 0 else {
      return heap.describe(path: path)
    }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for part in [heap.paths[Int(above.parent)], node] {
      for index in Int(part.key)..<Int(part.key) + Int(part.keyCount) {
        hash = (hash ^ UInt64(heap.bytes[index])) &* 0x100_0000_01B3
      }
      hash = (hash ^ 0x2E) &* 0x100_0000_01B3
    }
    hash = (hash ^ UInt64(above.key)) &* 0x100_0000_01B3
    if let name = known[hash], name.utf8.count < 80 { return name }
    let name = heap.describe(path: path)
    if known.count < 1 << 14 { known[hash] = name }
    return name
  }
}

extension String {
  fileprivate func trimmingSpace() -> String {
    String(drop { $0 == " " || $0 == "\t" })
  }
}
