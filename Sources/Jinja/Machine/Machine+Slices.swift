/// Slices, and the characters of a text.
extension Machine {
  /// Start and stop as Python's `slice.indices`; nil where nothing is taken.
  private func bounds(_ start: Value, _ stop: Value, _ step: Value, _ count: Int) throws(Raise)
    -> (start: Int, step: Int, count: Int)
  {
    func number(_ value: Value) throws(Raise) -> Int? {
      switch value.tag {
      case .none: return nil
      case .int, .bool: return value.int
      default:
        throw raise("slice indices must be integers or None or have an __index__ method")
      }
    }
    let step = try number(step) ?? 1
    guard step != 0 else { throw raise("slice step cannot be zero") }
    func clamp(_ index: Int, _ lower: Int, _ upper: Int) -> Int {
      let (shifted, isTooSmall) = index < 0 ? index.addingReportingOverflow(count) : (index, false)
      return isTooSmall ? lower : min(max(shifted, lower), upper)
    }
    if step > 0 {
      let first = clamp(try number(start) ?? 0, 0, count)
      let last = clamp(try number(stop) ?? count, 0, count)
      guard last > first else { return (0, 1, 0) }
      return (first, step, (last - first - 1) / step + 1)
    }
    guard step > Int.min else { throw overflow() }
    let first = try number(start).map { clamp($0, -1, count - 1) } ?? count - 1
    let last = try number(stop).map { clamp($0, -1, count - 1) } ?? -1
    guard first > last else { return (0, 1, 0) }
    return (first, step, (first - last - 1) / -step + 1)
  }

  func slice(_ value: Value, _ start: Value, _ stop: Value, _ step: Value) throws(Raise) -> Value {
    switch value.tag {
    case .undefined, .missing: throw raiseUndefined(value)
    case .list, .tuple, .range:
      let bounds = try bounds(start, stop, step, value.count)
      if bounds.step == 1 {
        return Value(value.tag, start: value.start + bounds.start, count: bounds.count)
      }
      let first = heap.items.count
      for index in 0..<bounds.count {
        heap.items.append(heap.items[value.start + bounds.start + index * bounds.step])
      }
      return Value(value.tag, start: first, count: bounds.count)
    case .string:
      let offsets = characterOffsets(value)
      let count = offsets?.count ?? Int(value.extra)
      let bounds = try bounds(start, stop, step, count)
      func offset(_ index: Int) -> Int {
        guard let offsets else { return index }
        return index < offsets.count ? offsets[index] : Int(value.extra)
      }
      if bounds.count == 0 { return Value(.string, start: 0, count: 0, flag: value.flag) }
      if bounds.step == 1 {
        return heap.slice(value, offset(bounds.start)..<offset(bounds.start + bounds.count))
      }
      var result = Value(.string, start: 0, count: 0)
      for index in 0..<bounds.count {
        let place = bounds.start + index * bounds.step
        result = heap.join(result, heap.slice(value, offset(place)..<offset(place + 1)))
      }
      result.flag = value.flag
      return result
    default: throw raise("'\(typeName(value))' object is not subscriptable")
    }
  }

  /// Byte offsets of the characters of a string; nil where every character is one byte. O(length).
  func characterOffsets(_ value: Value) -> [Int]? {
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    return unsafe heap.bytes.withElements(heap.flat(value)) { bytes in
      guard unsafe bytes.contains(where: { $0 >= 0x80 }) else { return nil }
      return bytes.indices.filter { unsafe bytes[$0] & 0xC0 != 0x80 }
    }
  }

  /// Length in characters.
  func characterCount(_ value: Value) -> Int {
    var count = 0
    for index in value.range {
      count += unsafe heap.bytes.withElements(heap.pieces[index].range) { bytes in
        var count = 0
        for index in bytes.indices where unsafe bytes[index] & 0xC0 != 0x80 { count += 1 }
        return count
      }
    }
    return count
  }

  func character(_ value: Value, at index: Int) -> Value? {
    let offsets = characterOffsets(value)
    let count = offsets?.count ?? Int(value.extra)
    let place = index < 0 ? index + count : index
    guard place >= 0, place < count else { return nil }
    guard let offsets else { return heap.slice(value, place..<place + 1) }
    let end = place + 1 < count ? offsets[place + 1] : Int(value.extra)
    return heap.slice(value, offsets[place]..<end)
  }
}
