import Files

/// Walks the records of a block: lines that are not blank, or the values that were found.
@safe package struct RecordCursor {
  // SAFETY: the block outlives the cursor and is not changed while it walks.
  private let bytes: UnsafeBufferPointer<UInt8>
  private let places: [RecordPlace]?
  private var following = 0
  private var line = 0

  package init(_ block: Block) {
    unsafe bytes = unsafe block.bytes
    places = block.records
    let bom: [UInt8] = [0xEF, 0xBB, 0xBF]
    if block.source.byteOffset == 0, places == nil, unsafe bytes.starts(with: bom) { following = 3 }
  }

  /// The next record: its bytes without line end, and where it lies.
  package mutating func next() -> RecordPlace? {
    if let places {
      guard following < places.count else { return nil }
      following += 1
      return places[following - 1]
    }
    while unsafe following < bytes.count {
      let start = following
      var end = unsafe bytes.newline(from: start) ?? bytes.count
      following = end + 1
      defer { line += 1 }
      if end > start, unsafe bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
      if !isBlank(start, end) { return RecordPlace(start: start, end: end, line: line) }
    }
    return nil
  }

  private func isBlank(_ start: Int, _ end: Int) -> Bool {
    for index in start..<end {
      switch unsafe bytes[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): continue
      default: return false
      }
    }
    return true
  }
}
