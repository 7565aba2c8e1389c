import Problems

/// Attributes and items, as Python and the sandbox give them.
extension Machine {
  @inline(__always)
  func attribute(_ object: Value, _ name: Value) throws(Raise) -> Value {
    if object.tag == .dictionary {
      // Methods of `dict` come before members.
      if ContainerMethod.isNamed(name, self) == nil {
        if let known = try member(object, name) { return heap.entries[known].value }
        return try rareAttribute(object, name)
      }
    }
    return try objectAttribute(object, name, fallsBackToKey: true)
  }

  private func numberAttribute(_ object: Value, _ name: String) -> Value? {
    switch name {
    case "real": object.tag == .float ? object : heap.integer(integer(object))
    case "imag": object.tag == .float ? .float(0) : .int(0)
    case "numerator" where object.tag != .float: heap.integer(integer(object))
    case "denominator" where object.tag != .float: .int(1)
    default: nil
    }
  }

  private func rareAttribute(_ object: Value, _ name: Value) throws(Raise) -> Value {
    let text = heap.bytes(of: name)
    if PythonText.isDunder(text) { return unsafeAttribute(object, name) }
    if Library.refusedAttributes[typeName(object)]?.contains(String(decoding: text, as: UTF8.self))
      ?? false
    {
      throw raise(
        "the attribute '\(heap.text(of: name))' of a \(typeName(object)) is not supported in templates",
        .unsupported)
    }
    return undefined(name, of: object)
  }

  private func unsafeAttribute(_ object: Value, _ name: Value) -> Value {
    hint(
      "access to attribute '\(heap.text(of: name))' of '\(typeName(object))' object is unsafe.",
      isUnsafe: true)
  }

  private func method(_ object: Value, _ name: Value) -> Value {
    var state = ValueHeap.ObjectState()
    state.first = object
    state.second = name
    heap.objects.append(state)
    return Value(.method, bits: UInt64(heap.objects.count - 1))
  }

  /// Python's `getattr`, then the key where `fallsBackToKey`.
  func objectAttribute(_ object: Value, _ name: Value, fallsBackToKey: Bool) throws(Raise) -> Value
  {
    switch object.tag {
    case .undefined, .missing: throw raiseUndefined(object)
    case .string:
      if Library.stringMethods.number(heap.bytes(of: name)) != nil { return method(object, name) }
      if object.isMarkup, heap.isName(name, "striptags") || heap.isName(name, "unescape") {
        throw raise(
          "the method Markup.\(heap.text(of: name)) is not supported in templates", .unsupported)
      }
    case .int, .bool, .big, .float:
      if let value = numberAttribute(object, heap.text(of: name)) { return value }
      if Self.numberMethods.contains(heap.text(of: name)) { return method(object, name) }
    case .dictionary, .list, .tuple, .range:
      if object.tag == .tuple, object.flag == Value.groupFlag {
        if heap.isName(name, "grouper") { return heap.items[object.start] }
        if heap.isName(name, "list") { return heap.items[object.start + 1] }
      }
      if object.tag == .range {
        let bounds = heap.objects[Int(object.extra)]
        switch heap.text(of: name) {
        case "start": return .int(bounds.start)
        case "stop": return .int(bounds.count)
        case "step": return .int(bounds.index)
        default: break
        }
      }
      if let known = ContainerMethod.isNamed(name, self) {
        let exists =
          switch object.tag {
          case .dictionary: known.isOfDictionary
          case .list: known.isOfList
          default: known.isOfTuple
          }
        if exists {
          return known.changesItsObject && object.tag != .range && object.tag != .tuple
            ? unsafeAttribute(object, name) : method(object, name)
        }
      }
      if fallsBackToKey, object.tag == .dictionary, let known = try member(object, name) {
        return heap.entries[known].value
      }
    case .namespace:
      let state = heap.objects[Int(object.bits)]
      let members = Value(.dictionary, start: state.start, count: state.count)
      if let known = try member(members, name) { return heap.entries[known].value }
    case .loop:
      if let known = LoopAttribute.byName[heap.bytes(of: name)] {
        return loopAttribute(object, known) ?? method(object, name)
      }
    case .macro:
      let function = program.functions[object.start]
      switch heap.text(of: name) {
      case "name": return heap.string(function.name)
      case "arguments":
        let start = heap.items.count
        for parameter in function.parameters { heap.items.append(constants[Int(parameter.name)]) }
        return Value(.tuple, start: start, count: function.parameters.count)
      case "catch_kwargs": return .bool(function.keywordsSlot >= 0)
      case "catch_varargs": return .bool(function.restSlot >= 0)
      case "caller": return .bool(function.callerSlot >= 0)
      default: break
      }
    case .blocks:
      if program.blocks.contains(heap.bytes(of: name)) {
        throw raise(
          "a block is only supported as a call, self.\(heap.text(of: name))()", .unsupported)
      }
    case .cycler:
      let state = heap.objects[Int(object.bits)]
      switch heap.text(of: name) {
      case "current":
        guard state.count > 0 else { return undefined(name, of: object) }
        return heap.items[state.start + state.index]
      case "next", "reset": return method(object, name)
      default: break
      }
    default: break
    }
    return try rareAttribute(object, name)
  }

  /// An attribute of a loop; nil where it has none of that name, or where it is a method.
  @inline(__always)
  func loopAttribute(_ loop: Value, _ name: LoopAttribute) -> Value? {
    let state = heap.objects[Int(loop.bits)]
    if state.walk != .plain { note(name, of: state) }
    switch name {
    case .index0: return .int(state.index)
    case .index: return .int(state.index + 1)
    case .first: return .bool(state.index == 0)
    case .last: return .bool(state.index + 1 == state.count)
    case .length: return .int(state.count)
    case .revindex: return .int(state.count - state.index)
    case .revindex0: return .int(state.count - state.index - 1)
    case .depth: return .int(state.depth + 1)
    case .depth0: return .int(state.depth)
    case .previtem:
      return state.index == 0
        ? hint("there is no previous item") : heap.items[state.start + state.index - 1]
    case .nextitem:
      return state.index + 1 == state.count
        ? hint("there is no next item") : heap.items[state.start + state.index + 1]
    case .cycle, .changed, .none: return nil
    }
  }

  /// The member with a key that has an atom.
  @inline(__always)
  func plainMember(_ dictionary: Value, _ key: Value) -> Value? {
    var index = dictionary.start
    let end = index + dictionary.count
    while index < end {
      let entry = heap.entries[index]
      if entry.key.atom == key.atom { return entry.value }
      index += 1
    }
    return nil
  }

  func item(_ object: Value, _ index: Value) throws(Raise) -> Value {
    switch object.tag {
    case .dictionary:
      if index.isString {
        if let known = try member(object, index) { return heap.entries[known].value }
      } else {
        // An unhashable key is a TypeError, which the sandbox turns into undefined.
        do throws(Raise) {
          if let known = try member(object, index) { return heap.entries[known].value }
        } catch {
          if failure.kind == .tooLarge || failure.kind == .unsupported { throw error }
          return undefined(index, of: object)
        }
      }
    case .list, .tuple, .range:
      if index.tag == .int || index.tag == .bool {
        let position = index.int < 0 ? index.int &+ object.count : index.int
        if registers.isGrowing {
          if index.int < 0 { expose(object) } else { note(item: position, of: object) }
        }
        return position >= 0 && position < object.count
          ? heap.items[object.start + position] : undefined(index, of: object)
      }
    case .string:
      if index.tag == .int || index.tag == .bool {
        return try character(object, at: index.int) ?? undefined(index, of: object)
      }
    case .undefined, .missing: throw raiseUndefined(object)
    default: break
    }
    if index.isString { return try objectAttribute(object, index, fallsBackToKey: false) }
    return undefined(index, of: object)
  }
}

extension ContainerMethod {
  /// The method that a name means, by its atom where it has one.
  @inline(__always)
  static func isNamed(_ name: Value, _ machine: Machine) -> ContainerMethod? {
    if name.atom > 0, Int(name.atom) < machine.containerMethods.count {
      return machine.containerMethods[Int(name.atom)]
    }
    return byName[machine.heap.bytes(of: name)]
  }
}
