import Files
import Problems
import SystemPackage

/// Cuts input files into blocks at record boundaries, in order, never across files.
///
/// A block ends after the first record that reaches the block size, so its bytes depend on the file
/// alone, not on how reads happen to return. A record beyond `maximumRecordSize` is read over with
/// bounded memory and ends its block. Not thread-safe: one worker at a time asks for the next block.
package final class BlockReader {
  let files: [InputFile]
  let blockSize: Int
  let maximumRecordSize: Int
  /// Whether a file that is no JSON at all is refused as a whole.
  let expectsRecords: Bool
  /// Bytes of an unreadable record that are kept to show it.
  static let headSize = 4096

  private var file = 0
  private var block = 0
  private var source: ByteSource?
  /// What was read of the file beyond the last block.
  private var carry: [UInt8] = []
  private var chunk: [UInt8] = []
  private var isAtEnd = false
  private var byteOffset = 0
  private var line = 1
  private var splitter = ValueSplitter()
  private var finishedFileBytes = 0
  /// Records of the file so far, where they are counted.
  private var recordCount = 0

  package init(
    files: [InputFile], blockSize: Int, maximumRecordSize: Int, expectsRecords: Bool = true
  ) {
    self.files = files
    self.expectsRecords = expectsRecords
    self.blockSize = max(1, blockSize)
    self.maximumRecordSize = max(1, maximumRecordSize)
  }

  /// Fills `block` with the next block; false when all files are read. An empty file gives one block
  /// of no bytes.
  package func next(into block: Block) throws(Problem) -> Bool {
    block.removeAll()
    if source == nil {
      guard file < files.count else { return false }
      source = try ByteSource(files[file])
      carry = []
      isAtEnd = false
      byteOffset = 0
      line = 1
      self.block = 0
      splitter = ValueSplitter()
      recordCount = 0
    }
    guard let source else { return false }
    block.source.file = Array(files[file].path.utf8)
    unsafe try carry.withUnsafeBufferPointer { bytes throws(Problem) in
      unsafe try block.append(bytes)
    }
    carry.removeAll(keepingCapacity: true)

    var content = Content()
    switch files[file].form {
    case .lines, .table: content = try readLines(into: block, from: source)
    case .values: content = try readValues(into: block, from: source)
    }
    block.source.byteOffset = UInt64(byteOffset)
    stopAtLimit(block, &content)
    if carry.isEmpty, !isAtEnd { try readAhead(from: source) }
    let isLast = carry.isEmpty && isAtEnd
    block.source = BlockSource(
      input: file, inputCount: files.count, block: self.block, isLastOfInput: isLast,
      file: Array(files[file].path.utf8), byteOffset: UInt64(byteOffset),
      byteCount: UInt64(content.byteCount), firstLine: UInt64(line), key: content.skipped)
    block.groupStarts = source.groupStarts
    block.fileBytesRead = finishedFileBytes + source.fileBytesRead
    byteOffset += content.byteCount
    line += content.lineCount
    self.block += 1
    if isLast {
      finishedFileBytes += source.fileBytesRead
      self.source = nil
      file += 1
    }
    return true
  }

  /// What a block holds of its file.
  private struct Content {
    var byteCount = 0
    var lineCount = 0
    /// FNV-1a of the bytes that were read over (it does not depend on how reads return).
    var skipped = Digest128(low: 0xcbf2_9ce4_8422_2325, high: 0)

    /// Adds bytes that the block does not keep; `counted` ones are in `byteCount` already.
    mutating func skip(_ bytes: UnsafeBufferPointer<UInt8>, counted: Bool) {
      if !counted { byteCount += bytes.count }
      for index in bytes.indices {
        skipped.low = unsafe (skipped.low ^ UInt64(bytes[index])) &* 0x100_0000_01b3
      }
      skipped.high &+= UInt64(bytes.count)
    }
  }

  /// Ends the file where as many records were read as are wanted of it.
  private func stopAtLimit(_ block: Block, _ content: inout Content) {
    guard let limit = files[file].recordLimit else { return }
    let left = limit - recordCount
    if let kept = block.keepRecords(left) {
      content = Content(byteCount: kept.bytes, lineCount: kept.lines)
      recordCount = limit
    } else {
      recordCount += block.recordCount
    }
    guard recordCount >= limit else { return }
    carry = []
    isAtEnd = true
  }

  // MARK: - Lines

  private func readLines(into block: Block, from source: ByteSource) throws(Problem) -> Content {
    let newline = UInt8(ascii: "\n")
    try fill(block, to: blockSize, from: source)
    if byteOffset == 0, unsafe SpreadValue.begins(block.bytes) {
      throw SpreadValue.problem(
        files[file].path, isArray: unsafe block.bytes.prefix(8).contains(UInt8(ascii: "[")))
    }
    if byteOffset == 0, expectsRecords, files[file].form == .lines,
      let problem = unsafe OtherText.problem(block.bytes, files[file].path)
    {
      throw problem
    }
    // The record that reaches the block size; it may begin before and end after.
    var searched = min(block.count, blockSize - 1)
    let start = unsafe block.bytes[..<searched].lastIndex(of: newline).map { $0 + 1 } ?? 0
    var end: Int?
    while true {
      if let found = unsafe block.bytes.newline(from: searched) {
        end = found + 1
        break
      }
      searched = block.count
      if block.count - start > maximumRecordSize { break }
      if try !fill(block, to: block.count + 1, from: source) { break }
    }
    let length = (end.map { $0 - 1 } ?? block.count) - start
    guard length > maximumRecordSize else {
      let cut = end ?? block.count
      unsafe carry.append(contentsOf: block.bytes[cut...])
      block.truncate(to: cut)
      return Content(byteCount: cut, lineCount: unsafe block.bytes.newlineCount)
    }
    // Too large: keep its head, read over the rest.
    var content = Content(byteCount: end ?? block.count)
    content.lineCount = unsafe UnsafeBufferPointer(rebasing: block.bytes[..<start]).newlineCount
    if let end {
      unsafe content.skip(UnsafeBufferPointer(rebasing: block.bytes[start..<end]), counted: true)
      unsafe carry.append(contentsOf: block.bytes[end...])
    } else {
      unsafe content.skip(UnsafeBufferPointer(rebasing: block.bytes[start...]), counted: true)
      while try readChunk(from: source) {
        let stop = chunk.firstIndex(of: newline).map { $0 + 1 }
        unsafe chunk.withUnsafeBufferPointer {
          unsafe content.skip(
            UnsafeBufferPointer(rebasing: $0[..<(stop ?? $0.count)]), counted: false)
        }
        if let stop {
          carry.append(contentsOf: chunk[stop...])
          end = stop
          break
        }
      }
    }
    if end != nil { content.lineCount += 1 }
    note(tooLarge: start, line: content.lineCount - (end != nil ? 1 : 0), in: block)
    return content
  }

  // MARK: - Values

  private func readValues(into block: Block, from source: ByteSource) throws(Problem) -> Content {
    splitter.beginBlock(isStartOfFile: byteOffset == 0)
    try fill(block, to: blockSize, from: source)
    if byteOffset == 0, expectsRecords,
      let problem = unsafe OtherText.problem(block.bytes, files[file].path)
    {
      throw problem
    }
    var records: [RecordPlace] = []
    while true {
      unsafe splitter.scan(block.bytes, until: blockSize, into: &records)
      if splitter.isBetween, splitter.position >= blockSize { break }
      if !splitter.isBetween, block.count - splitter.recordStart > maximumRecordSize { break }
      if try !fill(block, to: block.count + 1, from: source) {
        if let problem = splitter.finish(count: block.count, into: &records) {
          block.problems.append(problem)
        }
        break
      }
    }
    var content = Content()
    if !splitter.isBetween, block.count - splitter.recordStart > maximumRecordSize {
      let (start, startLine) = (splitter.recordStart, splitter.recordLine)
      content.byteCount = block.count
      unsafe content.skip(UnsafeBufferPointer(rebasing: block.bytes[start...]), counted: true)
      while try readChunk(from: source) {
        let stop = unsafe chunk.withUnsafeBufferPointer { unsafe splitter.skip($0) }
        unsafe chunk.withUnsafeBufferPointer {
          unsafe content.skip(UnsafeBufferPointer(rebasing: $0[..<stop]), counted: false)
        }
        if splitter.isBetween {
          carry.append(contentsOf: chunk[stop...])
          break
        }
      }
      if !splitter.isBetween { splitter.abandon() }
      note(tooLarge: start, line: startLine, in: block)
    } else if let last = records.last, last.end - last.start > maximumRecordSize {
      // The same, told after its end was seen: the block must not depend on how reads return.
      records.removeLast()
      let cut = splitter.position
      unsafe carry.append(contentsOf: block.bytes[cut...])
      content.byteCount = cut
      unsafe content.skip(
        UnsafeBufferPointer(rebasing: block.bytes[last.start..<cut]), counted: true)
      note(tooLarge: last.start, line: last.line, in: block)
    } else {
      let cut = splitter.position
      unsafe carry.append(contentsOf: block.bytes[cut...])
      block.truncate(to: cut)
      content.byteCount = cut
    }
    content.lineCount = splitter.line
    block.records = records
    return content
  }

  // MARK: - Reading

  /// Reads until the block has `wanted` bytes; false where the file ended before any came.
  @discardableResult
  private func fill(_ block: Block, to wanted: Int, from source: ByteSource) throws(Problem)
    -> Bool
  {
    let before = block.count
    if !isAtEnd { try block.reserve(wanted + 1 << 16) }
    while !isAtEnd, block.count < wanted {
      let room = max(64 << 10, min(wanted - block.count, 1 << 20))
      let added = unsafe try block.append(room: room) { out throws(Problem) -> Int in
        unsafe try source.read(into: out)
      }
      if added == 0 { isAtEnd = true }
    }
    return block.count > before
  }

  private func readChunk(from source: ByteSource) throws(Problem) -> Bool {
    guard !isAtEnd else { return false }
    chunk = [UInt8](repeating: 0, count: 256 << 10)
    let count = unsafe try chunk.withUnsafeMutableBufferPointer { out throws(Problem) -> Int in
      unsafe try source.read(into: UnsafeMutableRawBufferPointer(out))
    }
    chunk.removeLast(chunk.count - count)
    if count == 0 { isAtEnd = true }
    return count > 0
  }

  private func readAhead(from source: ByteSource) throws(Problem) {
    if try readChunk(from: source) { carry.append(contentsOf: chunk) }
  }

  private func note(tooLarge start: Int, line: Int, in block: Block) {
    block.truncate(to: start + Self.headSize)
    let head = unsafe Array(block.bytes[start...])
    block.truncate(to: start)
    block.problems.append(
      BlockProblem(
        start: start, line: line, head: head, kind: .tooLarge,
        reason: "the record is larger than \(maximumRecordSize) bytes",
        remedy: "raise \(OptionName.maxRecordSize), or split it"))
  }
}
