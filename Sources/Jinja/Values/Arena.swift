import JSONText

/// Values of one plain type, side by side, freed all at once: what a machine allocates from.
///
/// Appending is amortized O(1); `count` may be set back to forget the newest.
@safe package struct Arena<Element: BitwiseCopyable>: ~Copyable {
  @unsafe @usableFromInline package struct State {
    @usableFromInline package var base: UnsafeMutablePointer<Element>
    @usableFromInline package var capacity: Int
    @usableFromInline package var count = 0

    @inlinable package init(base: UnsafeMutablePointer<Element>, capacity: Int) {
      unsafe self.base = unsafe base
      unsafe self.capacity = capacity
    }
  }

  // SAFETY: owned; `capacity` elements are allocated, the first `count` are initialized (plain types
  // need no deinitialization), and every index is checked against `count`. The state lies behind a
  // pointer because accesses of a class's variables are checked for exclusivity at run time, which
  // costs more than they do; no access here calls out while it lasts.
  @usableFromInline let state: UnsafeMutablePointer<State>

  @inlinable package init(capacity: Int = 64) {
    unsafe state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    unsafe state.initialize(
      to: State(
        base: UnsafeMutablePointer<Element>.allocate(capacity: capacity), capacity: capacity))
  }

  @inlinable package init(repeating element: Element, count: Int) {
    self.init(capacity: max(1, count))
    append(repeating: element, count: count)
  }

  @inlinable deinit {
    unsafe base.deallocate()
    unsafe state.deallocate()
  }

  @inline(__always)
  @inlinable package var count: Int {
    get { unsafe state.pointee.count }
    nonmutating set { unsafe state.pointee.count = newValue }
  }

  /// Exchanges the elements of two arenas. O(1).
  @inlinable package func exchange(with other: borrowing Arena) {
    unsafe swap(&state.pointee, &other.state.pointee)
  }

  @inline(__always)
  @inlinable var base: UnsafeMutablePointer<Element> { unsafe state.pointee.base }

  @inline(__always)
  @inlinable var capacity: Int { unsafe state.pointee.capacity }

  @inline(__always)
  @inlinable package subscript(index: Int) -> Element {
    get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
      return unsafe base[index]
    }
    nonmutating set {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
      unsafe base[index] = newValue
    }
  }

  @inline(__always)
  @inlinable package func append(_ element: Element) {
    if count == capacity { grow(count + 1) }
    unsafe base[count] = element
    count += 1
  }

  @inlinable package func append(repeating element: Element, count added: Int) {
    if count + added > capacity { grow(count + added) }
    for index in count..<count + added { unsafe base[index] = element }
    count += added
  }

  /// Appends a copy of elements that are already here.
  @inline(__always)
  @inlinable package func append(from range: Range<Int>) {
    // Most strings are of one piece, and a call costs more than its copy.
    if range.count == 1 { append(self[range.lowerBound]) } else { appendAll(from: range) }
  }

  @inlinable func appendAll(from range: Range<Int>) {
    guard !range.isEmpty else { return }
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    if count + range.count > capacity { grow(count + range.count) }
    unsafe (base + count).update(from: base + range.lowerBound, count: range.count)
    count += range.count
  }

  /// Appends elements from elsewhere; `source` must not point into this arena.
  @inline(__always)
  @inlinable package func append(contentsOf source: UnsafeBufferPointer<Element>) {
    guard let start = source.baseAddress else { return }
    if count + source.count > capacity { grow(count + source.count) }
    unsafe (base + count).update(from: start, count: source.count)
    count += source.count
  }

  /// Forgets all elements from `newCount` on.
  @inline(__always)
  @inlinable package func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count)
    count = newCount
  }

  @inline(never)
  @usableFromInline func grow(_ needed: Int) {
    let newCapacity = max(capacity * 2, needed)
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
    unsafe larger.update(from: base, count: count)
    unsafe base.deallocate()
    unsafe state.pointee.base = unsafe larger
    unsafe state.pointee.capacity = newCapacity
  }

  /// The elements, valid until the next append.
  @inline(__always)
  @inlinable package func withElements<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return try unsafe body(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
  }

  @inlinable package func copy(_ range: Range<Int>) -> [Element] {
    unsafe withElements(range) { unsafe Array($0) }
  }
}

extension Arena where Element == UInt8 {
  /// Appends bytes from elsewhere; `source` must not point into this arena.
  @inline(__always)
  @inlinable package func append(contentsOf source: UnsafeBufferPointer<UInt8>) {
    guard let start = source.baseAddress else { return }
    let length = source.count
    if count + length > capacity { grow(count + length) }
    let target = unsafe UnsafeMutableRawPointer(base + count)
    let bytes = unsafe UnsafeRawPointer(start)
    // Most pieces are short: two words that overlap cost less than a call.
    if length > 16 {
      unsafe target.copyMemory(from: bytes, byteCount: length)
    } else if length >= 8 {
      let last = unsafe bytes.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self)
      unsafe target.storeBytes(of: bytes.loadUnaligned(as: UInt64.self), as: UInt64.self)
      unsafe target.storeBytes(of: last, toByteOffset: length - 8, as: UInt64.self)
    } else {
      for index in 0..<length { unsafe (base + count)[index] = start[index] }
    }
    count += length
  }

  @inline(__always)
  package func isEqual(_ left: Int, _ right: Int, count length: Int) -> Bool {
    precondition(left >= 0 && right >= 0 && left + length <= count && right + length <= count)
    guard length > 0 else { return true }
    // SAFETY: both stretches were checked above.
    return unsafe base[left] == base[right]
      && UnsafeBufferPointer(start: base + left, count: length)
        .isEqual(to: UnsafeBufferPointer(start: base + right, count: length))
  }

  /// Where the bytes of `pattern` first stand inside `range`. O(n + m).
  package func find(_ pattern: Range<Int>, in range: Range<Int>) -> Int? {
    precondition(pattern.lowerBound >= 0 && pattern.upperBound <= count)
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    // SAFETY: both stretches were checked above.
    let text = unsafe UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    let wanted = unsafe UnsafeBufferPointer(start: base + pattern.lowerBound, count: pattern.count)
    return unsafe text.firstIndex(of: wanted).map { range.lowerBound + $0 }
  }

  @inline(__always)
  package func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    return unsafe withElements(range) { bytes in
      for index in 0..<bytes.count where unsafe bytes[index] != text.utf8Start[index] {
        return false
      }
      return true
    }
  }
}
