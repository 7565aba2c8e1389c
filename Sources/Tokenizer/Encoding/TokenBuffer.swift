/// The tokens of one text while it is encoded.
@safe
final class TokenBuffer {
  // SAFETY: both hold `capacity` elements; `count <= capacity`; callers of the unchecked paths reserve before.
  private(set) var ids: UnsafeMutablePointer<UInt32>
  private(set) var ranges: UnsafeMutablePointer<Range<UInt32>>
  private var rangeCapacity = 0
  private var capacity: Int
  var count = 0
  /// Whether each id has a range.
  var keepsRanges = false

  init() {
    capacity = 1024
    unsafe ids = .allocate(capacity: capacity)
    rangeCapacity = 16
    unsafe ranges = .allocate(capacity: rangeCapacity)
  }

  deinit {
    unsafe ids.deallocate()
    unsafe ranges.deallocate()
  }

  func start(keepsRanges: Bool) {
    count = 0
    self.keepsRanges = keepsRanges
    if keepsRanges, rangeCapacity < capacity { growRanges() }
  }

  /// Makes room for `more` tokens.
  @inline(__always)
  func reserve(_ more: Int) {
    if count + more > capacity { grow(count + more) }
  }

  private func grow(_ needed: Int) {
    capacity = max(needed, capacity * 2)
    let next = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
    unsafe next.update(from: ids, count: count)
    unsafe ids.deallocate()
    unsafe ids = next
    if keepsRanges { growRanges() }
  }

  private func growRanges() {
    let next = UnsafeMutablePointer<Range<UInt32>>.allocate(capacity: capacity)
    unsafe next.initialize(repeating: 0..<0, count: capacity)
    unsafe next.update(from: ranges, count: min(count, rangeCapacity))
    unsafe ranges.deallocate()
    unsafe ranges = next
    rangeCapacity = capacity
  }

  func append(_ id: UInt32, _ range: Range<Int>) {
    reserve(1)
    unsafe ids[count] = id
    if keepsRanges {
      unsafe ranges[count] =
        UInt32(
          truncatingIfNeeded: range.lowerBound)..<UInt32(
          truncatingIfNeeded: max(range.lowerBound, range.upperBound))
    }
    count += 1
  }
}
