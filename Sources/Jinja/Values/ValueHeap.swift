/// Where the contents of values lie: filled while a template runs, emptied at once.
package final class ValueHeap {
  /// What a mutable or callable object keeps.
  struct ObjectState: BitwiseCopyable {
    var first = Value.missing
    var second = Value.missing
    var start = 0
    var count = 0
    var index = 0
    var depth = 0
    var link = 0
    /// Of a loop: whether it walks a list that grows from render to render, and forks renders of fewer items.
    var walk = Walk.plain

    enum Walk: UInt8, BitwiseCopyable { case plain, growing, forking }
  }

  package struct Mark: BitwiseCopyable {
    var bytes: Int
    var pieces: Int
    var items: Int
    var entries: Int
    var objects: Int
    var bigs: Int
  }

  package let bytes = Arena<UInt8>(capacity: 1 << 14)
  package let pieces = Arena<Piece>(capacity: 1 << 10)
  package let items = Arena<Value>(capacity: 1 << 8)
  package let entries = Arena<Entry>(capacity: 1 << 8)
  let objects = Arena<ObjectState>(capacity: 64)
  /// Integers that do not fit 64 bits.
  var bigs: [BigInteger] = []
  /// Where the members of large dictionaries lie, by the dictionary's `bits`.
  var indexes: [UInt64: [ValueKey: Int]] = [:]

  package var mark: Mark {
    Mark(
      bytes: bytes.count, pieces: pieces.count, items: items.count, entries: entries.count,
      objects: objects.count, bigs: bigs.count)
  }

  package func reset(to mark: Mark) {
    bytes.truncate(to: mark.bytes)
    pieces.truncate(to: mark.pieces)
    items.truncate(to: mark.items)
    entries.truncate(to: mark.entries)
    objects.truncate(to: mark.objects)
    if bigs.count > mark.bigs { bigs.removeLast(bigs.count - mark.bigs) }
    if !indexes.isEmpty { indexes.removeAll() }
    isTooLong = false
  }

  /// Whether a string has grown past 4 GiB: it is empty then, and the render ends at the next audit.
  private(set) var isTooLong = false

  /// The bytes that all values take.
  var size: Int {
    bytes.count + 12 * pieces.count + 16 * items.count + 32 * entries.count + 80 * objects.count
  }

  /// An integer of a record, whatever its size.
  package func integer(_ value: UInt64) -> Value { integer(BigInteger(value)) }

  func integer(_ value: BigInteger) -> Value {
    if let small = value.int { return .int(small) }
    bigs.append(value)
    return Value(.big, bits: UInt64(bigs.count - 1))
  }

  // MARK: Strings

  /// A string of bytes that are already in the heap.
  @inline(__always)
  package func string(_ range: Range<Int>, _ origin: Origin, flag: UInt8 = 0) -> Value {
    guard !range.isEmpty else { return Value(.string, start: 0, count: 0, flag: flag) }
    pieces.append(
      Piece(
        offset: UInt32(truncatingIfNeeded: range.lowerBound),
        count: UInt32(truncatingIfNeeded: range.count), origin: origin))
    return Value(
      .string, start: pieces.count - 1, count: 1,
      extra: UInt32(truncatingIfNeeded: range.count), flag: flag)
  }

  @inline(__always)
  package func string(_ source: UnsafeBufferPointer<UInt8>, _ origin: Origin) -> Value {
    let start = bytes.count
    unsafe bytes.append(contentsOf: source)
    return string(start..<bytes.count, origin)
  }

  package func string(_ source: [UInt8], _ origin: Origin = .template) -> Value {
    unsafe source.withUnsafeBufferPointer { unsafe string($0, origin) }
  }

  package func string(_ source: String, _ origin: Origin = .template) -> Value {
    var source = source
    return source.withUTF8 { unsafe string($0, origin) }
  }

  /// The author of a whole string: of its pieces if they agree, else derived.
  func origin(of value: Value) -> Origin {
    guard value.isString else {
      return Origin(.derived, author: value.author)
    }
    guard value.count > 0 else { return .template }
    let first = pieces[value.start].origin
    guard value.count > 1 else { return first }
    var mixed: Origin?
    for index in value.range {
      let origin = pieces[index].origin
      if origin == first { continue }
      // Template text around one field: derived from that field.
      if origin.kind == .template {
        mixed = mixed ?? (first.kind == .template ? nil : first.derived)
        continue
      }
      if first.kind == .template || mixed?.author == origin.author {
        mixed = origin.derived
        continue
      }
      mixed = mixed ?? Origin(.derived)
    }
    guard let mixed else { return first }
    return mixed.kind == .word ? Origin(.derived, author: UInt32(mixed.author)) : mixed
  }

  /// The bytes of a string, side by side. O(pieces); copies when there are several.
  @inline(__always)
  package func flat(_ value: Value) -> Range<Int> {
    if value.count == 1 { return pieces[value.start].range }
    return flatten(value)
  }

  private func flatten(_ value: Value) -> Range<Int> {
    let start = bytes.count
    for index in value.range { bytes.append(from: pieces[index].range) }
    return start..<bytes.count
  }

  /// A copy of the bytes of a string.
  package func bytes(of value: Value) -> [UInt8] {
    var copy: [UInt8] = []
    copy.reserveCapacity(Int(value.extra))
    for index in value.range {
      unsafe bytes.withElements(pieces[index].range) { unsafe copy.append(contentsOf: $0) }
    }
    return copy
  }

  func text(of value: Value) -> String { String(decoding: bytes(of: value), as: UTF8.self) }

  /// Bytes `range` of a string, with their authors. O(pieces).
  func slice(_ value: Value, _ range: Range<Int>) -> Value {
    let flag = value.flag
    guard !range.isEmpty else { return Value(.string, start: 0, count: 0, flag: flag) }
    if range.count == Int(value.extra) {
      return Value(.string, bits: value.bits, extra: value.extra, flag: flag)
    }
    let start = pieces.count
    var position = 0
    for index in value.range {
      let piece = pieces[index]
      let end = position + Int(piece.count)
      let lower = max(position, range.lowerBound)
      let upper = min(end, range.upperBound)
      if lower < upper {
        pieces.append(
          Piece(
            offset: piece.offset + UInt32(lower - position), count: UInt32(upper - lower),
            origin: piece.origin))
      }
      position = end
      if position >= range.upperBound { break }
    }
    return Value(
      .string, start: start, count: pieces.count - start, extra: UInt32(range.count), flag: flag)
  }

  /// One string after the other. Lengthens the first in place when its pieces are the newest.
  @inline(__always)
  package func join(_ left: Value, _ right: Value) -> Value {
    if left.extra == 0 { return right }
    if right.extra == 0 { return left }
    var start = left.start
    let range = left.range
    if range.upperBound != pieces.count {
      start = pieces.count
      pieces.append(from: range)
    }
    pieces.append(from: right.range)
    return string(
      pieces: start..<pieces.count, length: Int(left.extra) + Int(right.extra), flag: 0)
  }

  /// Several strings one after the other: their pieces side by side. O(pieces); to join two by two would be as many as their square.
  package func join(_ values: [Value]) -> Value {
    let start = pieces.count
    for value in values { pieces.append(from: value.range) }
    return string(piecesFrom: start)
  }

  /// Several strings one after the other, as `join` does two.
  func join(_ values: borrowing Arena<Value>, _ range: Range<Int>) -> Value {
    var index = range.lowerBound
    while index < range.upperBound - 1, values[index].extra == 0 { index += 1 }
    var start = values[index].start
    var length = Int(values[index].extra)
    let first = values[index].range
    if first.upperBound != pieces.count {
      start = pieces.count
      pieces.append(from: first)
    }
    index += 1
    while index < range.upperBound {
      pieces.append(from: values[index].range)
      length += Int(values[index].extra)
      index += 1
    }
    return string(pieces: start..<pieces.count, length: length, flag: 0)
  }

  /// Collects pieces for a new string: `begin`, appends to `pieces`, `end`.
  @inline(__always)
  func string(piecesFrom start: Int, flag: UInt8 = 0) -> Value {
    var length = 0
    for index in start..<pieces.count { length += Int(pieces[index].count) }
    return string(pieces: start..<pieces.count, length: length, flag: flag)
  }

  @inline(__always)
  private func string(pieces: Range<Int>, length: Int, flag: UInt8) -> Value {
    guard length <= Int(UInt32.max) else {
      isTooLong = true
      return Value(.string, start: 0, count: 0, flag: flag)
    }
    return Value(
      .string, start: pieces.lowerBound, count: pieces.count, extra: UInt32(length), flag: flag)
  }

  @inline(__always)
  package func isEqual(_ left: Value, _ right: Value) -> Bool {
    guard left.extra == right.extra else { return false }
    if left.bits == right.bits || left.extra == 0 { return true }
    if left.count == 1, right.count == 1 {
      return bytes.isEqual(
        Int(pieces[left.start].offset), Int(pieces[right.start].offset), count: Int(left.extra))
    }
    let mark = bytes.count
    let (a, b) = (flat(left), flat(right))
    let result = bytes.isEqual(a.lowerBound, b.lowerBound, count: a.count)
    bytes.truncate(to: mark)
    return result
  }

  /// Byte order, which for UTF-8 is code point order.
  func isLess(_ left: Value, _ right: Value) -> Bool {
    let mark = bytes.count
    let (a, b) = (flat(left), flat(right))
    defer { bytes.truncate(to: mark) }
    return unsafe bytes.withElements(0..<bytes.count) { bytes in
      for index in 0..<min(a.count, b.count) {
        let (x, y) = unsafe (bytes[a.lowerBound + index], bytes[b.lowerBound + index])
        if x != y { return x < y }
      }
      return a.count < b.count
    }
  }
}
