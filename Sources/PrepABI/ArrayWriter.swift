import CPrepABI
import Masking
import Problems

/// Writes rows into the arrays of a `prep_arrays`, one slot after the other.
///
/// O(room) a row, no allocation. Element types are resolved once a row, not once a token.
@safe struct ArrayWriter {
  // SAFETY: the caller of the C interface promises that each array that is not NULL has the elements
  // that prep.h asks for; `write` stays within the slot's room and the sample capacity, both checked.
  private let arrays: prep_arrays
  private let padID: UInt32
  private let slots: Int
  private var slot = 0
  private var sampleCount = 0

  /// `slots`: how many rows the arrays have room for.
  init(_ arrays: UnsafePointer<prep_arrays>?, slots: Int, padID: UInt32) throws(Problem) {
    guard let arrays = unsafe arrays else { throw .argument("arrays is NULL") }
    let size = unsafe arrays.pointee.size
    let expected = unsafe MemoryLayout<prep_arrays>.size
    guard size >= expected else {
      throw .size("arrays", size, of: "prep_arrays", expected: expected)
    }
    unsafe self.arrays = unsafe arrays.pointee
    self.padID = padID
    self.slots = slots
    let ids = unsafe self.arrays.id_bytes
    guard ids == 4 || ids == 8 else { throw .argument("id_bytes is \(ids), must be 4 or 8") }
    let mask = unsafe self.arrays.mask_bytes
    guard mask == 1 || mask == 4 || mask == 8 else {
      throw .argument("mask_bytes is \(mask), must be 1, 4 or 8")
    }
    guard unsafe self.arrays.row_stride >= 0, unsafe self.arrays.sample_capacity >= 0 else {
      throw .argument("row_stride and sample_capacity must not be negative")
    }
    guard unsafe self.arrays.flags & ~PREP_MASK_FIRST_LABELS == 0 else {
      throw .argument("flags \(unsafe self.arrays.flags) are not known")
    }
  }

  /// Elements of the next slot.
  private func room() throws(Problem) -> Range<Int> {
    guard let starts = unsafe arrays.row_starts else {
      let stride = Int(unsafe arrays.row_stride)
      let (begin, overflow) = slot.multipliedReportingOverflow(by: stride)
      guard !overflow, begin <= Int.max - stride else { throw .argument("row_stride is too large") }
      return begin..<begin + stride
    }
    let begin = unsafe starts[slot]
    let end = unsafe starts[slot + 1]
    guard 0 <= begin, begin <= end else {
      throw .argument("row_starts must ascend; slot \(slot) begins at \(begin) and ends at \(end)")
    }
    return Int(begin)..<Int(end)
  }

  /// Writes a row into the next slot.
  mutating func write(_ row: Int, of rows: Rows) throws(Problem) {
    guard slot < slots else { throw .tooSmall("the arrays have \(slots) slots") }
    let count = rows.tokenRange(ofRow: row).count
    let room = try room()
    guard count <= room.count else {
      throw .tooSmall("a row of \(count) tokens does not fit into \(room.count) elements")
    }
    let masksFirst = unsafe arrays.flags & PREP_MASK_FIRST_LABELS != 0
    let bytes = unsafe arrays.id_bytes
    unsafe Self.fill(arrays.input_ids, bytes: bytes, room, .inputIDs(pad: padID), row, of: rows)
    unsafe Self.fill(
      arrays.labels, bytes: bytes, room, .labels(masksFirst: masksFirst), row, of: rows)
    unsafe Self.fill(arrays.position_ids, bytes: bytes, room, .positionIDs, row, of: rows)
    unsafe Self.fill(
      arrays.attention_mask, bytes: arrays.mask_bytes, room, .attentionMask, row, of: rows)
    if let weights = unsafe arrays.loss_weights {
      var span = unsafe UnsafeMutableBufferPointer(
        start: weights + room.lowerBound, count: room.count
      ).mutableSpan
      rows.fillWeights(row, into: &span)
    }
    try writeCounts(row, of: rows)
    slot += 1
  }

  /// Fills the slot of an array whose elements have this many bytes, unless it is NULL.
  private static func fill(
    _ array: UnsafeMutableRawPointer?, bytes: Int32, _ room: Range<Int>, _ column: RowColumn,
    _ row: Int, of rows: Rows
  ) {
    guard let array = unsafe array else { return }
    switch bytes {
    case 1: unsafe fill(array, room, column, row, of: rows, as: Int8.self)
    case 4: unsafe fill(array, room, column, row, of: rows, as: Int32.self)
    default: unsafe fill(array, room, column, row, of: rows, as: Int64.self)
    }
  }

  private static func fill<Element: FixedWidthInteger>(
    _ array: UnsafeMutableRawPointer, _ room: Range<Int>, _ column: RowColumn, _ row: Int,
    of rows: Rows, as: Element.Type
  ) {
    var span = unsafe array.elements(room, as: Element.self).mutableSpan
    rows.fill(row, column, into: &span)
  }

  /// Row length, samples, and the tokens from each sample's beginning to the next one's.
  private mutating func writeCounts(_ row: Int, of rows: Rows) throws(Problem) {
    let samples = rows.sampleRange(ofRow: row).count
    if let lengths = unsafe arrays.row_lengths {
      unsafe lengths[slot] = Int32(truncatingIfNeeded: rows.tokenRange(ofRow: row).count)
    }
    if let counts = unsafe arrays.sample_counts {
      unsafe counts[slot] = Int32(truncatingIfNeeded: samples)
    }
    guard let lengths = unsafe arrays.sample_lengths else { return }
    guard samples <= Int(unsafe arrays.sample_capacity) - sampleCount else {
      throw .tooSmall("sample_lengths has no room for the samples of slot \(slot)")
    }
    for length in rows.sampleLengths(ofRow: row) {
      unsafe lengths[sampleCount] = Int32(truncatingIfNeeded: length)
      sampleCount += 1
    }
  }
}

extension UnsafeMutableRawPointer {
  /// Elements `range` of an array that begins here.
  func elements<Element>(_ range: Range<Int>, as type: Element.Type)
    -> UnsafeMutableBufferPointer<Element>
  {
    unsafe UnsafeMutableBufferPointer(
      start: assumingMemoryBound(to: type) + range.lowerBound, count: range.count)
  }
}
