extension Machine {
  /// Writes into pieces; text of one author is gathered before it becomes a piece.
  struct Writer {
    let heap: ValueHeap
    let firstPiece: Int
    private var start: Int
    private var origin: Origin

    init(_ heap: ValueHeap, _ origin: Origin) {
      self.heap = heap
      firstPiece = heap.pieces.count
      start = heap.bytes.count
      self.origin = origin
    }

    mutating func by(_ author: Origin) {
      guard author != origin else { return }
      flush()
      origin = author
    }

    mutating func put(_ byte: UInt8) { heap.bytes.append(byte) }

    mutating func put(_ text: StaticString) {
      unsafe heap.bytes.append(
        contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ text: String) {
      for byte in text.utf8 { heap.bytes.append(byte) }
    }

    mutating func put(_ bytes: [UInt8]) {
      unsafe bytes.withUnsafeBufferPointer { unsafe heap.bytes.append(contentsOf: $0) }
    }

    mutating func put(_ bytes: Range<Int>) { heap.bytes.append(from: bytes) }

    mutating func flush() {
      let end = heap.bytes.count
      if end > start {
        heap.pieces.append(
          Piece(
            offset: UInt32(truncatingIfNeeded: start),
            count: UInt32(truncatingIfNeeded: end - start),
            origin: origin))
      }
      start = end
    }

    mutating func finish(flag: UInt8 = 0) -> Value {
      flush()
      return heap.string(piecesFrom: firstPiece, flag: flag)
    }
  }
}
