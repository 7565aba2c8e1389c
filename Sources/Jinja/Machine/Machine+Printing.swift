import Problems

/// What is printed, and who wrote it.
extension Machine {
  func emit(_ value: Value) throws(Raise) {
    try charge(value.count + Int(value.extra) >> 4)
    let mark: UInt32 = registers.generationDepth > 0 ? Origin.generationMark : 0
    if registers.catchDepth == 0 {
      output.append(value, of: heap, mark: mark, scope: registers.scope)
      return
    }
    for index in value.range {
      var piece = heap.pieces[index]
      piece.origin.bits |= mark
      caught.append(piece)
    }
  }

  func printValue(_ value: Value) throws(Raise) {
    switch value.tag {
    case .string: try emit(value)
    case .undefined, .missing: break
    default: try emit(try text(value))
    }
  }

  /// Prints an expression; sums of strings piece by piece, without making the whole string.
  func print(_ index: Int32) throws(Raise) {
    let node = nodes[Int(index)]
    guard node.operation == .sum || node.operation == .concatenation else {
      return try printValue(try operand(index))
    }
    let bottom = arguments.count
    defer { arguments.truncate(to: bottom) }
    try evaluateList(node.a)
    if node.operation == .concatenation || arePlainStrings(bottom..<arguments.count) {
      for next in bottom..<arguments.count { try printValue(arguments[next]) }
    } else {
      do throws(Raise) {
        try printValue(try sum(bottom..<arguments.count))
      } catch {
        locate(node.offset)
        throw error
      }
    }
  }

  func evaluateList(_ list: Int32) throws(Raise) {
    let count = Int(lists[Int(list)])
    for index in Int(list) + 1..<Int(list) + 1 + count {
      arguments.append(try operand(lists[index]))
    }
  }
}
