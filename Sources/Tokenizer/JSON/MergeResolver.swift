/// Looks up the parts and products of merges, many at a time, so that they wait for memory together.
///
/// A vocabulary is most often in the order of its merges: a product is mostly the token of the merge before, or the next one. Those are
/// compared first; only what is neither is looked up by its hash.
@safe
struct MergeResolver {
  /// A part or a product that has no id.
  struct Missing: Error {
    let rank: UInt32
    let text: [UInt8]
  }

  // SAFETY: the texts lie in a parsed JSON text, which its reader keeps until the merges are resolved; every other range lies in `bytes`.
  @safe
  private struct Waiting {
    let left: UnsafeBufferPointer<UInt8>
    let right: UnsafeBufferPointer<UInt8>
    let rank: UInt32
    /// Where the bytes of both parts stand in `bytes`, side by side; empty where they are looked up one by one.
    var start = 0
    var middle = 0
    var end = 0
    var leftHash: UInt32 = 0
    var rightHash: UInt32 = 0

    init(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>, rank: UInt32) {
      unsafe self.left = left
      unsafe self.right = right
      self.rank = rank
    }

    mutating func place(_ start: Int, _ middle: Int, _ end: Int, _ hashes: (UInt32, UInt32)) {
      self.start = start
      self.middle = middle
      self.end = end
      (leftHash, rightHash) = hashes
    }
  }

  private static let limit = 64

  private let prefixLength: Int
  private var waiting: [Waiting] = []
  private var bytes: [UInt8] = []
  /// The entry of the last product.
  private var last = 0

  init(prefixLength: Int) {
    self.prefixLength = prefixLength
    waiting.reserveCapacity(Self.limit)
  }

  var isFull: Bool { waiting.count >= Self.limit }

  /// Notes a merge. The texts must last until `resolve`.
  mutating func add(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>, rank: UInt32
  ) {
    unsafe waiting.append(Waiting(left, right, rank: rank))
  }

  /// Appends the merges that were noted, in their order. O(their text).
  mutating func resolve(
    _ vocabulary: Vocabulary, into merges: inout [BPEDefinition.Merge]
  ) throws(Missing) {
    guard !waiting.isEmpty else { return }
    defer { waiting.removeAll(keepingCapacity: true) }
    if prefixLength == 0 { prepare(vocabulary) }
    for index in waiting.indices {
      merges.append(try resolve(waiting[index], vocabulary))
    }
  }

  /// Writes the bytes of all parts down, and asks for what their look-ups read.
  private mutating func prepare(_ vocabulary: Vocabulary) {
    let size = waiting.reduce(0) { unsafe $0 + $1.left.count + $1.right.count }
    if bytes.count < size { bytes = [UInt8](repeating: 0, count: size * 2) }
    unsafe bytes.withUnsafeMutableBufferPointer { bytes in
      var end = 0
      func write(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        let place = unsafe UnsafeMutableBufferPointer(rebasing: bytes[end..<end + text.count])
        guard let count = unsafe vocabulary.write(text, into: place) else { return nil }
        end += count
        return unsafe UnsafeBufferPointer(rebasing: place[..<count])
      }
      for index in waiting.indices {
        let start = end
        guard let left = unsafe write(waiting[index].left) else { continue }
        let middle = end
        guard let right = unsafe write(waiting[index].right) else { continue }
        let hashes = unsafe (Vocabulary.hash(left), Vocabulary.hash(right))
        waiting[index].place(start, middle, end, hashes)
        vocabulary.prefetch(hashes.0)
        vocabulary.prefetch(hashes.1)
      }
    }
    for merge in waiting {
      vocabulary.prefetchEntry(merge.leftHash)
      vocabulary.prefetchEntry(merge.rightHash)
    }
  }

  private mutating func resolve(
    _ merge: Waiting, _ vocabulary: Vocabulary
  ) throws(Missing) -> BPEDefinition.Merge {
    if merge.end > merge.start, let found = find(merge, vocabulary) { return found }
    let left = unsafe Array(merge.left)
    let right = unsafe Array(merge.right)
    func id(_ text: [UInt8]) throws(Missing) -> UInt32 {
      guard let id = vocabulary.id(ofText: text) else {
        throw Missing(rank: merge.rank, text: text)
      }
      return id
    }
    let (a, b) = (try id(left), try id(right))
    guard right.count >= prefixLength else {
      throw Missing(rank: merge.rank, text: right)
    }
    return BPEDefinition.Merge(
      left: a, right: b, product: try id(left + right[prefixLength...]), rank: merge.rank)
  }

  private mutating func find(_ merge: Waiting, _ vocabulary: Vocabulary) -> BPEDefinition.Merge? {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      let left = unsafe UnsafeBufferPointer(rebasing: bytes[merge.start..<merge.middle])
      let right = unsafe UnsafeBufferPointer(rebasing: bytes[merge.middle..<merge.end])
      let whole = unsafe UnsafeBufferPointer(rebasing: bytes[merge.start..<merge.end])
      guard let a = unsafe vocabulary.index(ofBytes: left, merge.leftHash),
        let b = unsafe vocabulary.index(ofBytes: right, merge.rightHash)
      else { return nil }
      if unsafe !vocabulary.isEntry(last, whole) {
        if unsafe vocabulary.isEntry(last + 1, whole) {
          last += 1
        } else {
          guard
            let found = unsafe vocabulary.index(ofBytes: whole, Vocabulary.hash(whole))
          else { return nil }
          last = found
        }
      }
      let entries = vocabulary.entries
      return BPEDefinition.Merge(
        left: entries[a].id, right: entries[b].id, product: entries[last].id, rank: merge.rank)
    }
  }
}
