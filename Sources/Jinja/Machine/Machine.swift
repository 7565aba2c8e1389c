/// Runs a compiled template. One per worker: everything it makes lies in its heap until the next render.
package final class Machine {
  /// A render stopped; `failure` says why.
  package struct Raise: Error {}

  package struct Failure {
    package enum Kind {
      case raised, error, undefined, dateMissing
      /// What jinja2 has and this does not.
      case unsupported
      case tooLarge
    }
    package var kind: Kind
    package var reason: String
    /// Byte offset in the template, -1 where it is not known.
    package var offset: Int
  }

  enum Flow: UInt8 { case on, leave, next }

  static let maximumCalls = 120

  let program: Program
  package let heap = ValueHeap()
  /// What the last render printed.
  package let output = RenderOutput()
  let registers = Registers()
  let slots = Arena<Value>(capacity: 256)
  /// Pieces of blocks and macros whose text is caught instead of printed.
  let caught = Arena<Piece>(capacity: 256)
  let arguments = Arena<Value>(capacity: 64)
  let keywords = Arena<Entry>(capacity: 16)
  /// The namespaces of a render that may be forked.
  let namespaces = Arena<Int>(capacity: 8)
  /// The renders of fewer items that are asked for beside this one.
  var forks: Forks?
  /// Places of the list and of the flag in `context`; -1 where the template does not read it.
  var forkedList = -1
  var forkedFlag = -1
  /// What the caller gives to the template, in the order of the program's context names.
  package let context: Arena<Value>
  let nodes: Table<Program.Node>
  let lists: Table<Int32>
  let loops: Table<Program.LoopCode>
  /// What is done on entry to each scope: places in `loads`.
  let scopes: Table<Program.Loads>
  let loads: Table<Program.ScopeLoad>
  let constants: Table<Value>
  /// The container method that an atom names, if it names one.
  let containerMethods: Table<ContainerMethod?>
  /// Failures that iterators come to at their ends.
  var failures: [Failure] = []
  package internal(set) var failure = Failure(kind: .error, reason: "", offset: -1)
  let host: any TemplateHost
  let budget: Budget
  /// What is left of the steps of a record.
  var recordSteps: Int
  let filters = Library.filters.functions
  let tests = Library.tests.functions
  let stringMethods = Library.stringMethods.functions

  package init(_ template: Template, host: any TemplateHost, budget: Budget = Budget()) {
    let program = template.program
    self.program = program
    self.host = host
    self.budget = budget
    recordSteps = budget.recordSteps
    context = Arena(repeating: .missing, count: program.contextNames.count)
    nodes = Table(program.nodes)
    lists = Table(program.lists)
    loops = Table(program.loops)
    loads = Table(program.scopes.flatMap { $0 })
    var scopes: [Program.Loads] = []
    for scope in program.scopes {
      let start = scopes.last?.end ?? 0
      scopes.append(Program.Loads(start: start, end: start + Int32(scope.count)))
    }
    self.scopes = Table(scopes)
    let heap = heap
    constants = Table(
      program.constants.map { constant in
        switch constant {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .big(let value): return heap.integer(value)
        case .float(let bits): return Value(.float, bits: bits)
        case .string(let text):
          var value = heap.string(text)
          value.atom = program.atoms.find(text) ?? 0
          return value
        }
      })
    containerMethods = Table(
      (0..<program.atoms.count).map { ContainerMethod.byName[program.atoms.text(UInt16($0))] })
  }

  /// Renders into `output`. `context` must be filled. Takes what it costs from the budget of the record.
  package func run() throws(Raise) {
    output.removeAll()
    slots.truncate(to: 0)
    caught.truncate(to: 0)
    arguments.truncate(to: 0)
    keywords.truncate(to: 0)
    namespaces.truncate(to: 0)
    registers.reset()
    failures.removeAll()
    registers.depth = program.mainDepth
    slots.append(repeating: .missing, count: program.mainSlots)
    openBudget()
    let steps = stepsLeft
    defer { recordSteps -= steps - stepsLeft }
    try charge(program.nodes.count)
    openForks()
    try enter(program.mainScope)
    _ = try run(program.main)
    try closeBudget()
  }

  func raise(_ reason: @autoclosure () -> String, _ kind: Failure.Kind = .error) -> Raise {
    failure = Failure(kind: kind, reason: reason(), offset: -1)
    return Raise()
  }

  /// Marks where the template was, unless something deeper already did.
  @inline(never)
  func locate(_ offset: Int32) {
    if failure.offset < 0 { failure.offset = Int(offset) }
  }
}
