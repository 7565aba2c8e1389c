import CPieces
import Problems

extension BPEEncoder {
  /// Cuts unchanged text by a known pattern and encodes its pieces.
  func scan(
    _ segment: UnsafeBufferPointer<UInt8>, base: Int, with cutter: PieceCutter
  ) throws(Problem) {
    guard let start = segment.baseAddress else { return }
    let text = unsafe TextView(base: start, end: segment.count)
    switch cutter.pattern {
    case .gpt2: try scan(text, base, cutter, GPT2Scanner())
    case .cl100k(let digits, let keepsTail, let marksAreLetters):
      try scan(
        text, base, cutter,
        CL100KScanner(digits: digits, keepsTail: keepsTail, marksAreLetters: marksAreLetters))
    case .o200k(let digits, let hasContractions, let hasSlash):
      try scan(
        text, base, cutter,
        O200KScanner(digits: digits, hasContractions: hasContractions, hasSlash: hasSlash))
    case .deepSeek: try scan(text, base, cutter, DeepSeekScanner())
    }
  }

  /// How many pieces unchanged text is cut into, without encoding them; nil where the pattern is no known one. For measurements.
  public func countPieces(of text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let cutter = tokenizer.cutter else { return nil }
    guard let base = text.baseAddress else { return 0 }
    let view = unsafe TextView(base: base, end: text.count)
    return switch cutter.pattern {
    case .gpt2: countPieces(of: view, cutter, GPT2Scanner())
    case .cl100k(let digits, let keepsTail, let marksAreLetters):
      countPieces(
        of: view, cutter,
        CL100KScanner(digits: digits, keepsTail: keepsTail, marksAreLetters: marksAreLetters))
    case .o200k(let digits, let hasContractions, let hasSlash):
      countPieces(
        of: view, cutter,
        O200KScanner(digits: digits, hasContractions: hasContractions, hasSlash: hasSlash))
    case .deepSeek: countPieces(of: view, cutter, DeepSeekScanner())
    }
  }

  private func countPieces<Scanner: PieceScanner>(
    of text: TextView, _ cutter: PieceCutter, _ scanner: Scanner
  ) -> Int {
    var count = 0
    var position = 0
    while position < text.end {
      count += unsafe cutter.cut(
        text, from: &position, scanner, into: batch.ends, capacity: PieceBatch.capacity)
    }
    return count
  }

  private func scan<Scanner: PieceScanner>(
    _ text: TextView, _ base: Int, _ cutter: PieceCutter, _ scanner: Scanner
  ) throws(Problem) {
    let ends = unsafe batch.ends
    var position = 0
    while position < text.end {
      let start = position
      let count = unsafe cutter.cut(
        text, from: &position, scanner, into: ends, capacity: PieceBatch.capacity)
      if !buffer.keepsRanges {
        try appendBatch(text, from: start, count)
        continue
      }
      var from = start
      for index in 0..<count {
        let end = unsafe Int(ends[index])
        let first = buffer.count
        unsafe try append(UnsafeBufferPointer(start: text.base + from, count: end - from))
        try setRanges(from: first, from..<end, text, base)
        from = end
      }
    }
  }

  /// Appends the tokens of the pieces of the batch, the first of which begins at `start`: first all keys, then all look-ups.
  func appendBatch(
    _ text: TextView, from start: Int, _ count: Int
  ) throws(Problem) {
    cache.growIfNeeded()
    let ends = unsafe batch.ends
    let keys = unsafe batch.keys
    let homes = unsafe batch.homes
    let entries = unsafe cache.entries
    let shift = cache.shift
    let lastWide = text.end - 16
    let maker = PieceCache.keyMaker
    var from = start
    for index in 0..<count {
      let end = unsafe Int(ends[index])
      // SAFETY: wide keys read 16 bytes that are there.
      let key =
        unsafe from <= lastWide
        ? maker.key(text.base + from, length: end - from)
        : PieceCache.key(atEnd: text.base + from, length: end - from)
      let home = PieceCache.home(key, shift: shift)
      unsafe prep_prefetch(entries + home)
      unsafe keys[index] = key
      unsafe homes[index] = UInt32(truncatingIfNeeded: home)
      from = end
    }
    buffer.reserve(PieceCache.maximumCount * count)
    var output = unsafe buffer.ids + buffer.count
    from = start
    for index in 0..<count {
      let key = unsafe keys[index]
      let home = unsafe Int(homes[index])
      let first = unsafe entries + home
      let second = unsafe entries + (home ^ 1)
      let isFirst = unsafe PieceCache.differences(first, key) == 0
      let isSecond = unsafe PieceCache.differences(second, key) == 0
      let end = unsafe Int(ends[index])
      if isFirst != isSecond {
        let entry = unsafe isSecond ? second : first
        // SAFETY: four ids a piece have room; those beyond the count are overwritten by the next piece.
        unsafe UnsafeMutableRawPointer(output).storeBytes(
          of: entry.pointee.ids, as: (UInt32, UInt32, UInt32, UInt32).self)
        unsafe output += PieceCache.count(entry)
      } else {
        unsafe buffer.count = output - buffer.ids
        unsafe try appendMissing(
          UnsafeBufferPointer(start: text.base + from, count: end - from), key, home: home)
        buffer.reserve(PieceCache.maximumCount * (count - index))
        unsafe output = buffer.ids + buffer.count
      }
      from = end
    }
    unsafe buffer.count = output - buffer.ids
  }

  /// Ranges of the tokens from `first` on, which are those of the piece `range` of unchanged text.
  private func setRanges(
    from first: Int, _ range: Range<Int>, _ text: TextView, _ base: Int
  ) throws(Problem) {
    let piece = unsafe UnsafeBufferPointer(start: text.base + range.lowerBound, count: range.count)
    if model.isPlainByteLevel, model.hasUniqueIDs {
      var position = range.lowerBound
      for index in first..<buffer.count {
        let end = unsafe position + Int(model.vocabulary.entry(of: buffer.ids[index])?.length ?? 0)
        unsafe buffer.ranges[index] =
          UInt32(
            base + text.start(ofCharacterAt: position))..<UInt32(
            base + text.endOfCharacter(at: end))
        position = end
      }
      return
    }
    unsafe aligned.reset(to: piece, base: base + range.lowerBound, isTracking: true)
    unsafe try setRanges(from: first, of: piece, 0, aligned)
  }
}

extension TextView {
  /// The start of the character that the byte at `index` is part of.
  @inline(__always)
  func start(ofCharacterAt index: Int) -> Int {
    var start = index
    while start > 0, start < end, index - start < 3, self[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  /// The first place from `index` on that is not inside of a character.
  @inline(__always)
  func endOfCharacter(at index: Int) -> Int {
    var position = index
    while position < end, position - index < 3, self[position] & 0xC0 == 0x80 { position += 1 }
    return position
  }
}
