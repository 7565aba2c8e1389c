import Problems

extension BPEEncoder {
  /// Cuts unchanged text with a hand-written scanner and encodes its pieces.
  func scan(
    _ segment: UnsafeBufferPointer<UInt8>, base: Int, with pattern: KnownPattern
  ) throws(TokenizerError) {
    guard let start = segment.baseAddress else { return }
    let text = unsafe TextView(base: start, end: segment.count)
    switch pattern {
    case .gpt2: try scan(text, base, GPT2Scanner())
    case .cl100k(let digits, let keepsTail, let marksAreLetters):
      try scan(
        text, base,
        CL100KScanner(digits: digits, keepsTail: keepsTail, marksAreLetters: marksAreLetters))
    case .o200k(let digits, let hasContractions, let hasSlash):
      try scan(
        text, base,
        O200KScanner(digits: digits, hasContractions: hasContractions, hasSlash: hasSlash))
    }
  }

  private func scan<Scanner: PieceScanner>(
    _ text: TextView, _ base: Int, _ scanner: Scanner
  ) throws(TokenizerError) {
    let keepsRanges = buffer.keepsRanges
    var position = 0
    while position < text.end {
      let end = scanner.endOfPiece(at: position, in: text)
      let first = buffer.count
      let length = end - position
      let pointer = unsafe text.base + position
      if length <= PieceCache.maximumLength {
        let key = unsafe PieceCache.key(pointer, length: length, left: text.end - position)
        let home = cache.home(key)
        if let entry = unsafe cache.find(key, home: home) {
          buffer.reserve(PieceCache.maximumCount)
          // SAFETY: room for four ids; those beyond the count are overwritten by the next piece.
          unsafe UnsafeMutableRawPointer(buffer.ids + buffer.count).storeBytes(
            of: entry.pointee.ids, as: (UInt32, UInt32, UInt32, UInt32).self)
          unsafe buffer.count += PieceCache.count(entry)
        } else {
          unsafe try appendMerged(UnsafeBufferPointer(start: pointer, count: length), (key, home))
        }
      } else {
        unsafe try appendMerged(UnsafeBufferPointer(start: pointer, count: length), nil)
      }
      if keepsRanges { try setRanges(from: first, position..<end, text, base) }
      position = end
    }
  }

  /// Ranges of the tokens from `first` on, which are those of the piece `range` of unchanged text.
  private func setRanges(
    from first: Int, _ range: Range<Int>, _ text: TextView, _ base: Int
  ) throws(TokenizerError) {
    let piece = unsafe UnsafeBufferPointer(start: text.base + range.lowerBound, count: range.count)
    if model.isPlainByteLevel {
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
