import Problems

/// Macros, the bodies of call blocks, and loops that call themselves.
extension Machine {
  /// Opens slots for a function defined at `parent`, runs `body`, gives what it printed.
  private func inFunction(
    _ function: Program.Function, parent: Int, _ fill: (Int) throws(Raise) -> Void
  ) throws(Raise) -> Value {
    guard registers.calls < Self.maximumCalls else {
      throw raise("maximum recursion depth exceeded", .tooLarge)
    }
    try charge(Int(function.cost) + function.slotCount)
    let outerDepth = registers.depth
    guard outerDepth + function.depth < Self.maximumDepth else {
      throw raise("maximum recursion depth exceeded", .tooLarge)
    }
    registers.depth += function.depth
    let outerFrame = registers.frame
    let outerLoopDepth = registers.loopDepth
    let base = slots.count
    slots.append(repeating: .missing, count: function.slotCount)
    slots[base] = .int(parent)
    registers.calls += 1
    registers.frame = base
    let start = caught.count
    registers.catchDepth += 1
    defer {
      registers.catchDepth -= 1
      registers.calls -= 1
      registers.depth = outerDepth
      registers.frame = outerFrame
      registers.loopDepth = outerLoopDepth
      // Functions inside may be called later and read these slots.
      if !function.hasInner { slots.truncate(to: base) }
    }
    do throws(Raise) {
      try fill(base)
      _ = try run(function.body)
    } catch {
      caught.truncate(to: start)
      throw error
    }
    return try takeCaught(from: start)
  }

  /// Runs a recursive loop; `parent` is the registers.frame that its statement ran in.
  func callRecursive(_ index: Int32, _ iterable: Value, depth: Int, parent: Int) throws(Raise)
    -> Value
  {
    let function = program.functions[Int(index)]
    let outer = registers.recursionDepth
    registers.recursionDepth = depth
    defer { registers.recursionDepth = outer }
    return try inFunction(function, parent: parent) { (base) throws(Raise) in
      slots[base + Int(function.restSlot)] = iterable
      try enter(function.scope)
    }
  }

  func callFunction(
    _ macro: Value, positional: Range<Int>, keywords passedKeywords: Range<Int>, caller: Value
  ) throws(Raise) -> Value {
    let function = program.functions[macro.start]
    let name = String(decoding: function.name, as: UTF8.self)
    return try inFunction(function, parent: macro.count) { (base) throws(Raise) in
      var used = 0
      for (index, parameter) in function.parameters.enumerated() {
        if index < positional.count {
          slots[base + Int(parameter.slot)] = arguments[positional.lowerBound + index]
          continue
        }
        try charge(passedKeywords.count)
        for keyword in passedKeywords
        where heap.isEqual(keywords[keyword].key, constants[Int(parameter.name)]) {
          slots[base + Int(parameter.slot)] = keywords[keyword].value
          used += 1
        }
        if caller.tag != .missing, heap.isName(constants[Int(parameter.name)], "caller") {
          slots[base + Int(parameter.slot)] = caller
        }
      }
      if function.callerSlot >= 0 {
        var value = caller
        for keyword in passedKeywords where heap.isName(keywords[keyword].key, "caller") {
          value = keywords[keyword].value
          used += 1
        }
        slots[base + Int(function.callerSlot)] =
          value.tag == .missing ? hint("No caller defined") : value
      } else if caller.tag != .missing, function.keywordsSlot < 0,
        !function.parameters.contains(where: { heap.isName(constants[Int($0.name)], "caller") })
      {
        throw raise(
          "macro '\(name)' was invoked with two values for the special caller argument. This is most likely a bug."
        )
      }
      if function.keywordsSlot >= 0 {
        let start = heap.entries.count
        for keyword in passedKeywords {
          let entry = keywords[keyword]
          if function.parameters.dropFirst(positional.count).contains(where: {
            heap.isEqual(constants[Int($0.name)], entry.key)
          }) {
            continue
          }
          if function.callerSlot >= 0, heap.isName(entry.key, "caller") { continue }
          heap.entries.append(Entry(key: named(entry.key), value: entry.value))
        }
        slots[base + Int(function.keywordsSlot)] =
          Value(.dictionary, start: start, count: heap.entries.count - start)
      } else if used < passedKeywords.count {
        throw raise("macro '\(name)' got a keyword argument that it does not take")
      }
      if function.restSlot >= 0 {
        try charge(positional.count)
        let start = heap.items.count
        for index in positional.dropFirst(function.parameters.count) {
          heap.items.append(arguments[index])
        }
        slots[base + Int(function.restSlot)] =
          Value(.tuple, start: start, count: heap.items.count - start)
      } else if positional.count > function.parameters.count {
        throw raise("macro '\(name)' takes not more than \(function.parameters.count) argument(s)")
      }
      try enter(function.scope)
      for parameter in function.parameters where slots[base + Int(parameter.slot)].tag == .missing {
        slots[base + Int(parameter.slot)] =
          parameter.standard >= 0
          ? try evaluate(parameter.standard)
          : hint("parameter '\(heap.text(of: constants[Int(parameter.name)]))' was not provided")
      }
    }
  }
}
