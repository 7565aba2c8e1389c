import CPrepABI

/// Writes rows into the arrays of a `prep_arrays`, one slot after the other.
///
/// O(room) a row, no allocation. Element types are resolved once a row, not once a token.
@safe struct ArrayWriter {
  // SAFETY: the caller of the C interface promises that each array that is not NULL has the elements
  // that prep.h asks for; `write` stays within the slot's room and the segment capacity, both checked.
  private let arrays: prep_arrays
  private let padID: Int64
  private let slots: Int
  private var slot = 0
  private var segmentCount = 0

  /// `slots`: how many rows the arrays have room for.
  init(_ arrays: UnsafePointer<prep_arrays>?, slots: Int, padID: UInt32) throws(Failure) {
    guard let arrays = unsafe arrays else { throw .argument("arrays is NULL") }
    let size = unsafe arrays.pointee.size
    let expected = unsafe MemoryLayout<prep_arrays>.size
    guard size >= expected else {
      throw .size("arrays", size, of: "prep_arrays", expected: expected)
    }
    unsafe self.arrays = unsafe arrays.pointee
    self.padID = Int64(padID)
    self.slots = slots
    let ids = unsafe self.arrays.id_bytes
    guard ids == 4 || ids == 8 else { throw .argument("id_bytes is \(ids), must be 4 or 8") }
    let mask = unsafe self.arrays.mask_bytes
    guard mask == 1 || mask == 4 || mask == 8 else {
      throw .argument("mask_bytes is \(mask), must be 1, 4 or 8")
    }
    guard unsafe self.arrays.row_stride >= 0, unsafe self.arrays.segment_capacity >= 0 else {
      throw .argument("row_stride and segment_capacity must not be negative")
    }
    guard unsafe self.arrays.flags & ~PREP_MASK_FIRST_LABELS == 0 else {
      throw .argument("flags \(unsafe self.arrays.flags) are not known")
    }
  }

  /// Elements of the next slot.
  private func room() throws(Failure) -> Range<Int> {
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
  mutating func write(_ row: Int, of columns: some RowColumns) throws(Failure) {
    guard slot < slots else { throw .tooSmall("the arrays have \(slots) slots") }
    let range = columns.range(of: row)
    let room = try room()
    guard range.count <= room.count else {
      throw .tooSmall("a row of \(range.count) tokens does not fit into \(room.count) elements")
    }
    if unsafe arrays.id_bytes == 4 {
      writeIDs(row, of: columns, room, as: Int32.self)
    } else {
      writeIDs(row, of: columns, room, as: Int64.self)
    }
    if let mask = unsafe arrays.attention_mask {
      switch unsafe arrays.mask_bytes {
      case 1: unsafe writeMask(row, of: columns, mask.elements(room, as: Int8.self))
      case 4: unsafe writeMask(row, of: columns, mask.elements(room, as: Int32.self))
      default: unsafe writeMask(row, of: columns, mask.elements(room, as: Int64.self))
      }
    }
    if let weights = unsafe arrays.loss_weights {
      unsafe writeWeights(
        row, of: columns,
        UnsafeMutableBufferPointer(start: weights + room.lowerBound, count: room.count))
    }
    try writeCounts(row, of: columns)
    slot += 1
  }

  private func writeIDs<ID: FixedWidthInteger>(
    _ row: Int, of columns: some RowColumns, _ room: Range<Int>, as type: ID.Type
  ) {
    let range = columns.range(of: row)
    if let ids = unsafe arrays.input_ids?.elements(room, as: type) {
      unsafe columns.tokens.withUnsafeBufferPointer { tokens in
        for place in 0..<range.count {
          unsafe ids[place] = ID(truncatingIfNeeded: tokens[range.lowerBound + place])
        }
      }
      unsafe ids.extracting(range.count..<ids.count).update(
        repeating: ID(truncatingIfNeeded: padID))
    }
    if let labels = unsafe arrays.labels?.elements(room, as: type) {
      unsafe labels.update(repeating: -100)
      unsafe columns.tokens.withUnsafeBufferPointer { tokens in
        for run in columns.runs[columns.runRange(of: row)] {
          for place in Int(run.lowerBound)..<Int(run.upperBound) {
            unsafe labels[place - range.lowerBound] = ID(truncatingIfNeeded: tokens[place])
          }
        }
      }
      if unsafe arrays.flags & PREP_MASK_FIRST_LABELS != 0 {
        for segment in columns.segments[columns.segmentRange(of: row)] where !segment.isEmpty {
          unsafe labels[Int(segment.lowerBound) - range.lowerBound] = -100
        }
      }
    }
    if let positions = unsafe arrays.position_ids?.elements(room, as: type) {
      var place = 0
      for segment in columns.segments[columns.segmentRange(of: row)] {
        // Alignment padding before the segment, then the segment: each counts from 0.
        unsafe Self.count(positions, &place, upTo: Int(segment.lowerBound) - range.lowerBound)
        unsafe Self.count(positions, &place, upTo: Int(segment.upperBound) - range.lowerBound)
      }
      unsafe Self.count(positions, &place, upTo: positions.count)
    }
  }

  private static func count<ID: FixedWidthInteger>(
    _ positions: UnsafeMutableBufferPointer<ID>, _ place: inout Int, upTo end: Int
  ) {
    let begin = place
    for index in begin..<max(begin, end) {
      unsafe positions[index] = ID(truncatingIfNeeded: index - begin)
    }
    place = max(begin, end)
  }

  private func writeMask<Flag: FixedWidthInteger>(
    _ row: Int, of columns: some RowColumns, _ mask: UnsafeMutableBufferPointer<Flag>
  ) {
    unsafe mask.update(repeating: 0)
    let base = columns.range(of: row).lowerBound
    for segment in columns.segments[columns.segmentRange(of: row)] {
      unsafe mask.extracting(Int(segment.lowerBound) - base..<Int(segment.upperBound) - base)
        .update(repeating: 1)
    }
  }

  private func writeWeights(
    _ row: Int, of columns: some RowColumns, _ weights: UnsafeMutableBufferPointer<Float>
  ) {
    unsafe weights.update(repeating: 0)
    let base = columns.range(of: row).lowerBound
    for index in columns.runRange(of: row) {
      let run = columns.runs[index]
      unsafe weights.extracting(Int(run.lowerBound) - base..<Int(run.upperBound) - base)
        .update(repeating: columns.runWeights.isEmpty ? 1 : columns.runWeights[index])
    }
  }

  /// Row length, segments, and the tokens from each segment's beginning to the next one's.
  private mutating func writeCounts(_ row: Int, of columns: some RowColumns) throws(Failure) {
    let range = columns.range(of: row)
    let segments = columns.segmentRange(of: row)
    if let lengths = unsafe arrays.row_lengths {
      unsafe lengths[slot] = Int32(truncatingIfNeeded: range.count)
    }
    if let counts = unsafe arrays.segment_counts {
      unsafe counts[slot] = Int32(truncatingIfNeeded: segments.count)
    }
    guard let lengths = unsafe arrays.segment_lengths else { return }
    guard segments.count <= Int(unsafe arrays.segment_capacity) - segmentCount else {
      throw .tooSmall("segment_lengths has no room for the segments of slot \(slot)")
    }
    for index in segments {
      let begin = columns.segments[index].lowerBound
      let next =
        index + 1 < segments.upperBound
        ? columns.segments[index + 1].lowerBound : UInt32(truncatingIfNeeded: range.upperBound)
      unsafe lengths[segmentCount] = Int32(truncatingIfNeeded: next - begin)
      segmentCount += 1
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
