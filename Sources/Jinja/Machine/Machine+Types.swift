/// What a value is: true, of which type, or not there at all.
extension Machine {
  enum Undefinedness: UInt8 { case name, attribute, element, hint, unsafe }

  func hint(_ text: String, isUnsafe: Bool = false) -> Value {
    let text = heap.string(text)
    return Value(
      .undefined, bits: text.bits, extra: 0,
      flag: (isUnsafe ? Undefinedness.unsafe : .hint).rawValue)
  }

  func undefined(_ name: Value, of object: Value) -> Value {
    if name.isString {
      return Value(
        .undefined, bits: name.bits, extra: UInt32(object.tag.rawValue),
        flag: Undefinedness.attribute.rawValue)
    }
    var shown = Value(.string, start: 0, count: 0)
    if let text = try? representation(name) { shown = text }
    return Value(
      .undefined, bits: shown.bits, extra: UInt32(object.tag.rawValue),
      flag: Undefinedness.element.rawValue)
  }

  /// The error of using an undefined value.
  func raiseUndefined(_ value: Value) -> Raise {
    let text = heap.text(of: heap.string(piecesOf: value))
    let owner = typeName(
      Value(Value.Tag(rawValue: UInt8(truncatingIfNeeded: value.extra)) ?? .none))
    let object = owner == "NoneType" ? "None" : "\(owner) object"
    switch Undefinedness(rawValue: value.flag) ?? .hint {
    case .name: return raise("'\(text)' is undefined", .undefined)
    case .attribute: return raise("'\(object)' has no attribute '\(text)'", .undefined)
    case .element: return raise("\(object) has no element \(text)", .undefined)
    case .hint, .unsafe: return raise(text, .undefined)
    }
  }

  @inline(__always)
  func truth(_ value: Value) throws(Raise) -> Bool {
    switch value.tag {
    case .bool, .int: return value.bits != 0
    case .big: return true
    case .string: return value.extra != 0
    case .undefined, .missing, .none: return false
    case .float: return value.float != 0
    case .list, .tuple, .range, .dictionary, .keysView, .valuesView, .itemsView:
      return value.count > 0
    case .loop: return heap.objects[Int(value.bits)].count > 0
    case .iterator, .namespace, .macro, .builtin, .method, .cycler, .joiner, .blocks: return true
    }
  }

  func typeName(_ value: Value) -> String {
    switch value.tag {
    case .missing, .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .int, .big: "int"
    case .float: "float"
    case .string: value.isMarkup ? "Markup" : "str"
    case .list: "list"
    case .tuple: "tuple"
    case .range: "range"
    case .iterator: "generator"
    case .dictionary: "dict"
    case .keysView: "dict_keys"
    case .valuesView: "dict_values"
    case .itemsView: "dict_items"
    case .namespace: "Namespace"
    case .loop: "LoopContext"
    case .macro: "Macro"
    case .builtin: "function"
    case .method: "builtin_function_or_method"
    case .cycler: "Cycler"
    case .joiner: "Joiner"
    case .blocks: "TemplateReference"
    }
  }
}

extension ValueHeap {
  /// The text that an undefined value keeps.
  func string(piecesOf value: Value) -> Value {
    var length = 0
    for index in value.range { length += Int(pieces[index].count) }
    return Value(.string, bits: value.bits, extra: UInt32(clamping: length))
  }
}
