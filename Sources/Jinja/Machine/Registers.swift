import Problems

/// The numbers that change while a template runs.
///
/// They lie behind a pointer because accesses of a class's variables are checked for exclusivity at run
/// time, which costs more than they do.
@safe struct Registers: ~Copyable {
  struct Numbers {
    var frame = 0
    var catchDepth = 0
    var generationDepth = 0
    var loopDepth = 0
    var recursionDepth = 0
    var calls = 0
    var steps = 0
    var granted = 0
    var left = 0
    var sizeLimit = 0
    var sizeAtStart = 0
    var depth = 0
    var scope: Int32 = -1
    var blockText = Value.missing
    var growing = Growing()
  }

  /// What a render has read of the list that grows from render to render.
  struct Growing: BitwiseCopyable {
    /// Where its items lie; empty where nobody asked for forks.
    var start = 0
    var end = 0
    /// Items that are known to be there, and those that were read, counted from the first one.
    var known = 0
    var read = 0
    /// Whether more of it was read than that.
    var isExposed = false
    var sawFlag = false
    /// Objects that were there when the fork that runs began, and whether it changed one of them for good.
    var objects = 0
    var isBroken = false
  }

  // SAFETY: owned and initialized; no access calls out while it lasts.
  private let numbers: UnsafeMutablePointer<Numbers>

  init() {
    unsafe numbers = UnsafeMutablePointer<Numbers>.allocate(capacity: 1)
    unsafe numbers.initialize(to: Numbers())
  }

  deinit { unsafe numbers.deallocate() }

  /// Everything, to be put back.
  var all: Numbers { unsafe numbers.pointee }

  /// Puts everything back but what was paid for.
  func restore(_ kept: Numbers) {
    let (steps, granted, left) = (steps, granted, left)
    unsafe numbers.pointee = kept
    self.steps = steps
    self.granted = granted
    self.left = left
  }

  @inline(__always) var growing: Growing {
    get { unsafe numbers.pointee.growing }
    nonmutating set { unsafe numbers.pointee.growing = newValue }
  }
  /// Whether forks are asked for.
  @inline(__always) var isGrowing: Bool { unsafe numbers.pointee.growing.end > 0 }

  func reset() { unsafe numbers.initialize(to: Numbers()) }

  /// Where the slots of the function that runs start.
  @inline(__always) var frame: Int {
    get { unsafe numbers.pointee.frame }
    nonmutating set { unsafe numbers.pointee.frame = newValue }
  }
  /// How many blocks around have their text caught instead of printed.
  @inline(__always) var catchDepth: Int {
    get { unsafe numbers.pointee.catchDepth }
    nonmutating set { unsafe numbers.pointee.catchDepth = newValue }
  }
  /// How many `{% generation %}` blocks are around.
  @inline(__always) var generationDepth: Int {
    get { unsafe numbers.pointee.generationDepth }
    nonmutating set { unsafe numbers.pointee.generationDepth = newValue }
  }
  /// How many loops of this function are around.
  @inline(__always) var loopDepth: Int {
    get { unsafe numbers.pointee.loopDepth }
    nonmutating set { unsafe numbers.pointee.loopDepth = newValue }
  }
  /// How deep the recursive loop that runs is in itself.
  @inline(__always) var recursionDepth: Int {
    get { unsafe numbers.pointee.recursionDepth }
    nonmutating set { unsafe numbers.pointee.recursionDepth = newValue }
  }
  /// How many calls of functions are around.
  @inline(__always) var calls: Int {
    get { unsafe numbers.pointee.calls }
    nonmutating set { unsafe numbers.pointee.calls = newValue }
  }
  /// The steps that this render may still take, as of the last audit.
  @inline(__always) var steps: Int {
    get { unsafe numbers.pointee.steps }
    nonmutating set { unsafe numbers.pointee.steps = newValue }
  }
  /// The steps that were granted at the last audit.
  @inline(__always) var granted: Int {
    get { unsafe numbers.pointee.granted }
    nonmutating set { unsafe numbers.pointee.granted = newValue }
  }
  /// The steps that are left of those.
  @inline(__always) var left: Int {
    get { unsafe numbers.pointee.left }
    nonmutating set { unsafe numbers.pointee.left = newValue }
  }
  /// The bytes that this render may hold beyond `sizeAtStart`.
  @inline(__always) var sizeLimit: Int {
    get { unsafe numbers.pointee.sizeLimit }
    nonmutating set { unsafe numbers.pointee.sizeLimit = newValue }
  }
  /// The bytes that were held when it began.
  @inline(__always) var sizeAtStart: Int {
    get { unsafe numbers.pointee.sizeAtStart }
    nonmutating set { unsafe numbers.pointee.sizeAtStart = newValue }
  }
  /// How deep the trees of all functions that run are together.
  @inline(__always) var depth: Int {
    get { unsafe numbers.pointee.depth }
    nonmutating set { unsafe numbers.pointee.depth = newValue }
  }
  /// The scope of the loop that prints, as the host numbers them; -1 outside of one.
  @inline(__always) var scope: Int32 {
    get { unsafe numbers.pointee.scope }
    nonmutating set { unsafe numbers.pointee.scope = newValue }
  }
  /// The text of the filter block around.
  @inline(__always) var blockText: Value {
    get { unsafe numbers.pointee.blockText }
    nonmutating set { unsafe numbers.pointee.blockText = newValue }
  }
}
