import JSONText
import Jinja
import Problems

/// Renders conversations through a chat template, with who wrote each byte and whether the model is to
/// learn it. One a worker: a warm renderer takes everything from its own storage.
public final class ChatRenderer {
  public let template: ChatTemplate
  public let options: ChatOptions
  let machine: Machine
  let paths = RecordPaths()
  private let reader: ConversationReader
  var conversation = Conversation()
  private let base: Mark
  private var record: Mark
  /// The variables that no record changes.
  private let standing: [Value]
  private let slots: VariableSlots
  let rendered = RenderOutput()
  let probe = RenderOutput()
  /// A render that ends with a turn.
  let alone = RenderOutput()
  /// The sample before this one of the same record, and its turns.
  let earlier = RenderOutput()
  /// The whole conversation with what prompts the next turn: the same for every turn of a sample.
  let prompted = RenderOutput()
  /// Renders of the first messages, made beside that of all of them.
  var prefixes = PrefixRenders()
  /// Whether `prompted` holds it, or the template refuses it; nil where it was not asked for yet.
  private var promptedHolds: Bool?
  var known: [SupervisedBytes] = []
  var extents: [TurnExtent] = []
  /// The assistant turns of a sample, and those of them that are learned.
  var turns: [SupervisedBytes] = []
  var names = PathNames()
  var runs: [SupervisedBytes] = []
  /// Whether the regions of `runs` follow each other as the turns do.
  var runsAreInOrder = true
  var ended = EndedRegions()
  /// The samples that the last record becomes.
  var plans: [SamplePlan] = []
  /// The turns that are learned, in order; each plan names a stretch of them.
  var selected: [Int] = []
  /// Whether the run's policy learns each turn, whatever flags say.
  var isSelected: [Bool] = []
  /// Which losses select each turn.
  var selections: [TokenClass.Selection] = []
  /// Stretches inside turns that others wrote, of all samples of the record.
  var gaps: [Range<Int>] = []
  /// Place of each path among those of a sample, and the number of the sample that is being filled.
  let shown = Arena<ShownPath>(capacity: 1 << 8)
  var sampleNumber = 0
  /// What the samples of the record hold of each path, how many of its messages they have between them, and which
  /// members nobody reads.
  var shares: [Share] = []
  var accounted = 0
  var isUnread: [Bool] = []
  /// What ends a turn when the model samples it.
  let stops: [[UInt8]]
  /// The template's text behind a turn.
  var closing: [UInt8] = []
  /// What a prompt of the record cost too much for.
  var crossing: Problem?
  /// Messages that the sample rendered last is without, to fit.
  var leftOut = 0..<0
  /// Messages that are left out of the render.
  var dropped = 0..<0 {
    didSet {
      promptedHolds = nil
      prefixes.isValid = false
    }
  }

  /// How far what lies in memory was filled.
  private struct Mark {
    var heap: ValueHeap.Mark
    var paths: Int
  }

  /// Where in the context the variables of each record go; -1 where the template does not read them.
  private struct VariableSlots {
    var messages = -1
    var tools = -1
    var documents = -1
    var prompt = -1
  }

  public convenience init(template: ChatTemplate, options: ChatOptions) {
    self.init(template: template, options: options, traits: TemplateTraits(template, options))
  }

  /// `traits`: what the template takes; nil for messages that go to it as they stand.
  init(template: ChatTemplate, options: ChatOptions, traits: TemplateTraits?) {
    self.template = template
    self.options = options
    stops = (options.endOfText.map { [$0] } ?? []) + options.stopTexts
    machine = Machine(template.template, host: paths)
    let heap = machine.heap
    reader = ConversationReader(
      heap: heap, paths: paths, atoms: template.template.atoms, options: options, traits: traits)
    var standing: [Value] = []
    var slots = VariableSlots()
    for (index, name) in template.template.contextNames.enumerated() {
      let text = String(decoding: name, as: UTF8.self)
      var value = Template.function(name) ?? .missing
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
    base = Mark(heap: heap.mark, paths: paths.nodes.count)
    record = base
  }

  /// Reads a record and gives how many samples it becomes: one, or one for each learned assistant turn where history
  /// is unrolled. `render` then gives them one by one: together they may be as large as the square of the record.
  /// Errors: the record is a reject.
  public func prepare(_ record: JSONNode) throws(Problem) -> Int {
    try read(record)
    dropped = 0..<0
    shares.removeAll(keepingCapacity: true)
    accounted = 0
    try plan(of: record)
    return plans.count
  }

  /// Renders a sample of the record that was prepared last. Errors: the record is a reject. O(text), times the assistant
  /// turns for their prompts; less where the samples come in order, as each goes on where the one before ended.
  public func render(sample index: Int, into sample: inout RenderedRecord) throws(Problem) {
    leftOut = 0..<0
    try render(plans[index], into: &sample)
  }

  /// Arguments of calls of the last record that were texts and were given to the template as objects.
  public var decodedArguments: Int { conversation.decodedArguments }
  /// Whether the last record got the run's own system turn.
  public var hasAddedSystem: Bool { conversation.hasAddedSystem }
  /// Of the words for roles that the user gave a meaning, in order, those that the last record has: bits by place.
  public var givenRoles: UInt64 { reader.givenRoles.heard }
  /// Whether another than the assistant speaks in the last record.
  public func hasTurn(of speaker: LossPolicy.Target) -> Bool {
    conversation.turns.contains {
      switch $0.role {
      case .system: speaker == .system
      case .user: speaker == .user
      case .tool: speaker == .tool
      case .assistant: false
      }
    }
  }
  /// Whether the last record has more than one answer.
  public var hasSeveralAnswers: Bool {
    var answers = 0
    for turn in conversation.turns where turn.role == .assistant && !turn.isPrompt { answers += 1 }
    return answers > 1
  }

  /// Where a sample of the last record may begin instead: the messages with which a later exchange starts
  /// (a user turn). What stands before the first user turn, such as a system turn, always stays.
  public func laterStarts(ofSample index: Int) -> [Int] {
    let turns = conversation.turns.prefix(plans[index].count)
    return Array(turns.indices.filter { turns[$0].role == .user }.dropFirst())
  }

  /// Renders a sample of the last record again, without the exchanges before message `start` (one of
  /// `laterStarts`). Paths and turn numbers stay those of the record.
  public func render(sample index: Int, from start: Int, into sample: inout RenderedRecord)
    throws(Problem)
  {
    let first = conversation.turns.firstIndex { $0.role == .user } ?? 0
    dropped = first..<max(first, start)
    defer { dropped = 0..<0 }
    leftOut = dropped
    known.removeAll(keepingCapacity: true)
    try render(plans[index], into: &sample)
  }

  /// The text of the record that was read last, without masks: appended to `text`.
  public func renderText(into text: inout [UInt8]) throws(Problem) {
    dropped = 0..<0
    try run(conversation.turns.count, prompt: options.addGenerationPrompt, into: rendered)
    unsafe rendered.text.withElements(0..<rendered.text.count) {
      unsafe text.append(contentsOf: $0)
    }
  }

  /// Reads a record: what `renderText` then renders. O(record).
  public func read(_ node: JSONNode) throws(Problem) {
    reset(to: base)
    machine.openRecord()
    known.removeAll(keepingCapacity: true)
    gaps.removeAll(keepingCapacity: true)
    promptedHolds = nil
    prefixes.isValid = false
    crossing = nil
    try reader.read(node, into: &conversation)
    for index in standing.indices { machine.context[index] = standing[index] }
    if conversation.variables.tag == .dictionary {
      for index in conversation.variables.range {
        let entry = machine.heap.entries[index]
        let name = machine.heap.bytes(of: entry.key)
        if let slot = template.template.contextNames.firstIndex(of: name) {
          machine.context[slot] = entry.value
        }
      }
    }
    if slots.tools >= 0 { machine.context[slots.tools] = conversation.tools }
    if slots.documents >= 0 { machine.context[slots.documents] = conversation.documents }
    paths.date = conversation.date ?? options.date
    record = Mark(heap: machine.heap.mark, paths: paths.nodes.count)
  }

  /// Whether a member of a message means something by its name, such as a flag.
  func reads(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    if case .other = unsafe reader.keys.field(name) { return false }
    return true
  }

  /// How many paths the record has: behind them stand those of short turns that a render added.
  var pathCount: Int { record.paths }

  private func reset(to mark: Mark) {
    machine.heap.reset(to: mark.heap)
    paths.nodes.truncate(to: mark.paths)
  }

  /// Renders the first `count` messages; with `addingTurn`, and a short turn of the assistant behind them.
  func run(_ count: Int, prompt: Bool, addingTurn: Bool = false, into output: RenderOutput)
    throws(Problem)
  {
    if output === rendered { prefixes.isValid = false }
    try run(count, prompt: prompt, addingTurn: addingTurn, forks: nil)
    machine.output.exchange(with: output)
  }

  /// As `run`, with other renders beside it, and leaves the text with the machine.
  func run(_ count: Int, prompt: Bool, addingTurn: Bool = false, forks: Forks?) throws(Problem) {
    reset(to: record)
    if slots.messages >= 0 {
      machine.context[slots.messages] = messages(count, addingTurn: addingTurn)
    }
    if slots.prompt >= 0 { machine.context[slots.prompt] = .bool(prompt) }
    do throws(Machine.Raise) {
      if let forks, slots.messages >= 0 {
        try machine.run(forks, list: slots.messages, flag: slots.prompt)
      } else {
        try machine.run()
      }
    } catch {
      throw reject(machine.failure)
    }
  }

  /// A short turn of the assistant for each message of an assistant, in place of it. They stay as long as the record does.
  func plainTurns() -> [Value] {
    reset(to: record)
    defer { record = Mark(heap: machine.heap.mark, paths: paths.nodes.count) }
    return conversation.turns.indices.map { turn in
      conversation.turns[turn].role == .assistant ? reader.plainTurn(turn) : .missing
    }
  }

  private func messages(_ count: Int, addingTurn: Bool) -> Value {
    let all = conversation.messages.start
    guard addingTurn || !dropped.isEmpty else { return Value(.list, start: all, count: count) }
    let turn = addingTurn ? reader.plainTurn(count) : nil
    let heap = machine.heap
    let start = heap.items.count
    for index in 0..<count where !dropped.contains(index) {
      heap.items.append(heap.items[all + index])
    }
    if let turn { heap.items.append(turn) }
    return Value(.list, start: start, count: heap.items.count - start)
  }

  /// As `run`, for a prompt that may not exist: false where the template refuses, and from where it costs too much
  /// on: then the record is a reject.
  func tryRun(_ count: Int, prompt: Bool, addingTurn: Bool = false, into output: RenderOutput)
    -> Bool
  {
    guard crossing == nil else { return false }
    if let isThere = prefix(count, prompt, addingTurn, into: output) { return isThere }
    do throws(Problem) {
      try run(count, prompt: prompt, addingTurn: addingTurn, into: output)
      return true
    } catch {
      if error.kind == .tooLarge { crossing = error }
      return false
    }
  }

  /// Whether the template prompts for a turn behind the whole conversation; `prompted` holds the text then.
  func runPrompted() -> Bool {
    if let promptedHolds { return promptedHolds }
    let holds = tryRun(conversation.turns.count, prompt: true, into: prompted)
    promptedHolds = holds
    return holds
  }

  private func reject(_ failure: Machine.Failure) -> Problem {
    let place = template.template.source.place(of: max(0, failure.offset))
    let shown =
      failure.offset < 0 ? template.name : "\(template.name):\(place.line):\(place.column)"
    switch failure.kind {
    case .raised:
      return Problem(
        .templateRefused, at: "messages", "the template refuses: \(failure.reason) [\(shown)]",
        remedy: "change the conversation to what the template takes\(otherRole)")
    case .dateMissing:
      return Problem(
        .dateMissing, reason: "\(failure.reason) [\(shown)]",
        remedy: "give \(OptionName.date("YYYY-MM-DD")), or a date in the record")
    case .tooLarge:
      return Problem(
        .tooLarge, reason: "\(failure.reason) [\(shown)]",
        remedy: "fix the template or split the record")
    case .unsupported:
      return Problem(
        .templateFailed, at: "messages", "\(failure.reason) [\(shown)]",
        remedy: "write the template without it")
    case .error, .undefined:
      let line = place.text.trimmingSpace()
      return Problem(
        .templateFailed, at: "messages",
        "\(failure.reason) [\(shown): \(line.prefix(120))]", remedy: remedy(failure.reason))
    }
  }

  /// How to give a role that few templates know another place.
  private var otherRole: String {
    for turn in conversation.turns {
      switch turn.named {
      case .developer:
        return ", or give the role another place: \(OptionName.role("developer=system"))"
      case .tool: return ", or give the role another place: \(OptionName.role("tool=user"))"
      default: continue
      }
    }
    return conversation.turns.contains { $0.named == .system }
      ? ", or give the role another place: \(OptionName.role("system=user"))" : ""
  }

  private func remedy(_ reason: String) -> String {
    for name in ["bos_token", "eos_token"] where reason == "'\(name)' is undefined" {
      return
        "name the model with \(OptionName.tokenizer), or give \(OptionName.templateArg("\(name)=TEXT"))"
    }
    return "give the record what the template reads"
  }
}

extension String {
  fileprivate func trimmingSpace() -> String {
    String(drop { $0 == " " || $0 == "\t" })
  }
}
