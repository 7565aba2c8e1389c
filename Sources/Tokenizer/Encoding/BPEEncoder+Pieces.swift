import Patterns
import Problems

extension BPEEncoder {
  /// Encodes one piece of a text that was normalized and cut.
  func encodePiece(_ piece: Range<Int>, of text: borrowing AlignedText) throws(Problem) {
    var failure: Problem?
    let first = buffer.count
    let keepsRanges = buffer.keepsRanges
    unsafe text.bytes.withUnsafeBufferPointer { bytes in
      let bytes = unsafe UnsafeBufferPointer(rebasing: bytes[piece])
      do throws(Problem) {
        if let runs = model.runs, !keepsRanges {
          unsafe try appendRuns(of: bytes, runs)
        } else {
          unsafe try append(bytes)
        }
        if keepsRanges { unsafe try setRanges(from: first, of: bytes, piece.lowerBound, text) }
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Appends the tokens of a piece.
  func append(_ piece: UnsafeBufferPointer<UInt8>) throws(Problem) {
    guard let base = piece.baseAddress, !piece.isEmpty else { return }
    let key = unsafe PieceCache.key(atEnd: base, length: piece.count)
    let home = cache.home(key)
    guard let entry = unsafe cache.find(key, home: home) else {
      return try unsafe appendMissing(piece, key, home: home)
    }
    buffer.reserve(PieceCache.maximumCount)
    // SAFETY: room for four ids; those beyond the count are overwritten by the next piece.
    unsafe UnsafeMutableRawPointer(buffer.ids + buffer.count).storeBytes(
      of: entry.pointee.ids, as: (UInt32, UInt32, UInt32, UInt32).self)
    unsafe buffer.count += PieceCache.count(entry)
  }

  /// Appends the tokens of a piece that `cache` does not have, and keeps them there or in `longPieces`.
  @inline(never)
  func appendMissing(
    _ piece: UnsafeBufferPointer<UInt8>, _ key: PieceCache.Key, home: Int
  ) throws(Problem) {
    let mayBeLong = piece.count > PieceCache.maximumCount
    if mayBeLong, let ids = unsafe longPieces.find(piece) {
      counters.longHits &+= 1
      buffer.reserve(ids.count)
      if let first = ids.baseAddress {
        // SAFETY: room for as many ids was made.
        unsafe (buffer.ids + buffer.count).update(from: first, count: ids.count)
      }
      buffer.count += ids.count
      return
    }
    counters.misses &+= 1
    unsafe model.encode(piece, in: space, keepsLengths: false)
    if space.lacksUnknown { throw unknownTokenError }
    let count = space.count
    buffer.reserve(count + PieceCache.maximumCount)
    // SAFETY: room for `count` ids was made.
    unsafe (buffer.ids + buffer.count).update(from: space.symbols, count: count)
    buffer.count += count
    // What is dropped is counted each time.
    if space.dropped > 0 {
      counters.droppedBytes &+= space.dropped
      return
    }
    if piece.count <= PieceCache.maximumLength, count <= PieceCache.maximumCount {
      unsafe cache.insert(key, home: home, ids: space.symbols, count: count)
    } else {
      unsafe longPieces.insert(piece, ids: space.symbols, count: count)
    }
  }

  private var unknownTokenError: Problem {
    tokenizer.definition.refusal(
      "the text has a character that is not in the vocabulary, and unk_token is not in the vocabulary either",
      "add unk_token to the vocabulary of the model")
  }

  /// Cuts a piece between characters that no merge joins, and appends the tokens of the runs.
  func appendRuns(
    of piece: UnsafeBufferPointer<UInt8>, _ runs: RunCutter
  ) throws(Problem) {
    guard let base = piece.baseAddress else { return }
    let text = unsafe TextView(base: base, end: piece.count)
    var state = RunCutter.State()
    var position = 0
    var start = 0
    while position < text.end {
      let count = unsafe runs.cut(
        text, from: &position, &state, into: batch.ends, capacity: PieceBatch.capacity)
      guard count > 0 else { continue }
      try appendBatch(text, from: start, count)
      start = unsafe Int(batch.ends[count - 1])
    }
  }

  /// Ranges of the tokens from `first` on, which are those of one piece.
  func setRanges(
    from first: Int, of piece: UnsafeBufferPointer<UInt8>, _ start: Int,
    _ text: borrowing AlignedText
  ) throws(Problem) {
    var sum = 0
    var isRegular = true
    for index in first..<buffer.count {
      let length = unsafe model.regularLength(of: buffer.ids[index])
      if length < 0 {
        isRegular = false
        break
      }
      sum += length
    }
    buffer.reserve(0)
    if isRegular, sum == piece.count {
      var position = start
      for index in first..<buffer.count {
        let length = unsafe model.regularLength(of: buffer.ids[index])
        setRange(index, text.original(of: position..<position + length))
        position += length
      }
      return
    }
    // Something is unknown, dropped or made of bytes: the lengths have to be counted while merging.
    unsafe model.encode(piece, in: space, keepsLengths: true)
    let offsets = unsafe model.byteOffsets(of: piece)
    let length = offsets.map { $0.count - 1 } ?? piece.count
    var position = 0
    for index in 0..<min(space.count, buffer.count - first) {
      let next = unsafe position + Int(space.lengths[index])
      if next > length {
        // Bytes of a prefix or a suffix lead out of the piece.
        setRange(first + index, position..<next)
        misplaced.append(first + index)
      } else {
        let from = offsets?[position] ?? position
        let to = offsets.map { next > position ? $0[next - 1] + 1 : from } ?? next
        setRange(first + index, text.original(of: start + from..<start + to))
      }
      position = next
    }
  }

  /// Where a token's range leads out of its piece, the reference takes the offset in the piece for one in the text, and widens
  /// or narrows it to whole characters as `BytesToCharOffsetConverter` does.
  func placeMisplacedRanges(in text: UnsafeBufferPointer<UInt8>) {
    func start(_ index: Int) -> Int {
      var start = index
      while start > 0, index - start < 3, unsafe text[start] & 0xC0 == 0x80 { start -= 1 }
      return start
    }
    for index in misplaced {
      let range = unsafe buffer.ranges[index]
      let (from, to) = (Int(range.lowerBound), Int(range.upperBound))
      guard from < text.count else {
        setRange(index, text.count..<text.count)
        continue
      }
      let first = start(from)
      var end = to < text.count ? start(to) : text.count
      if to > text.count {
        // Two characters on, as there.
        end = unsafe first + text.scalar(at: first).length
        if end < text.count { end += unsafe text.scalar(at: end).length }
      }
      setRange(index, first..<max(first, end))
    }
    misplaced.removeAll(keepingCapacity: true)
  }

  private func setRange(_ index: Int, _ range: Range<Int>) {
    unsafe buffer.ranges[index] =
      UInt32(truncatingIfNeeded: range.lowerBound)..<UInt32(truncatingIfNeeded: range.upperBound)
  }
}

extension BPEModel {
  /// The length in bytes of the piece that a token covers; -1 where that depends on the text (unknown and byte tokens).
  func regularLength(of id: UInt32) -> Int {
    guard hasUniqueIDs, id != unknown, let entry = vocabulary.entry(of: id), !entry.isOutside,
      !fallbackIDs.contains(id), continuingPrefix.isEmpty, endSuffix.isEmpty
    else { return -1 }
    return Int(entry.length)
  }

  /// For each byte of the text that the model sees, the byte of the piece it belongs to; nil where they are the same.
  func byteOffsets(of piece: UnsafeBufferPointer<UInt8>) -> [Int]? {
    guard isByteLevel else { return nil }
    var offsets: [Int] = []
    for index in 0..<piece.count {
      offsets.append(index)
      if unsafe ByteAlphabet.scalar(of: piece[index]) >= 0x80 { offsets.append(index) }
    }
    offsets.append(piece.count)
    return offsets
  }
}
