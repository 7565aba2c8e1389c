import JSONText
import Jinja

/// JSON as values of the template language.
extension ConversationReader {
  func find(_ key: Value, from bottom: Int) -> Int? {
    for index in bottom..<scratch.count where heap.isEqual(scratch[index].key, key) { return index }
    return nil
  }

  /// Adds a member; a key that is there already keeps its place and takes the new value.
  func add(_ key: Value, _ value: Value, from bottom: Int) {
    if scratch.count - bottom < 64, let known = find(key, from: bottom) {
      scratch[known] = Entry(key: key, value: value)
    } else {
      scratch.append(Entry(key: key, value: value))
    }
  }

  /// A text of the record, which stands at a path.
  @inline(__always)
  func text(_ bytes: UnsafeBufferPointer<UInt8>, _ path: UInt32) -> Value {
    paths.carry(bytes.count, at: path)
    return unsafe heap.string(bytes, Origin(.field, author: path))
  }

  @inline(__always)
  func key(_ name: UnsafeBufferPointer<UInt8>) -> Value {
    var key = unsafe heap.string(name, Origin(.derived))
    key.atom = unsafe atoms.find(name) ?? 0
    return key
  }

  func key(_ name: StaticString) -> Value {
    unsafe key(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }

  /// A member whose text is read as the JSON that it is.
  enum Decoding { case nothing, arguments, parameters }

  private func decoded(_ node: JSONNode, _ name: UnsafeBufferPointer<UInt8>, _ decoding: Decoding)
    -> JSONNode?
  {
    switch decoding {
    case .nothing: return nil
    case .parameters: return unsafe name.isEqual(to: "parameters") ? nested.container(node) : nil
    case .arguments:
      guard unsafe name.isEqual(to: "arguments"), let decoded = nested.container(node) else {
        return nil
      }
      nested.decodedArguments += 1
      return decoded
    }
  }

  func value(_ node: JSONNode, _ path: UInt32, decoding: Decoding = .nothing) -> Value {
    switch node.kind {
    case .string:
      guard let text = unsafe node.utf8 else { return .none }
      return unsafe self.text(text, path)
    case .null: return Value(.none, extra: path)
    case .bool: return Value(.bool, bits: node.bool == true ? 1 : 0, extra: path)
    case .int, .uint:
      if let number = node.int {
        return Value(.int, bits: UInt64(bitPattern: Int64(number)), extra: path)
      }
      return heap.integer(node.uint ?? 0)
    case .double: return Value(.float, bits: (node.double ?? 0).bitPattern, extra: path)
    case .foreign:
      foreign.append(path)
      return Value(.none, extra: path)
    case .array:
      let bottom = list.count
      var index = 0
      for element in node.elements {
        let place = paths.add(parent: path, index: index, like: path)
        list.append(value(element, place, decoding: decoding))
        index += 1
      }
      let start = heap.items.count
      unsafe list.withElements(bottom..<list.count) { unsafe heap.items.append(contentsOf: $0) }
      let count = list.count - bottom
      list.truncate(to: bottom)
      return Value(.list, start: start, count: count, extra: path)
    case .object: return dictionary(node, path, decoding)
    }
  }

  private func dictionary(_ node: JSONNode, _ path: UInt32, _ decoding: Decoding) -> Value {
    let bottom = scratch.count
    var large: [[UInt8]: Int]? = node.count > 32 ? [:] : nil
    for (name, child) in node.members {
      guard let bytes = unsafe name.utf8 else { continue }
      let key = unsafe self.key(bytes)
      let place = paths.add(parent: path, key: heap.flat(key), like: path)
      let read = child.isString ? unsafe decoded(child, bytes, decoding) ?? child : child
      let converted = value(read, place, decoding: decoding)
      if large != nil {
        let text = unsafe Array(bytes)
        if let known = large?[text] {
          scratch[known] = Entry(key: key, value: converted)
        } else {
          large?[text] = scratch.count
          scratch.append(Entry(key: key, value: converted))
        }
      } else {
        add(key, converted, from: bottom)
      }
    }
    let start = heap.entries.count
    unsafe scratch.withElements(bottom..<scratch.count) {
      unsafe heap.entries.append(contentsOf: $0)
    }
    let count = scratch.count - bottom
    scratch.truncate(to: bottom)
    return Value(.dictionary, start: start, count: count, extra: path)
  }

  /// A variable of the template that the caller gives.
  func value(_ argument: TemplateArgument) -> Value {
    switch argument {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let text): return heap.string(text, Origin(.derived))
    case .list(let items):
      let values = items.map { value($0) }
      let start = heap.items.count
      for value in values { heap.items.append(value) }
      // An empty list is no other one.
      if values.isEmpty { heap.items.append(.none) }
      return Value(.list, start: start, count: values.count)
    case .dictionary(let members):
      let entries = members.map { member in
        var key = heap.string(member.key, Origin(.derived))
        key.atom = atoms.find(member.key) ?? 0
        return Entry(key: key, value: value(member.value))
      }
      let start = heap.entries.count
      for entry in entries { heap.entries.append(entry) }
      return Value(.dictionary, start: start, count: entries.count)
    }
  }
}
