/// A compiled template: nodes in one array, children by index. Plain bytes to walk, nothing counted.
struct Program: Sendable {
  enum Operation: UInt8 {
    // Expressions. a, b, c are nodes unless said otherwise.
    case constant  // a: constant
    case local  // a: slot, b: name constant
    case attribute  // a, b: name constant, c: `MemberName`
    case key  // a, b: name constant, c: `MemberName`; an item of a constant text
    case outer  // a: slot, b: name constant, c: levels up
    case context  // a: context variable, b: name constant
    case tuple, list  // a: child list
    case dictionary  // a: child list of key, value
    case condition  // a test, b then, c otherwise or -1
    case and, or, not, negative, positive
    case binary  // a, b; c: operator
    case sum  // a: child list; all joined with +
    case concatenation  // a: child list
    case compare  // a, b; c: operator
    case compareChain  // a first, b: child list of operator, node
    case item  // a, b
    case slice  // a, b: child list of start, stop, step (or -1)
    case call  // a callee, b: argument list
    case methodCall  // a receiver, b: name constant, c: argument list
    case filter  // a base, b: filter, c: argument list, -1 where it is empty
    case test  // a, b: test, c: argument list, -1 where it is empty
    case trim, length  // a: the filters without arguments
    case kind  // a, b: `Kind`
    case unknownFilter, unknownTest  // a: name constant
    case growing, growingFlag, growingTruth  // a; what changes from render to render
    case blockText  // the text of the filter block around it
    case blocks  // `self`
    case blockCall  // a: function or -1, b: name constant

    // Statements.
    case text  // a: constant
    case output  // a
    case assign  // a: target, b: value
    case assignBlock  // a: target, b: filter or -1, c: body (a scope)
    case loop  // a: loop
    case branch  // a test, b body, c body or -1
    case branches  // a: child list of test and body, b: body or -1
    case macro  // a: function, b: target slot node
    case callBlock  // a: call node, b: function
    case filterBlock  // a: filter, b: body
    case with  // a: child list of scope, body, then target and value of each variable
    case scope  // a: scope, b: body
    case generation  // a: scope, b: body
    case block  // a: function, b: 1 where it is required, c: 1 where it is scoped
    case leave, next

    // Targets.
    case storeLocal  // a: slot
    case storeTuple  // a: child list
    case storeNamespace  // a: variable node, b: name constant
  }

  /// The tests that templates use most.
  enum Kind: Int32 { case defined, undefined, none, string, mapping }

  struct Node: BitwiseCopyable {
    var operation: Operation
    var a: Int32 = 0
    var b: Int32 = 0
    var c: Int32 = 0
    /// Byte offset in the template.
    var offset: Int32
  }

  /// What is known of the name of a member before anything runs.
  struct MemberName {
    let code: Int32

    init(_ name: [UInt8], atom: UInt16) {
      let isPlain = atom != 0 && !PythonText.isDunder(name) && ContainerMethod.byName[name] == nil
      code = (isPlain ? 1 : 0) | (LoopAttribute.byName[name] ?? .none).rawValue << 1
    }

    init(code: Int32) { self.code = code }

    /// Whether it has an atom and means nothing but a member of a dictionary.
    var isPlain: Bool { code & 1 != 0 }
    var loopAttribute: LoopAttribute { LoopAttribute(rawValue: code >> 1) ?? .none }
  }

  /// What a scope does with a name on entry.
  struct ScopeLoad {
    enum Kind {
      case undefined
      case alias(levels: Int32, slot: Int32)
      /// A variable of the template; where it is not set yet, the caller's.
      case exported(levels: Int32, slot: Int32, Int32)
      case context(Int32)
    }
    var slot: Int32
    var kind: Kind
  }

  /// The loads of a scope, where those of all scopes lie side by side.
  struct Loads: BitwiseCopyable {
    var start: Int32
    var end: Int32
  }

  /// A macro, the body of a call block, a recursive loop or a block: it has slots of its own.
  struct Function {
    var name: [UInt8]
    /// Slots of the parameters, with the node of each default or -1, and the constant of the name.
    var parameters: [(slot: Int32, standard: Int32, name: Int32)] = []
    var slotCount = 1
    var scope: Int32 = 0
    var body: Int32 = -1
    var callerSlot: Int32 = -1
    var keywordsSlot: Int32 = -1
    var restSlot: Int32 = -1
    /// Nodes of its body: what a call costs.
    var cost: Int32 = 0
    /// How deep its tree is.
    var depth = 0
    /// Whether functions inside it may outlive a call and read its slots.
    var hasInner = false
  }

  struct LoopCode {
    var target: Int32
    var iterable: Int32
    var test: Int32
    var testTarget: Int32
    var testScope: Int32
    var scope: Int32
    /// -1 where the loop is recursive: `function` runs it, its rest slot takes the iterable.
    var body: Int32
    var otherwise: Int32
    var otherwiseScope: Int32
    var loopSlot: Int32
    /// Place in `rests`; -1 where it stands inside of something else than branches.
    var rest: Int32 = -1
    /// Whether its body may print.
    var prints = false
    /// The slots of its own names, from one on and before another.
    var firstSlot: Int32 = 0
    var endSlot: Int32 = 0
    /// Nodes of the body and of the test: what an iteration costs.
    var cost: Int32 = 1
    var testCost: Int32 = 1
    /// The function that runs a recursive loop, known to the loop inside it too; else -1.
    var function: Int32
  }

  /// The statements of a block from one on.
  struct Rest {
    var block: Int32
    var index: Int32
  }

  var nodes: [Node] = []
  /// Child lists: a count, then that many numbers.
  var lists: [Int32] = []
  var scopes: [[ScopeLoad]] = []
  var functions: [Function] = []
  var loops: [LoopCode] = []
  var constants: [Constant] = []
  /// Names that the template reads from its caller, in the order of their context variables.
  var contextNames: [[UInt8]] = []
  /// Names and short texts that members and attributes are compared with by number; atom 0 is none.
  var atoms = AtomTable()
  var main: Int32 = -1
  var mainSlots = 1
  var mainDepth = 0
  var mainScope: Int32 = 0
  /// What follows each loop of the template's own level.
  var rests: [[Rest]] = []
  /// The context variable of the flag that changes from render to render; -1 where `Forks` cannot change it.
  var growingFlag: Int32 = -1
  var marksGeneration = false
  /// The names of all blocks.
  var blocks: Set<[UInt8]> = []

  enum Constant: Hashable {
    case none
    case bool(Bool)
    case int(Int)
    case big(BigInteger)
    case float(UInt64)
    case string([UInt8])
  }
}

/// Numbers texts; looked up by bytes without a copy.
package struct AtomTable: Sendable {
  private var texts: [[UInt8]] = [[]]
  private var slots: [UInt16] = Array(repeating: 0, count: 64)

  @inline(__always)
  private static func hash(_ bytes: some RandomAccessCollection<UInt8>) -> Int {
    var hash = UInt32(truncatingIfNeeded: bytes.count)
    for byte in bytes { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    return Int(hash ^ hash >> 15)
  }

  /// The number of a text, given one if it is new; 0 when there are too many.
  mutating func add(_ text: [UInt8]) -> UInt16 {
    if let known = find(text) { return known }
    guard texts.count < Int(UInt16.max) else { return 0 }
    if texts.count * 2 >= slots.count { grow() }
    texts.append(text)
    insert(UInt16(texts.count - 1))
    return UInt16(texts.count - 1)
  }

  private mutating func insert(_ atom: UInt16) {
    var slot = Self.hash(texts[Int(atom)]) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = atom
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for atom in texts.indices.dropFirst() { insert(UInt16(atom)) }
  }

  /// The number of a text; nil if the template does not name it. O(length).
  package func find(_ text: UnsafeBufferPointer<UInt8>) -> UInt16? { unsafe lookUp(text) }

  package func find(_ text: [UInt8]) -> UInt16? { lookUp(text) }

  @inline(__always)
  private func lookUp(_ text: some RandomAccessCollection<UInt8>) -> UInt16? {
    guard text.count <= 64 else { return nil }
    var slot = Self.hash(text) & (slots.count - 1)
    while slots[slot] != 0 {
      let atom = slots[slot]
      if isEqual(texts[Int(atom)], text) { return atom }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  @inline(__always)
  private func isEqual(_ known: [UInt8], _ text: some RandomAccessCollection<UInt8>) -> Bool {
    guard known.count == text.count else { return false }
    var index = 0
    for byte in text {
      if known[index] != byte { return false }
      index += 1
    }
    return true
  }

  var count: Int { texts.count }

  func text(_ atom: UInt16) -> [UInt8] { texts[Int(atom)] }
}
