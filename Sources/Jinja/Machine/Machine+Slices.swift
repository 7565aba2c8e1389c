/// Slices, and the characters of a text.
extension Machine {
  private struct Bounds {
    /// As Python's `slice.indices` gives them.
    var start: Int
    var stop: Int
    var step: Int

    /// How many items lie between.
    var count: Int {
      if step > 0 { return stop > start ? (stop - start - 1) / step + 1 : 0 }
      return start > stop ? (start - stop - 1) / -step + 1 : 0
    }
  }

  private func bounds(_ start: Value, _ stop: Value, _ step: Value, _ count: Int) throws(Raise)
    -> Bounds
  {
    func number(_ value: Value) throws(Raise) -> Int? {
      value.tag == .none ? nil : try clamped(value)
    }
    let step = max(try number(step) ?? 1, -Int.max)
    guard step != 0 else { throw raise("slice step cannot be zero") }
    let (lowest, highest) = step > 0 ? (0, count) : (-1, count - 1)
    func clamp(_ index: Int?, _ standard: Int) -> Int {
      guard let index else { return standard }
      return min(max(index < 0 ? index + count : index, lowest), highest)
    }
    return Bounds(
      start: clamp(try number(start), step > 0 ? lowest : highest),
      stop: clamp(try number(stop), step > 0 ? highest : lowest), step: step)
  }

  func slice(_ value: Value, _ start: Value, _ stop: Value, _ step: Value) throws(Raise) -> Value {
    switch value.tag {
    case .undefined, .missing: throw raiseUndefined(value)
    case .list, .tuple, .range:
      if registers.isGrowing, stop.tag != .none || step.tag != .none || start.int < 0 {
        expose(value)
      }
      let bounds = try bounds(start, stop, step, value.count)
      if value.tag == .range { return try slice(range: value, bounds) }
      if bounds.step == 1 {
        return Value(value.tag, start: value.start + bounds.start, count: bounds.count)
      }
      try charge(bounds.count)
      let first = heap.items.count
      for index in 0..<bounds.count {
        heap.items.append(heap.items[value.start + bounds.start + index * bounds.step])
      }
      return Value(value.tag, start: first, count: bounds.count)
    case .string:
      let offsets = try characterOffsets(value)
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
      try charge(bounds.count)
      let flat = try flat(value)
      let origins = PieceOrigins(heap, value)
      var writer = Writer(heap, .template)
      for index in 0..<bounds.count {
        let place = bounds.start + index * bounds.step
        let (start, end) = (offset(place), offset(place + 1))
        writer.by(origins.origin(at: start).derived)
        writer.put(flat.lowerBound + start..<flat.lowerBound + end)
      }
      return writer.finish(flag: value.flag)
    default: throw raise("'\(typeName(value))' object is not subscriptable")
    }
  }

  /// `range(…)[…]`: a range again, with bounds of its own.
  private func slice(range value: Value, _ bounds: Bounds) throws(Raise) -> Value {
    let known = heap.objects[Int(value.extra)]
    func scaled(_ factor: Int) throws(Raise) -> Int {
      let (product, isOver) = known.index.multipliedReportingOverflow(by: factor)
      guard !isOver else {
        throw raise("a slice of a range past 64 bits is not supported", .unsupported)
      }
      return product
    }
    return try range(
      known.start &+ scaled(bounds.start), known.start &+ scaled(bounds.stop),
      try scaled(bounds.step))
  }

  /// Byte offsets of the characters of a string; nil where every character is one byte. O(length).
  func characterOffsets(_ value: Value) throws(Raise) -> [Int]? {
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    let flat = try flat(value)
    try charge(value)
    return unsafe heap.bytes.withElements(flat) { bytes in
      guard unsafe bytes.contains(where: { $0 >= 0x80 }) else { return nil }
      return bytes.indices.filter { unsafe bytes[$0] & 0xC0 != 0x80 }
    }
  }

  /// Length in characters.
  func characterCount(_ value: Value) throws(Raise) -> Int {
    try charge(value)
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

  /// The character at an index, from the end where it is negative; nil past either end. O(index).
  func character(_ value: Value, at index: Int) throws(Raise) -> Value? {
    let count = try characterCount(value)
    let (shifted, isOver) = index.addingReportingOverflow(index < 0 ? count : 0)
    guard !isOver, shifted >= 0, shifted < count else { return nil }
    if count == Int(value.extra) { return heap.slice(value, shifted..<shifted + 1) }
    let mark = heap.bytes.count
    defer { heap.bytes.truncate(to: mark) }
    let flat = try flat(value)
    let place: Range<Int> = unsafe heap.bytes.withElements(flat) { bytes in
      var (start, left) = (0, shifted)
      while left > 0 {
        unsafe start += PythonText.length(bytes[start])
        left -= 1
      }
      return unsafe start..<start + PythonText.length(bytes[start])
    }
    return heap.slice(value, place)
  }
}

/// Who wrote the byte at an offset of a text. O(log pieces).
private struct PieceOrigins {
  private var starts: [Int] = []
  private var origins: [Origin] = []

  init(_ heap: ValueHeap, _ text: Value) {
    var start = 0
    for index in text.range {
      let piece = heap.pieces[index]
      if origins.last != piece.origin {
        starts.append(start)
        origins.append(piece.origin)
      }
      start += Int(piece.count)
    }
  }

  func origin(at offset: Int) -> Origin {
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    return origins[low]
  }
}
