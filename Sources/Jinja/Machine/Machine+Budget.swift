/// What a render may cost, and all renders of a record together: one budget of steps and one of bytes, and one place that looks at them.
///
/// A step is a node of the template that is evaluated, an item or an entry that is touched, or 16 bytes that
/// are read or written. Whatever takes time or memory in proportion to something is charged for it before
/// it begins; crossing a bound ends the render with a failure of the kind `tooLarge`.
package struct Budget: Sendable {
  /// Steps of any render, and those that each byte of its variables adds.
  package var steps = 1 << 25
  package var stepsPerByte = 1 << 7
  /// Steps of all renders of a record: about a second.
  package var recordSteps = 1 << 30
  /// Bytes that any render may hold, and those that each byte of its variables adds.
  package var bytes = 80 << 20
  package var bytesPerByte = 12

  package init() {}
}

extension Machine {
  /// Levels of expressions and statements inside each other, calls included: the machine recurses over them.
  static let maximumDepth = 2400
  /// Levels of lists and dictionaries inside each other that are printed or compared.
  static let maximumNesting = 500

  @inline(__always)
  func charge(_ amount: Int) throws(Raise) {
    registers.left -= amount
    if registers.left < 0 { try audit(amount) }
  }

  @inline(__always)
  func step() throws(Raise) { try charge(1) }

  /// For work on all bytes of a text, `times` over.
  @inline(__always)
  func charge(_ text: Value, times: Int = 1) throws(Raise) {
    try charge((text.count + Int(text.extra) >> 4 + 1) * times)
  }

  /// For `count` times `each` steps, which may be more than an integer holds.
  func charge(_ count: Int, times each: Int) throws(Raise) {
    let (amount, isOver) = count.multipliedReportingOverflow(by: each)
    guard !isOver, amount < 1 << 40 else { throw tooLarge() }
    try charge(max(0, amount))
  }

  func tooLarge() -> Raise {
    raise(
      "the template takes more steps or more memory than a record of this size may cost", .tooLarge)
  }

  /// What a stretch of one author costs, in bytes: here, and where its host describes it.
  private static let spanSize = 128

  /// What the render holds, in bytes.
  private var used: Int {
    heap.size + 12 * caught.count + Self.spanSize * output.spans.count + 16
      * (slots.count + arguments.count)
      + 32 * keywords.count + output.text.count
  }

  @inline(never)
  private func audit(_ amount: Int) throws(Raise) {
    guard amount < 1 << 40 else { throw tooLarge() }
    registers.steps -= registers.granted - registers.left
    guard registers.steps >= 0, !heap.isTooLong,
      used - registers.sizeAtStart + 32 * amount <= registers.sizeLimit
    else { throw tooLarge() }
    registers.granted = min(1 << 12, registers.steps)
    registers.left = registers.granted
  }

  /// Opens the budget of a record, for all renders up to the next one.
  package func openRecord() { recordSteps = budget.recordSteps }

  /// Opens the budget of a render: it grows with what the caller gave, up to what is left of the record's.
  func openBudget() {
    let given = heap.size
    registers.steps = min(budget.steps + budget.stepsPerByte * given, max(0, recordSteps))
    registers.sizeLimit = budget.bytes + budget.bytesPerByte * given
    registers.sizeAtStart = given
  }

  /// The steps that are left of the render. What was charged last may be far beyond them.
  var stepsLeft: Int {
    max(0, registers.steps - (registers.granted - max(registers.left, -1 << 40)))
  }

  /// Ends a render that grew past its bounds since the last audit.
  func closeBudget() throws(Raise) {
    try audit(0)
  }

  /// The bytes of a text, side by side.
  @inline(__always)
  func flat(_ text: Value) throws(Raise) -> Range<Int> {
    if text.count == 1 { return heap.flat(text) }
    try charge(text)
    return heap.flat(text)
  }

  /// A copy of the bytes of a text.
  func bytes(of text: Value) throws(Raise) -> [UInt8] {
    try charge(text)
    return heap.bytes(of: text)
  }
}
